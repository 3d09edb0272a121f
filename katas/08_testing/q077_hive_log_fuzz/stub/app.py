"""The beekeepers' hive log. README.md lists what it promises."""

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

# FastAPI answers 400 to a body that is not UTF-8, and does not say so by itself.
NOT_TEXT: dict[int | str, dict[str, Any]] = {400: {"description": "The body cannot be read"}}
NO_HIVE: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such hive"}}

HIVES = {1: "Orchard", 2: "Heather", 3: "Lime avenue"}

app = FastAPI(title="Hive log", responses=NOT_TEXT)


@app.exception_handler(RequestValidationError)
def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
    # FastAPI's own handler repeats what was sent. Not all of that can be written as JSON: NaN, half a character.
    detail = [{key: wrong[key] for key in ("loc", "msg", "type")} for wrong in error.errors()]
    return JSONResponse({"detail": detail}, 422)


class Hive(BaseModel):
    id: int
    name: str


class Weighing(BaseModel):
    model_config = ConfigDict(strict=True)

    weights: Annotated[list[Annotated[float, Field(ge=0, le=200)]], Field(max_length=30)]


class Summary(BaseModel):
    count: int
    mean: float | None


class Found(BaseModel):
    q: str
    hives: list[str]


@app.get("/hives/{hive_id}", responses=NO_HIVE)
def hive(hive_id: int) -> Hive:
    if hive_id not in HIVES:
        raise HTTPException(404, "There is no such hive")
    return Hive(id=hive_id, name=HIVES[hive_id])


@app.post("/weighings")
def weighings(weighing: Weighing) -> Summary:
    weights = weighing.weights
    mean = sum(weights) / len(weights) if weights else None
    return Summary(count=len(weights), mean=mean)


@app.get("/search")
def search(q: Annotated[str, Query(max_length=20)], limit: Annotated[int, Query(ge=1, le=50)] = 10) -> Found:
    word = q.casefold()
    return Found(q=q, hives=[name for name in HIVES.values() if word in name.casefold()][:limit])
