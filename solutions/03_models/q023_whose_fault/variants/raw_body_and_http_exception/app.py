"""The course office's registrations: the raw body, an HTTPException of FastAPI's form, and rows checked by hand."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request
from fastapi import Header as FromHeader
from pydantic import BaseModel, Field, ValidationError
from roster import Letter, letter, rows

router = APIRouter(prefix="/courses/{course}")


class Row(BaseModel):
    seat: Annotated[int, Field(ge=1, le=60)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    age: Annotated[int, Field(ge=16)]


class Person(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    age: Annotated[int, Field(ge=16)]


@router.put("/seats/{seat}")
async def register(
    person: Person,
    course: int = Path(ge=1),
    seat: int = Path(ge=1, le=60),
    notify: bool = Query(True),
    build: int = FromHeader(alias="X-Client-Build"),
) -> dict[str, Any]:
    del build
    return {"course": course, "seat": seat, "name": person.name, "age": person.age, "notify": notify}


@router.post("/imports", status_code=201)
async def import_file(request: Request, course: int = Path(ge=1)):
    text = (await request.body()).decode()
    count, faults = 0, []
    number = 0
    for line in text.split("\n"):
        number += 1
        line = line.removesuffix("\r")
        if line == "":
            continue
        try:
            Row.model_validate(json.loads(line))
            count += 1
        except json.JSONDecodeError as error:
            faults.append({"type": "json_invalid", "loc": ["body", number], "msg": error.msg, "input": line})
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                faults.append(fault | {"loc": ["body", number, *fault["loc"]]})
    if faults:
        raise HTTPException(status_code=422, detail=faults)
    return {"imported": count}


@router.get("/seats/{seat}")
async def read(course: int, seat: int) -> Letter:
    row = rows.get((course, seat))
    if row is None:
        raise HTTPException(404, "no such row")
    return Letter(**row)


@router.get("/seats/{seat}/letter")
async def read_letter(course: int, seat: int):
    try:
        return letter(course, seat)
    except KeyError:
        raise HTTPException(404, "no such row") from None


app = FastAPI()
app.include_router(router)
