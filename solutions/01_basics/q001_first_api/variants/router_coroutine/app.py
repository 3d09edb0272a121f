"""The calendar of a seaside cottage: a coroutine in a router, with `Annotated` parameters."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path

router = APIRouter(prefix="/nights", tags=["calendar"])


@router.get("/{arrival}/{departure}", summary="Nights between two days")
async def count(
    departure: Annotated[date, Path(description="The day of departure")],
    arrival: Annotated[date, Path(description="The day of arrival")],
) -> dict[str, date | int]:
    return {"arrival": arrival, "departure": departure, "nights": (departure - arrival).days}


app = FastAPI(title="Cottage Calendar", version="1.0", description="How many nights is that?")
app.include_router(router)
