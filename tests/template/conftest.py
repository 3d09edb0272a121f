"""What the tests of the template share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.template.baking import CLONE, bake, copy_kit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to bake into."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the kit that a test may spoil."""
    return copy_kit(tmp_path / "kit")


@pytest.fixture(scope="session")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with all katas, made from this clone without any question."""
    path = tmp_path_factory.mktemp("baked") / "work"
    path.mkdir()
    done = bake(path, *CLONE)
    assert done.returncode == 0, done.stdout + done.stderr
    return path / "my-katas"
