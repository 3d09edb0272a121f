"""The newspaper archive, with defaults instead of `Annotated`, a dependency, dataclasses and a box without a hint."""

from dataclasses import dataclass
from enum import Enum

from fastapi import Depends, FastAPI, Path

app = FastAPI()


class Edition(Enum):
    MORNING = "morning"
    EVENING = "evening"
    SUNDAY = "sunday"


@dataclass
class Issue:
    edition: str
    number: int
    label: str
    first_page: int


def issue(edition: Edition, number: int = Path(ge=1)) -> Issue:
    return Issue(edition.value, number, f"{edition.value}-{number}", 32 * (number - 1) + 1)


@app.get("/issues/{edition}/{number}")
def read_issue(issue: Issue = Depends(issue)) -> Issue:
    return issue


@app.get("/boxes/{box}")
def read_box(box):
    return {"box": box}


@app.get("/scans/{file:path}")
def read_scan(file):
    parts = file.split("/")
    return {"file": file, "folders": parts[:-1], "name": parts[-1]}
