"""Where is my parcel: two endpoints in front of an async SDK."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from courier import Courier, Session, UnknownParcel, get_courier
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


async def open_session(courier: Annotated[Courier, Depends(get_courier)]) -> AsyncIterator[Session]:
    try:
        async with courier.session() as session:
            yield session
    except UnknownParcel:
        raise HTTPException(404, "unknown parcel") from None


OpenSession = Annotated[Session, Depends(open_session)]


@app.get("/parcels/{number}")
async def position(number: str, session: OpenSession) -> dict[str, str]:
    return await session.locate(number)


@app.get("/parcels/{number}/scans")
async def scans(number: str, session: OpenSession) -> dict[str, Any]:
    return {"number": number, "scans": [scan async for scan in session.scans(number)]}
