"""The newspaper archive, with a router, `(str, Enum)`, a constrained type and paths."""

from enum import Enum
from pathlib import PurePosixPath

from fastapi import APIRouter, FastAPI
from pydantic import PositiveInt


class Edition(str, Enum):
    morning = "morning"
    evening = "evening"
    sunday = "sunday"


issues = APIRouter(prefix="/issues")
rest = APIRouter()


@issues.get("/{edition}/{number}", response_model=dict[str, str | int])
def read_issue(edition: Edition, number: PositiveInt):
    first_page = 32 * (number - 1) + 1
    return {
        "edition": edition.value,
        "number": number,
        "label": "-".join([edition.value, str(number)]),
        "first_page": first_page,
    }


@rest.get("/boxes/{box}")
def read_box(box: str):
    return dict(box=box)


@rest.get("/scans/{file:path}")
def read_scan(file: PurePosixPath):
    return {"file": str(file), "folders": file.parts[:-1], "name": file.name}


app = FastAPI()
app.include_router(issues)
app.include_router(rest)
