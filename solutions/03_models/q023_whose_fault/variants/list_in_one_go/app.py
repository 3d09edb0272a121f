"""The course office's registrations: the good JSON of a file is validated as one list, and 500 is said in words."""

import re
from typing import Annotated

import pydantic_core
import roster
from fastapi import Body, FastAPI, Header, HTTPException, Path
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

app = FastAPI()

Seat = Annotated[int, Field(ge=1, le=60)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Age = Annotated[int, Field(ge=16)]


class Registration(BaseModel):
    name: Name
    age: Age


class Row(BaseModel):
    seat: Seat
    name: Name
    age: Age


File = TypeAdapter(list[Row])


@app.put("/courses/{course}/seats/{seat}")
def register(
    course: Annotated[int, Path(ge=1)],
    seat: Seat,
    body: Annotated[Registration, Body()],
    x_client_build: int = Header(),
    notify: bool | None = None,
):
    notify = True if notify is None else notify
    return {"course": course, "seat": seat, "name": body.name, "age": body.age, "notify": notify}


@app.post("/courses/{course}/imports", status_code=201)
def import_file(
    course: Annotated[int, Path(ge=1)],
    body: Annotated[bytes, Body(media_type="text/plain")] = b"",
):
    lines = {n: line for n, line in enumerate(re.split(b"\r?\n", body), 1) if line}
    numbers, values, faults = [], [], []
    for number, line in lines.items():
        try:
            values.append(pydantic_core.from_json(line))
            numbers.append(number)
        except ValueError as error:
            faults.append({"type": "json_invalid", "loc": ("body", number), "msg": str(error), "input": line.decode()})
    rows = []
    try:
        rows = File.validate_python(values)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            index, *rest = fault["loc"]
            faults.append({**fault, "loc": ("body", numbers[index], *rest)})
    if faults:
        raise RequestValidationError(faults, body=body)
    return {"imported": len(rows)}


@app.get("/courses/{course}/seats/{seat}", response_model=roster.Letter)
@app.get("/courses/{course}/seats/{seat}/letter", response_model=roster.Letter)
def read(course: int, seat: int):
    try:
        return roster.letter(course, seat)
    except KeyError as error:
        raise HTTPException(404) from error
    except ValidationError:
        return JSONResponse({"detail": "A row in our own system is broken."}, 500)
