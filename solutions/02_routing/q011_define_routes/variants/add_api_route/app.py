"""The car-park sign, with routes registered by calls."""

from fastapi import FastAPI

app = FastAPI(redirect_slashes=False)

CARPARKS = {
    "harbour": {"name": "Old Harbour", "free": 4},
    "station": {"name": "Station Square", "free": 31},
    "market": {"name": "Market Hall", "free": 12},
}


def list_all():
    return [{"code": code} | facts for code, facts in CARPARKS.items()]


def emptiest():
    return max(list_all(), key=lambda carpark: carpark["free"])


def read(code: str):
    return {"code": code} | CARPARKS[code]


app.add_api_route("/carparks", list_all, methods=["GET"])
app.add_api_route("/carparks/", list_all, include_in_schema=False)
app.add_api_route("/carparks/emptiest", emptiest)
app.add_api_route("/carparks/{code}", read)
