"""Where the kit finds its own katas: in the wheel, or beside the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_fastapi_kata import content
from pytest_fastapi_kata.exceptions import CatalogueError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package folder of the test's own."""
    folder = tmp_path / "site/pytest_fastapi_kata"
    folder.mkdir(parents=True)
    monkeypatch.setattr(content, "PACKAGE", folder)
    content.content_root.cache_clear()
    yield folder
    content.content_root.cache_clear()


def test_a_wheel_has_them_inside_the_package(package: Path) -> None:
    """What is inside wins over a folder that happens to lie beside it."""
    (package / "_content/katas").mkdir(parents=True)
    (package.parent / "katas").mkdir()
    assert package / "_content" == content.content_root()
    assert package / "_content/template" == content.template_root()


def test_a_clone_has_them_beside_the_package(package: Path) -> None:
    """So has an editable install; an empty _content does not hide them."""
    (package / "_content").mkdir()
    (package.parent / "katas").mkdir()
    assert package.parent == content.content_root()


def test_no_katas_anywhere(package: Path) -> None:
    """Both places and the remedy are named."""
    with pytest.raises(CatalogueError, match="the kit's own katas are missing") as error:
        content.content_root()
    assert str(package / "_content") in error.value.problem
    assert "pip install --force-reinstall pytest-fastapi-kata" in error.value.remedy
