"""Applying an author's edits to a folder of files."""

from __future__ import annotations

from pathlib import Path

from pytest_fastapi_kata.kata import Edit


class EditError(Exception):
    """An edit does not fit the files that it is applied to."""


def apply(edit: Edit, folder: Path) -> None:
    """Apply an edit to a file of a folder.

    Raises:
        EditError: the file is missing, the text does not occur exactly once, or nothing changes.
    """
    file = folder / edit.file
    if edit.whole is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edit.whole, encoding="utf-8")
        return
    if not file.is_file():
        msg = f"edits {edit.file}, which is not there"
        raise EditError(msg)
    text = file.read_text(encoding="utf-8")
    count = text.count(edit.find)
    if count != 1:
        msg = f"its find text occurs {count} times in {edit.file}, not once: {edit.find[:60]!r}"
        raise EditError(msg)
    if edit.find == edit.put:
        msg = f"its edit of {edit.file} changes nothing"
        raise EditError(msg)
    file.write_text(text.replace(edit.find, edit.put), encoding="utf-8")
