"""The theatre's box office. Given, finished, not to be changed: README.md lists what it promises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel

PROGRAMME = ("A1", "A2", "B1", "B2")
SECONDS_FOR_A_HOLD = 0.01


class Seat:
    def __init__(self, name: str):
        self.name = name
        self.customer: str | None = None
        self.times_freed = 0
        self.change = asyncio.Condition()

    async def hold(self, customer: str) -> bool:
        async with self.change:
            if self.customer is not None:
                return False
            await asyncio.sleep(SECONDS_FOR_A_HOLD)  # the till prints the ticket
            self.customer = customer
            return True

    async def free(self) -> bool:
        async with self.change:
            if self.customer is None:
                return False
            self.customer = None
            self.times_freed += 1
            self.change.notify_all()
            return True

    async def freed(self, wait: float) -> bool:
        async with self.change:
            if self.customer is None:
                return True
            seen = self.times_freed
            try:
                async with asyncio.timeout(wait):
                    await self.change.wait_for(lambda: self.times_freed > seen)
            except TimeoutError:
                return False
            return True


class Office:
    def __init__(self, programme: tuple[str, ...]):
        self.seats = {name: Seat(name) for name in programme}


class Hold(BaseModel):
    customer: str


def find_seat(seat: str, request: Request) -> Seat:
    office: Office | None = request.app.state.office
    if office is None:
        raise HTTPException(503, "The box office is closed")
    if seat not in office.seats:
        raise HTTPException(404, "There is no such seat")
    return office.seats[seat]


FoundSeat = Annotated[Seat, Depends(find_seat)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.office = Office(PROGRAMME)
    yield
    app.state.office = None


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.state.office = None

    @app.get("/seats/{seat}")
    async def show(seat: FoundSeat):
        return {"seat": seat.name, "customer": seat.customer}

    @app.post("/seats/{seat}/hold", status_code=201)
    async def hold(seat: FoundSeat, wanted: Hold):
        if not await seat.hold(wanted.customer):
            raise HTTPException(409, "The seat is held")
        return {"seat": seat.name, "customer": wanted.customer}

    @app.delete("/seats/{seat}/hold", status_code=204)
    async def give_back(seat: FoundSeat):
        if not await seat.free():
            raise HTTPException(404, "Nobody holds this seat")

    @app.get("/seats/{seat}/freed")
    async def freed(seat: FoundSeat, wait: Annotated[float, Query(ge=0, le=10)] = 5):
        if not await seat.freed(wait):
            return Response(status_code=204)
        return {"seat": seat.name}

    return app


app = create_app()
