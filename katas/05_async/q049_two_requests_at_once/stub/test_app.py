"""The tests of the box office. README.md lists what the app promises."""

import pytest
from app import app, create_app


@pytest.fixture
def anyio_backend():
    return "asyncio"


# Your tests go here. Async ones need the marker `@pytest.mark.anyio`.
