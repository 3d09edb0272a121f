# ruff: noqa: BLE001, E501, I001
"""Hidden tests on another version of the app: with the toolbox, a test has to notice what it does differently."""

import pytest

import app as desk
from desk_watch import answer_of, currency, raised, rate, require

MARGIN = {{margin}}  # noqa: F821


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


def started(name):
    till = getattr(desk.app.state, "till", None)
    desk.app.state.till = None
    lead = f"Another version of the app notes one thing more when it starts. In a test that uses `{name}`, this was missing"
    require(till == MARGIN, f"{lead}: the app's own lifespan has not run.")


def test_lifespan(client):
    started("client")


@pytest.mark.anyio
async def test_lifespan_awaited(aclient):
    started("aclient")


def test_margin(client, provider):
    code, value = currency(), rate()
    provider.rates[code] = value
    try:
        got = answer_of(client.get(f"/rates/{code}"))
    except Exception as error:
        got = raised(error)
    want = (200, {"currency": code, "rate": value + MARGIN})
    lead = f"In another version of the app, its own code for asking the provider adds {MARGIN} to each rate"
    bare = got == (200, {"currency": code, "rate": value})
    require(
        not bare,
        f"{lead}. A test asked for a rate and got it without that: it was not the app's own code that has asked, so no test can see what is wrong with it.",
    )
    require(got == want, f"{lead}. A test asked for a rate: the answer was {got}, where {want} is right.")
