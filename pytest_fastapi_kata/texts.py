"""What there is to read about a kata: instructions, model answer, and the files of a solution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_fastapi_kata.exceptions import CatalogueError
from pytest_fastapi_kata.kata import Kata, is_source

_ADDRESS = re.compile(r"<(https?://[^\s>]+)>")


def without_brackets(markdown: str) -> str:
    """Return Markdown with its bare addresses as mere text; a terminal would show each of them twice."""
    return _ADDRESS.sub(r"\1", markdown)


def instructions(kata: Kata, folder: Path) -> str:
    """Return the README of the learner's folder, else that of the kit.

    Raises:
        CatalogueError: neither can be read.
    """
    for file in (folder / "README.md", kata.readme):
        try:
            return file.read_text("utf-8", "replace").strip()
        except OSError:
            continue
    msg = f"{kata.readme} cannot be read"
    raise CatalogueError(msg, f"Tell the authors of the pack {kata.pack!r}.")


def model_answer(kata: Kata) -> str:
    """Return the model answer to the kata's question; CatalogueError if it cannot be read."""
    file = kata.path / "answer.md"
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise CatalogueError(msg, f"Tell the authors of the pack {kata.pack!r}.") from None


def solution_files(kata: Kata) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file of the kit's own solution, without its variants."""
    return files_in(kata.solution)


def files_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file of a solution or variant."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if is_source(path) and relative.parts[0] != "variants":
            yield relative.as_posix(), _text(path)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip()
    except UnicodeDecodeError:
        return f"({path.stat().st_size} bytes that are not text)"
