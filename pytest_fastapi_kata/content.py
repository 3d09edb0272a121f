"""Where the kit's own content (katas, solutions, template) lies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pytest_fastapi_kata.exceptions import CatalogueError

PACKAGE = Path(__file__).resolve().parent


@cache
def content_root() -> Path:
    """Return the folder that holds ``katas/``, ``solutions/`` and ``template/``.

    An installed wheel carries them inside the package; a clone, and so an
    editable install, has them beside it.

    Raises:
        CatalogueError: neither place has a ``katas/`` folder.
    """
    for root in (PACKAGE / "_content", PACKAGE.parent):
        if (root / "katas").is_dir():
            return root
    msg = f"the kit's own katas are missing (looked in {PACKAGE / '_content'} and {PACKAGE.parent})"
    raise CatalogueError(msg, "Install the kit again: pip install --force-reinstall pytest-fastapi-kata")


def template_root() -> Path:
    """Return the folder of the cookiecutter template."""
    return content_root() / "template"
