"""The car-park sign."""

from fastapi import FastAPI

app = FastAPI()

CARPARKS = {
    "harbour": {"name": "Old Harbour", "free": 4},
    "station": {"name": "Station Square", "free": 31},
    "market": {"name": "Market Hall", "free": 12},
}


def shown(code: str) -> dict[str, str | int]:
    return {"code": code, **CARPARKS[code]}


@app.get("/carparks")
@app.get("/carparks/", include_in_schema=False)
def list_all():
    return [shown(code) for code in CARPARKS]


# Above the path with braces, which would take "emptiest" for a code.
@app.get("/carparks/emptiest")
def emptiest():
    return shown(max(CARPARKS, key=lambda code: CARPARKS[code]["free"]))


@app.get("/carparks/{code}")
def read(code: str):
    return shown(code)
