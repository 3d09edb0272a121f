"""The parcel lockers: POST /parcels is FastAPI's, everything else is still Flask's."""

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from legacy import PARCELS, flask_app, new_id
from pydantic import BaseModel, Field

app = FastAPI(title="Parcel Lockers")


class NewParcel(BaseModel):
    locker: str = Field(pattern=r"^[A-F][0-9]{2}$")
    weight_g: int = Field(ge=1, le=20_000)
    fragile: bool = False


class Parcel(NewParcel):
    id: str


@app.post("/parcels", status_code=201)
def create_parcel(new: NewParcel) -> Parcel:
    parcel = Parcel(id=new_id(), **new.model_dump())
    # Flask's views read plain dicts.
    PARCELS[parcel.id] = parcel.model_dump()
    return parcel


# The last line: at the root it matches whatever no route above has taken.
app.mount("/", WSGIMiddleware(flask_app))
