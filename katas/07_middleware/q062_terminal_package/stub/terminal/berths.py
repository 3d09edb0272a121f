from fastapi import APIRouter, HTTPException

router = APIRouter(prefix="/berths", tags=["berths"])
ships: dict[int, str] = {1: "Wilhelmina", 2: "Star of Bergen"}


@router.get("")
def list_berths() -> dict[int, str]:
    return ships


@router.get("/{number}")
def read_berth(number: int) -> dict[str, str]:
    if number not in ships:
        raise HTTPException(404, "No such berth")
    return {"ship": ships[number]}
