# ruff: noqa: BLE001, EM102, I001, TRY003
"""Hidden tests of the tools for plain test functions."""

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
)


@pytest.fixture(scope="session", autouse=True)
def watched(request):
    request.config.pluginmanager.register(watch)


def ask(client, code):
    try:
        return answer_of(client.get(f"/rates/{code}"))
    except Exception as error:
        return raised(error)


def test_open(client):
    started_once("client")


def test_closed():
    shut_down("test_open", "client")


def exchange(client, provider):
    code, value, unknown = currency(), rate(), currency()
    provider.rates[code] = value
    before = len(lookups)
    expect(
        ask(client, code),
        known(code, value),
        f"With {{{code!r}: {value}}} in `provider.rates`, `GET /rates/{code}`",
        before,
    )
    expect_calls(provider, [path_of(code)], "After this one request")
    before = len(lookups)
    expect(ask(client, unknown), 404, f"Without it in `provider.rates`, `GET /rates/{unknown}`", before)
    expect_calls(
        provider, [path_of(code), path_of(unknown)], "After a request for a known and one for an unknown currency"
    )
    provider.rates[unknown] = rate()
    before = len(lookups)
    expect(
        ask(client, unknown),
        known(unknown, provider.rates[unknown]),
        f"When `provider.rates` has got it in the midst of the test, `GET /rates/{unknown}`",
        before,
    )


def test_provider_named_first(provider, client):
    exchange(client, provider)


def test_client_named_first(client, provider):
    exchange(client, provider)


def test_alone(client):
    code, before = currency(), len(lookups)
    expect(
        ask(client, code),
        404,
        f"In a test that uses `client` and does not name `provider`, `GET /rates/{code}`",
        before,
    )
    require(lookups[before:] == [], f"In a test that uses `client` alone, the app looked up {lookups[-1:]}.")


def test_down(provider, client):
    code, value, before = currency(), rate(), len(lookups)
    provider.rates[code] = value
    provider.down = True
    expect(ask(client, code), 502, f"While `provider.down` was true, `GET /rates/{code}`", before)
    expect_calls(provider, [], "After one request while the provider was down")
    provider.down = False
    before = len(lookups)
    expect(ask(client, code), known(code, value), f"When `provider.down` was false again, `GET /rates/{code}`", before)
    expect_calls(
        provider, [path_of(code)], "After one request while the provider was down, and one when it was up again"
    )


def test_ticker(client, provider):
    code, value, before = currency(), rate(), len(lookups)
    provider.rates[code] = value
    connect = getattr(client, "websocket_connect", None)
    require(connect is not None, "`client` has no `websocket_connect`.")
    try:
        with connect("/ticker") as socket:
            socket.send_text(code)
            got = socket.receive_json()
    except Exception as error:
        hosts = f" The app looked up {lookups[-1]}." if lookups[before:] else ""
        raise AssertionError(
            f"A test sent the text {code} to the WebSocket `/ticker`, and no JSON came back: {raised(error)}.{hosts}"
        ) from None
    want = {"currency": code, "rate": value}
    require(
        got == want, f"A test sent the text {code} to the WebSocket `/ticker`: it got {got}, where {want} is right."
    )
    expect_calls(provider, [path_of(code)], "After one currency was sent to the WebSocket `/ticker`")


def fresh(client, provider):
    expect_fresh(provider)
    code, before = currency(), len(lookups)
    provider.rates[code] = rate()
    expect(ask(client, code), known(code, provider.rates[code]), f"`GET /rates/{code}`", before)
    expect_calls(provider, [path_of(code)], "After the first request of a test")
    provider.down = True


def test_fresh_once(client, provider):
    fresh(client, provider)


def test_fresh_twice(provider, client):
    fresh(client, provider)


def test_fresh_provider(provider):
    expect_fresh(provider)
    provider.rates[currency()] = rate()
    provider.down = True


def test_fresh_provider_again(provider):
    expect_fresh(provider)


def test_failing(client, provider):
    require(desk.app.state.open is True, f"In a test that uses `client`, `app.state.open` was {desk.app.state.open}.")
    provider.down = True
    pytest.xfail("A test of a colleague's that fails.")


def test_starts(request):
    counted(request, "client")


def test_clean():
    clean("client")
