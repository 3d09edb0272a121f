"""The course office's registrations: parameter models, a helper that makes errors, and a handler for our own faults."""

from typing import Annotated

import roster
from fastapi import Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field, ValidationError


class Client(BaseModel):
    x_client_build: int


class Registration(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    age: int = Field(ge=16)


class Row(Registration):
    seat: int = Field(ge=1, le=60)


def course_number(course: Annotated[int, Field(ge=1)]) -> int:
    return course


Course = Annotated[int, Depends(course_number)]

app = FastAPI()


@app.exception_handler(ValidationError)
def our_fault(request: Request, error: ValidationError):
    return PlainTextResponse("Something is wrong in the office.", status_code=500)


@app.put("/courses/{course}/seats/{seat}")
def register(
    course: Course,
    seat: Annotated[int, Field(ge=1, le=60)],
    client: Annotated[Client, Header()],
    person: Registration,
    notify: bool = True,
):
    return dict(course=course, seat=seat, notify=notify, **dict(person))


def faults_of(number: int, line: str):
    try:
        Row.model_validate_json(line)
    except ValidationError as error:
        return [
            {"loc": ["body", number, *fault["loc"]], **{key: fault[key] for key in ("type", "msg", "input")}}
            for fault in error.errors()
        ]
    return []


@app.post("/courses/{course}/imports", status_code=status.HTTP_201_CREATED)
async def import_file(request: Request, course: Course):
    body = b"".join([chunk async for chunk in request.stream()])
    lines = [(number, line) for number, line in enumerate(body.decode("utf-8").split("\n"), start=1) if line.strip()]
    faults = [fault for number, line in lines for fault in faults_of(number, line)]
    if faults:
        return JSONResponse(jsonable_encoder({"detail": faults}), status.HTTP_422_UNPROCESSABLE_CONTENT)
    return {"imported": len(lines)}


def stored(course: int, seat: int):
    try:
        return roster.rows[course, seat]
    except KeyError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "nobody sits there") from None


Stored = Annotated[dict, Depends(stored)]


@app.get("/courses/{course}/seats/{seat}")
def read(row: Stored) -> roster.Letter:
    return row


@app.get("/courses/{course}/seats/{seat}/letter")
def read_letter(row: Stored, course: int, seat: int):
    head = roster.letter(course, seat)
    return {"name": head.name, "age": head.age}
