"""The extra ``katas`` brings all that the kit's own katas need."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from tests.conftest import REPOSITORY


def _with_what_they_require(requirements: Iterable[str], extras: frozenset[str], seen: set[str]) -> set[str]:
    """Return the names of these distributions and of all that they require, as far as they are installed."""
    for text in requirements:
        wanted = Requirement(text)
        chosen = [{"extra": extra} for extra in extras] or [{"extra": ""}]
        if wanted.marker is not None and not any(wanted.marker.evaluate(one) for one in chosen):
            continue
        key = f"{canonicalize_name(wanted.name)}[{','.join(sorted(wanted.extras))}]"
        if key not in seen:
            seen.add(key)
            with contextlib.suppress(metadata.PackageNotFoundError):
                _with_what_they_require(metadata.requires(wanted.name) or (), frozenset(wanted.extras), seen)
    return seen


def test_a_workspace_is_asked_for_everything_that_the_katas_need() -> None:
    """``pytest-fastapi-kata[katas]`` brings each distribution that a kata's ``needs`` names."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["katas"]]
    names = {key.partition("[")[0] for key in _with_what_they_require(asked, frozenset(), set())}
    needed = {canonicalize_name(Requirement(need).name) for kata in load_catalogue([own_pack()]) for need in kata.needs}
    assert set() == needed - names
