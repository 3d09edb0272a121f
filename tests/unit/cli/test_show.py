"""Styled lines on this terminal."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from pytest_fastapi_kata.cli.show import echo, fitting, width
from pytest_fastapi_kata.reports.lines import line


@pytest.mark.parametrize(("columns", "expected"), [("20", 20), ("100", 100), ("101", 100), ("500", 100)])
def test_width(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    """That of the terminal, but not so wide that the eye gets lost."""
    monkeypatch.setenv("COLUMNS", columns)
    assert expected == width()


def a_stream(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    """Make standard output one of this encoding."""
    target = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(target, encoding=encoding, write_through=True, newline=""))
    return target


def test_echo_in_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without colours where there is no terminal."""
    stream = a_stream(monkeypatch, "utf-8")
    echo([line(("✓ ", "good"), "Grüße"), line(), line(("x", "code"))])
    assert "✓ Grüße\n\nx\n" == stream.getvalue().decode()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_echo_where_there_is_no_unicode(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Signs are likened, and nothing fails."""
    stream = a_stream(monkeypatch, encoding)
    echo([line(("✓ ", "good"), "a → b", " 漢")])
    assert b"+ a -> b \\u6f22\n" == stream.getvalue()


def test_echo_of_half_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    """No encoding has it."""
    stream = a_stream(monkeypatch, "utf-8")
    echo([line("a\ud800b")])
    assert b"a\\ud800b\n" == stream.getvalue()


@pytest.mark.parametrize(
    ("style", "codes"),
    [("plain", ""), ("strong", "1"), ("good", "32"), ("bad", "31"), ("warn", "33"), ("dim", "2"), ("code", "36")],
)
def test_styles(monkeypatch: pytest.MonkeyPatch, style: str, codes: str) -> None:
    """Each has its colour."""
    written: list[str] = []
    monkeypatch.setattr(typer, "echo", written.append)
    echo([line(("x", style))])  # type: ignore[arg-type]
    assert [f"\x1b[{codes}mx\x1b[0m" if codes else "x\x1b[0m"] == written


def test_fitting_without_an_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that tells none gets ASCII."""
    monkeypatch.setattr(sys, "stdout", object())
    assert ("x", "\\xfc") == (fitting("x"), fitting("ü"))
