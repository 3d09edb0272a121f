"""Styled lines on this terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

import typer

from pytest_fastapi_kata.reports.lines import Line, Style, to_ascii

_STYLES: dict[Style, dict[str, object]] = {
    "plain": {},
    "strong": {"bold": True},
    "good": {"fg": typer.colors.GREEN},
    "bad": {"fg": typer.colors.RED},
    "warn": {"fg": typer.colors.YELLOW},
    "dim": {"dim": True},
    "code": {"fg": typer.colors.CYAN},
}


def width() -> int:
    """Return how many columns to write, 100 at most."""
    return min(shutil.get_terminal_size().columns, 100)


def echo(lines: Iterable[Line]) -> None:
    """Print lines, with colours where the output is a terminal, in ASCII where it can encode no more."""
    for one in lines:
        text = "".join(typer.style(fitting(piece), **_STYLES[style]) for piece, style in one)  # type: ignore[arg-type]
        typer.echo(text)


def fitting(text: str) -> str:
    """Return text that standard output can encode."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return to_ascii(text)
    return text
