# ruff: noqa: BLE001, E501, EM102, I001, TRY003
"""Hidden tests of the tools for async test functions."""

import asyncio
import inspect

import pytest

import app as desk
from desk_watch import (
    answer_of,
    clean,
    counted,
    currency,
    expect,
    expect_calls,
    expect_fresh,
    known,
    lookups,
    path_of,
    raised,
    rate,
    require,
    shut_down,
    started_once,
    watch,
    word,
)

SECONDS = 5


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def watched(request):
    request.config.pluginmanager.register(watch)


async def ask(aclient, code):
    try:
        asked = aclient.get(f"/rates/{code}")
        if not inspect.isawaitable(asked):
            return f"{type(asked).__name__}, which cannot be awaited"
        async with asyncio.timeout(SECONDS):
            return answer_of(await asked)
    except TimeoutError:
        return f"nothing within {SECONDS} seconds"
    except Exception as error:
        return raised(error)


@pytest.mark.anyio
async def test_open(aclient):
    started_once("aclient")
    loop = desk.app.state.loop
    lead = "In a test that uses `aclient`"
    require(loop is not None, f"{lead}, `app.state.loop` was None: the app's own lifespan has not run.")
    elsewhere = (
        "The app was started in an event loop of another thread, and lived there while the test that uses `aclient` ran in its own loop."
        if loop.is_running()
        else f"{lead}, the lifespan had been entered in some event loop that stood still during the test, and not in the running one."
    )
    require(loop is asyncio.get_running_loop(), elsewhere)


def test_closed():
    shut_down("test_open", "aclient")


@pytest.mark.anyio
async def test_overlap(aclient):
    for name, asked in (
        ("post", aclient.post("/alerts", json={"text": word()})),
        ("get", aclient.get(f"/rates/{currency()}")),
    ):
        require(
            inspect.isawaitable(asked), f"`aclient.{name}(…)` gave {type(asked).__name__}, which cannot be awaited."
        )
        try:
            async with asyncio.timeout(SECONDS):
                await asked
        except TimeoutError:
            raise AssertionError(f"`await aclient.{name}(…)` had no answer within {SECONDS} seconds.") from None
    text = word()
    polls = [asyncio.ensure_future(aclient.get("/alerts/next")) for _ in range(2)]
    doing = "two requests were waiting at `GET /alerts/next` together"
    try:
        async with asyncio.timeout(SECONDS):
            while len(desk.app.state.listeners) < len(polls):
                require(
                    not any(poll.done() for poll in polls),
                    "`GET /alerts/next` was over before anybody posted an alert.",
                )
                await asyncio.sleep(0.001)
            doing = "`POST /alerts` was answered"
            told = answer_of(await aclient.post("/alerts", json={"text": text}))
            doing = "both who waited were answered"
            answers = [answer_of(await poll) for poll in polls]
    except TimeoutError:
        raise AssertionError(
            f"Two tasks of a test sent `GET /alerts/next`, then it posted an alert. After {SECONDS} seconds it was not so that {doing}."
        ) from None
    finally:
        for poll in polls:
            poll.cancel()
    got, want = {"told": told, "answers": answers}, {"told": (200, {"told": 2}), "answers": [(200, {"text": text})] * 2}
    require(
        got == want,
        f"Two tasks of a test waited at `GET /alerts/next` while it posted an alert. The answers were {got}, where {want} is right.",
    )


async def exchange(aclient, provider):
    code, value, unknown = currency(), rate(), currency()
    provider.rates[code] = value
    before = len(lookups)
    expect(
        await ask(aclient, code),
        known(code, value),
        f'With {{{code!r}: {value}}} in `provider.rates`, `await aclient.get("/rates/{code}")`',
        before,
    )
    expect_calls(provider, [path_of(code)], "After this one request")
    before = len(lookups)
    expect(
        await ask(aclient, unknown),
        404,
        f'Without it in `provider.rates`, `await aclient.get("/rates/{unknown}")`',
        before,
    )
    expect_calls(
        provider, [path_of(code), path_of(unknown)], "After a request for a known and one for an unknown currency"
    )


@pytest.mark.anyio
async def test_provider_named_first(provider, aclient):
    await exchange(aclient, provider)


@pytest.mark.anyio
async def test_client_named_first(aclient, provider):
    await exchange(aclient, provider)


@pytest.mark.anyio
async def test_alone(aclient):
    code, before = currency(), len(lookups)
    expect(
        await ask(aclient, code),
        404,
        f'In a test that uses `aclient` and does not name `provider`, `await aclient.get("/rates/{code}")`',
        before,
    )
    require(lookups[before:] == [], f"In a test that uses `aclient` alone, the app looked up {lookups[-1:]}.")


@pytest.mark.anyio
async def test_down(provider, aclient):
    code, value, before = currency(), rate(), len(lookups)
    provider.rates[code] = value
    provider.down = True
    expect(
        await ask(aclient, code), 502, f'While `provider.down` was true, `await aclient.get("/rates/{code}")`', before
    )
    expect_calls(provider, [], "After one request while the provider was down")
    provider.down = False
    before = len(lookups)
    expect(
        await ask(aclient, code),
        known(code, value),
        f'When `provider.down` was false again, `await aclient.get("/rates/{code}")`',
        before,
    )


async def fresh(aclient, provider):
    expect_fresh(provider)
    code, before = currency(), len(lookups)
    provider.rates[code] = rate()
    expect(await ask(aclient, code), known(code, provider.rates[code]), f'`await aclient.get("/rates/{code}")`', before)
    expect_calls(provider, [path_of(code)], "After the first request of a test")
    provider.down = True


@pytest.mark.anyio
async def test_fresh_once(aclient, provider):
    await fresh(aclient, provider)


@pytest.mark.anyio
async def test_fresh_twice(provider, aclient):
    await fresh(aclient, provider)


@pytest.mark.anyio
async def test_failing(aclient, provider):
    require(desk.app.state.open is True, f"In a test that uses `aclient`, `app.state.open` was {desk.app.state.open}.")
    provider.down = True
    pytest.xfail("A test of a colleague's that fails.")


def test_starts(request):
    counted(request, "aclient")


def test_clean():
    clean("aclient")
