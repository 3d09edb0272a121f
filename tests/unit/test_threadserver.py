"""Apps of the checks' own, served from a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.request import urlopen

import pytest
from fastapi import FastAPI

from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.threadserver import served


def test_an_app_is_served_and_ended() -> None:
    """It answers over HTTP inside the block, its lifespan has ended behind it, and its port is free."""
    events = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        events.append("up")
        yield
        events.append("down")

    app = FastAPI(lifespan=lifespan)
    app.get("/")(lambda: "here")
    with served(app) as url:
        with urlopen(url) as answer:
            assert b'"here"' == answer.read()
        assert ["up"] == events
    assert ["up", "down"] == events
    with pytest.raises(OSError, match="refused"):
        urlopen(url)


def test_an_app_that_does_not_start_is_said_so() -> None:
    """A lifespan that raises is an error, not a wait in vain."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("no printer")
        yield

    with pytest.raises(ServerError, match="did not start"), served(FastAPI(lifespan=lifespan)):
        pass
