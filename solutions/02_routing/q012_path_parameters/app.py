"""The newspaper archive."""

from enum import StrEnum
from typing import Annotated

from fastapi import FastAPI, Path

PAGES_PER_ISSUE = 32

app = FastAPI()


class Edition(StrEnum):
    MORNING = "morning"
    EVENING = "evening"
    SUNDAY = "sunday"


# The hints do the work: FastAPI converts and checks both values before the function is called.
@app.get("/issues/{edition}/{number}")
def read_issue(edition: Edition, number: Annotated[int, Path(ge=1)]):
    return {
        "edition": edition,
        "number": number,
        "label": f"{edition.value}-{number}",
        "first_page": PAGES_PER_ISSUE * (number - 1) + 1,
    }


# A box has a name made of digits, not a number: nobody ever calculates with it.
@app.get("/boxes/{box}")
def read_box(box: str):
    return {"box": box}


# Without ":path", the parameter would end at the first slash.
@app.get("/scans/{file:path}")
def read_scan(file: str):
    *folders, name = file.split("/")
    return {"file": file, "folders": folders, "name": name}
