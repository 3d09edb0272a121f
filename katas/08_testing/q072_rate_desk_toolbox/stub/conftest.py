"""The toolbox of the exchange desk's tests. README.md says what each tool is for."""

import pytest


@pytest.fixture
def provider():
    raise NotImplementedError


@pytest.fixture
def client():
    raise NotImplementedError


@pytest.fixture
async def aclient():
    raise NotImplementedError
