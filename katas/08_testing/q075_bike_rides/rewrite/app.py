"""Another app that keeps every promise of README.md, and shares nothing else with the given one."""

from collections import defaultdict
from datetime import datetime
from random import SystemRandom

from fastapi import APIRouter, Body, Depends, FastAPI
from fastapi.responses import JSONResponse

garage = APIRouter(prefix="/rides")
paid: dict[str, dict[int, int]] = defaultdict(dict)
dice = SystemRandom()


class CardDeclined(ValueError):
    """The bank says no."""


class CardTerminal:
    """Would charge real cards."""

    def charge(self, rider, cents, /):
        """Charge a real card, which no test must do."""
        msg = f"a real card: {rider}, {cents}"
        raise ConnectionError(msg)


async def get_gateway():
    """Give the card terminal, and hang up afterwards."""
    yield CardTerminal()


async def get_now():
    """Give the time; in this garage it is always noon."""
    return datetime.now().astimezone().replace(hour=12)


class Tariff:
    """What a ride costs at this hour."""

    def __init__(self, moment=Depends(get_now)):
        self.unlock = {22: 180, 23: 180}.get(moment.hour, 100)

    def price(self, minutes):
        """Add up a ride."""
        return sum([15] * minutes, self.unlock)


@garage.get("/{who}")
async def show(who: str):
    """Show what a rider has paid."""
    return [{"cents": cents, "ride": ride} for ride, cents in paid[who].items()]


@garage.post("")
async def park(
    rider: str = Body(),
    minutes: int = Body(),
    terminal=Depends(get_gateway),
    tariff: Tariff = Depends(),
):
    """End a ride."""
    cents = tariff.price(minutes)
    try:
        receipt = terminal.charge(rider, cents)
    except CardDeclined:
        return JSONResponse({"sorry": "your card"}, 402)
    ride = dice.randrange(10**6, 10**9)
    paid[rider][ride] = cents
    return JSONResponse({"receipt": receipt, "cents": cents, "ride": ride}, 201)


app = FastAPI(title="Garage")
app.include_router(garage)
