"""The car-park sign, in a router with a prefix."""

from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="/carparks")

CARPARKS = {
    "harbour": {"name": "Old Harbour", "free": 4},
    "station": {"name": "Station Square", "free": 31},
    "market": {"name": "Market Hall", "free": 12},
}


@router.get("")
@router.get("/")
def list_all():
    return [{"code": code, "name": facts["name"], "free": facts["free"]} for code, facts in CARPARKS.items()]


@router.get("/emptiest")
def emptiest():
    return sorted(list_all(), key=lambda carpark: carpark["free"])[-1]


@router.get("/{code}")
def read(code: str):
    return next(carpark for carpark in list_all() if carpark["code"] == code)


app.include_router(router)
