"""Another box office: it keeps every promise of README.md, and shares nothing else with the given one."""

import contextlib
from dataclasses import dataclass, field

import anyio
from fastapi import APIRouter, Body, Depends, FastAPI, Path, status
from fastapi.responses import JSONResponse, Response

PAUSE = 0.005


class Refused(Exception):
    def __init__(self, code: int, words: str):
        self.answer = JSONResponse({"problem": words}, code)


@dataclass
class Ticket:
    owner: str
    returned: anyio.Event = field(default_factory=anyio.Event)
    drawn: anyio.Event = field(default_factory=anyio.Event)
    valid: bool = False


@dataclass
class Chair:
    label: str
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    ticket: Ticket | None = None
    asked: list[Ticket] = field(default_factory=list)

    async def sell(self, owner: str) -> bool:
        """Whoever asks while the till is busy takes part in a draw; here, the last one wins it."""
        if self.ticket:
            return False
        mine = Ticket(owner)
        self.asked.append(mine)
        if self.asked[0] is mine:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(PAUSE)
                async with self.lock:
                    self.ticket = winner = self.asked[-1]
            winner.valid = True
            for each in self.asked:
                each.drawn.set()
            self.asked = []
        await mine.drawn.wait()
        return mine.valid

    async def take_back(self) -> bool:
        async with self.lock:
            ticket, self.ticket = self.ticket, None
        if ticket:
            ticket.returned.set()
        return ticket is not None

    async def is_back_within(self, seconds: float) -> bool:
        if self.ticket is None:
            return True
        with anyio.move_on_after(seconds) as scope:
            await self.ticket.returned.wait()
        if scope.cancelled_caught:
            return False
        await anyio.sleep(PAUSE)
        return True


def create_app() -> FastAPI:
    hall: dict[str, Chair] = {}
    doors = {"open": False}

    @contextlib.asynccontextmanager
    async def evening(_):
        hall.update({row + number: Chair(row + number) for row in "AB" for number in "12"})
        doors["open"] = True
        try:
            yield
        finally:
            doors["open"] = False
            hall.clear()

    async def look_up(label: str = Path(alias="seat")) -> Chair:
        if not doors["open"]:
            raise Refused(503, "nobody is here")
        if label not in hall:
            raise Refused(404, "the hall has no such chair")
        return hall[label]

    chairs = APIRouter(prefix="/seats/{seat}")

    @chairs.post("/hold", status_code=status.HTTP_201_CREATED)
    async def sell(chair: Chair = Depends(look_up), customer: str = Body(embed=True)):
        if await chair.sell(customer):
            return {"customer": customer, "seat": chair.label}
        raise Refused(409, "somebody was faster")

    @chairs.delete("/hold")
    async def take_back(chair: Chair = Depends(look_up)):
        if await chair.take_back():
            return Response(status_code=204)
        raise Refused(404, "it is not yours to give")

    @chairs.get("")
    async def owner(chair: Chair = Depends(look_up)):
        return {"customer": chair.ticket.owner if chair.ticket else None, "seat": chair.label}

    @chairs.get("/freed")
    async def back(chair: Chair = Depends(look_up), wait: float = 5.0):
        if await chair.is_back_within(min(wait, 10.0)):
            return {"seat": chair.label}
        return Response(status_code=204)

    application = FastAPI(title="Box office", lifespan=evening)
    application.include_router(chairs)

    @application.exception_handler(Refused)
    async def refuse(_, error: Refused):
        return error.answer

    return application


app = create_app()
