"""The options of this run, from the command line or else from the ini file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import pytest

Isolation = Literal["auto", "fork", "spawn", "none"]


@dataclass(frozen=True)
class Settings:
    """What the options say; paths are absolute."""

    progress: bool
    fresh: bool
    everything: bool
    verbose: bool
    json_path: Path | None
    html_path: Path | None
    badge_path: Path | None
    seed: int
    isolation: Isolation


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings; UsageError for a value that is of no use."""
    return Settings(
        progress=_flag(config, "kata_progress"),
        fresh=_flag(config, "kata_fresh"),
        everything=_flag(config, "kata_all"),
        verbose=_flag(config, "kata_verbose"),
        json_path=_path(config, "kata_json"),
        html_path=_path(config, "kata_html"),
        badge_path=_path(config, "kata_badge"),
        seed=_seed(config),
        isolation=_isolation(config),
    )


def _flag(config: pytest.Config, name: str) -> bool:
    given = config.getoption(name)
    return bool(config.getini(name)) if given is None else bool(given)


def _path(config: pytest.Config, name: str) -> Path | None:
    given = config.getoption(name)
    if given:
        return Path(config.invocation_params.dir, given)
    text = config.getini(name)
    return Path(config.rootpath, text) if text else None


def _seed(config: pytest.Config) -> int:
    # Workers of pytest-xdist take over the seed that the first process chose.
    shared = getattr(config, "workerinput", {}).get("kata_seed")
    given = config.getoption("kata_seed") if shared is None else shared
    text = config.getini("kata_seed")
    if given is None and text:
        try:
            given = int(text)
        except ValueError:
            msg = f"kata_seed must be a whole number, not {text!r}"
            raise pytest.UsageError(msg) from None
    return secrets.randbelow(900_000) + 100_000 if given is None else int(given)


def _isolation(config: pytest.Config) -> Isolation:
    from pytest_fastapi_kata.plugin import ISOLATIONS  # that module imports this one late

    value = config.getoption("kata_isolation") or config.getini("kata_isolation") or "auto"
    if value not in ISOLATIONS:
        msg = f"kata_isolation must be one of {', '.join(ISOLATIONS)}, not {value!r}"
        raise pytest.UsageError(msg)
    return cast("Isolation", value)
