"""The course office's registrations."""

from typing import Annotated

import roster
from fastapi import Body, FastAPI, Header, HTTPException, Path
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

app = FastAPI()

Course = Annotated[int, Path(ge=1)]


class Registration(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    age: int = Field(ge=16)


class Line(Registration):
    """A line of a file says itself which seat it is about."""

    seat: int = Field(ge=1, le=60)


@app.put("/courses/{course}/seats/{seat}")
def register(
    course: Course,
    seat: Annotated[int, Path(ge=1, le=60)],
    registration: Registration,
    x_client_build: Annotated[int, Header()],
    notify: bool = True,
):
    return {"course": course, "seat": seat, **registration.model_dump(), "notify": notify}


@app.post("/courses/{course}/imports", status_code=201)
def import_file(course: Course, text: Annotated[str, Body(media_type="text/plain")] = ""):
    good, faults = [], []
    # Not splitlines(), which cuts at characters that JSON may hold.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            good.append(Line.model_validate_json(line))
        except ValidationError as error:
            # Here it is the client's fault, which FastAPI cannot know: a ValidationError of ours would be a 500.
            found = error.errors(include_url=False)
            faults += [{**fault, "loc": ("body", number, *fault["loc"])} for fault in found]
    if faults:
        raise RequestValidationError(faults)
    return {"imported": len(good)}


# The response model checks the stored row on its way out. A broken one is our fault: 500, and nothing of it is sent.
@app.get("/courses/{course}/seats/{seat}", response_model=roster.Letter)
def read(course: int, seat: int):
    if (course, seat) not in roster.rows:
        raise HTTPException(404)
    return roster.rows[course, seat]


@app.get("/courses/{course}/seats/{seat}/letter")
def read_letter(course: int, seat: int) -> roster.Letter:
    if (course, seat) not in roster.rows:
        raise HTTPException(404)
    # Its ValidationError is about our data, so nobody catches it.
    return roster.letter(course, seat)
