"""Where is my parcel, with an exit stack, a stream that is closed by hand, and errors caught where they are raised."""

from contextlib import AsyncExitStack, aclosing

from courier import Courier, UnknownParcel, get_courier
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


@app.get("/parcels/{number}")
async def position(number: str, courier: Courier = Depends(get_courier)):
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(courier.session())
        try:
            found = await session.locate(number)
        except UnknownParcel as error:
            raise HTTPException(status_code=404, detail="unknown parcel") from error
    return found


@app.get("/parcels/{number}/scans")
async def scans(number: str, courier: Courier = Depends(get_courier)):
    collected = []
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(courier.session())
        stream = await stack.enter_async_context(aclosing(session.scans(number)))
        while True:
            try:
                collected.append(await anext(stream))
            except StopAsyncIteration:
                break
            except UnknownParcel as error:
                raise HTTPException(status_code=404, detail="unknown parcel") from error
    return {"number": number, "scans": collected}
