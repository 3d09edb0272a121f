"""Where is my parcel, with a session that is left before the answer starts, and a look at the position before the scans."""

from typing import Annotated

from courier import Courier, Session, UnknownParcel, get_courier
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


def new_session(courier: Annotated[Courier, Depends(get_courier)]):
    return courier.session()


async def opened(session=Depends(new_session)):
    async with session as ready:
        yield ready


TheSession = Annotated[Session, Depends(opened, scope="function")]


async def position_of(number: str, session: TheSession) -> dict[str, str]:
    try:
        return await session.locate(number)
    except UnknownParcel:
        raise HTTPException(404, "unknown parcel") from None


@app.get("/parcels/{number}")
async def position(position: Annotated[dict[str, str], Depends(position_of)]):
    return position


@app.get("/parcels/{number}/scans", dependencies=[Depends(position_of)])
async def scans(number: str, session: TheSession):
    collected = []
    async for scan in session.scans(number):
        collected.append(scan)
    return {"number": number, "scans": collected}
