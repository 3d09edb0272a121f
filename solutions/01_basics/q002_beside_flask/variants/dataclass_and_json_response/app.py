"""The parcel lockers: a dataclass as body, a response of its own, and a mount at the empty path."""

from dataclasses import asdict, dataclass
from typing import Annotated

import a2wsgi
from annotated_types import Ge, Le
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from legacy import PARCELS, flask_app, new_id
from pydantic import StringConstraints

app = FastAPI(title="Parcel Lockers")


@dataclass
class NewParcel:
    locker: Annotated[str, StringConstraints(pattern=r"\A[A-F]\d\d\z")]
    weight_g: Annotated[int, Ge(1), Le(20_000)]
    fragile: bool = False


@app.post("/parcels", status_code=201)
async def create_parcel(new: NewParcel):
    number = new_id()
    PARCELS[number] = {"id": number} | asdict(new)
    return JSONResponse(PARCELS[number], 201)


app.mount("", a2wsgi.WSGIMiddleware(flask_app))
