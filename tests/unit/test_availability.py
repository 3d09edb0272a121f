"""Whether what a kata needs is installed."""

from __future__ import annotations

import pytest

from pytest_fastapi_kata import availability
from pytest_fastapi_kata.availability import why_unavailable
from tests.unit.samples import a_kata

VERSIONS = {"fastapi": "0.121.0", "flask": "3.0.2", "uvicorn": "0.30.0", "httptools": "0.6", "old": "1.0rc1"}
REQUIRES = {
    "uvicorn": ["h11>=0.8", 'httptools>=0.6; extra == "standard"', 'winloop; sys_platform == "win32"',
                'watchfiles; extra == "reload"'],
    "flask": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "installed", lambda name: VERSIONS.get(name, ""))
    monkeypatch.setattr("importlib.metadata.requires", lambda name: REQUIRES[name])


@pytest.mark.parametrize(
    "needs",
    [
        [], ["flask"], ["flask>=3"], ["flask >=3, <4"], ["flask", "uvicorn"], ["uvicorn[standard]"],
        ["uvicorn[standard]>=0.30"], ["flask[dotenv]"], ["uvicorn[unknown]"], ["old"], ["old>0.9"],
    ],
)  # fmt: skip
def test_what_is_there(needs: list[str]) -> None:
    """A version that fits, with the packages of the extra; release candidates count."""
    assert "" == why_unavailable(a_kata(needs=tuple(needs)))


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        (["redis"], "q011 needs redis: pip install redis"),
        (["flask", "redis", "celery"], "q011 needs redis, celery: pip install redis celery"),
        (["flask>=4"], 'q011 needs flask>=4: pip install "flask>=4"'),
        (["flask<3"], 'q011 needs flask<3: pip install "flask<3"'),
        (["uvicorn[reload]"], 'q011 needs uvicorn[reload]: pip install "uvicorn[reload]"'),
        (["uvicorn[standard,reload]"], 'q011 needs uvicorn[standard,reload]: pip install "uvicorn[standard,reload]"'),
        (["no such thing"], 'q011 needs no such thing: pip install "no such thing"'),
    ],
)
def test_what_is_missing(needs: list[str], reason: str) -> None:
    """It is named, with a command that a shell takes as it stands."""
    assert reason == why_unavailable(a_kata(needs=tuple(needs)))


@pytest.mark.parametrize(
    ("minimum", "reason"),
    [
        ("", ""), ("0.121", ""), ("0.99.1", ""),
        ("0.122", 'q011 needs FastAPI 0.122, and 0.121.0 is installed: pip install "fastapi>=0.122"'),
    ],
)  # fmt: skip
def test_the_minimum_of_fastapi(minimum: str, reason: str) -> None:
    """Versions are compared by number, not by letter."""
    assert reason == why_unavailable(a_kata(minimum_fastapi=minimum))


def test_no_fastapi_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a kata with a minimum says so."""
    monkeypatch.setattr(availability, "installed", lambda name: "")
    assert "" == why_unavailable(a_kata())
    assert 'q011 needs FastAPI 0.1, and none is installed: pip install "fastapi>=0.1"' == why_unavailable(
        a_kata(minimum_fastapi="0.1")
    )


def test_missing_packages_come_before_the_version() -> None:
    """One thing at a time: the command for the first is told."""
    assert "q011 needs redis: pip install redis" == why_unavailable(a_kata(needs=("redis",), minimum_fastapi="9"))
