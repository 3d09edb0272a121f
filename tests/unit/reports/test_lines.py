"""Styled lines, harmless to any terminal."""

from __future__ import annotations

import pytest

from pytest_fastapi_kata.reports.lines import flowing, harmless, harmless_lines, line, plain, to_ascii, wrapped
from tests.unit.samples import HOSTILE


def test_line() -> None:
    """Bare texts are plain; nothing is an empty line."""
    assert (("a", "plain"), ("b", "good")) == line("a", ("b", "good"))
    assert () == line()


def test_plain() -> None:
    """Styles go, and so do blanks at the end of a line."""
    assert "ab\n\nc" == plain([line("a", ("b ", "bad"), "  "), line(), line("c")])
    assert "a" == plain(iter([line("a")]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße ✓ 漢字 🎩", "Grüße ✓ 漢字 🎩"),
        ("\x1b[2Jx", "\\x1b[2Jx"),
        ("a\rb", "a\\rb"),
        ("a\x00b\x07c\x7fd", "a\\x00b\\x07c\\x7fd"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd"),
        ("a\tb", "a    b"),
        ("a\nb", "a\nb"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    """What a terminal would obey is written out; letters of all kinds stay."""
    assert shown == harmless(text)


def test_half_a_character_can_be_written() -> None:
    """No file and no terminal can encode it."""
    assert harmless(HOSTILE).encode("utf-8")


def test_harmless_lines() -> None:
    """Windows's line ends are line ends; a lone return is none."""
    assert ["a", "b", "", "c\\rd"] == harmless_lines("a\r\nb\n\nc\rd")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("✓ ✗ · – — … → “a” ‘b’ █░", "+ x - - - ... -> \"a\" 'b' #."),
        ("ü 漢", "\\xfc \\u6f22"),
        ("plain", "plain"),
        ("\ud800", "\\ud800"),
    ],
)
def test_to_ascii(text: str, shown: str) -> None:
    """Signs have a likeness; for other characters there is an escape."""
    assert shown == to_ascii(text)


def test_wrapped() -> None:
    """The indent counts; the text's own lines and its empty ones stay."""
    lines = list(wrapped("one two three four five six\n\nseven\x07", 24, "  ", "warn"))
    assert "  one two three four\n  five six\n\n  seven\\x07" == plain(lines)
    assert line("  ", ("five six", "warn")) == lines[1]


def test_long_words_are_not_broken() -> None:
    """An address has to be copied as a whole, hyphens and all."""
    address = "https://fastapi.tiangolo.com/tutorial/path-params-numeric-validations/"
    assert ["see", address] == [text for _, (text, _) in wrapped(f"see {address}", 30)]


WHOLE = line("  ", ("x ", "bad"), "one two three", (" · ", "dim"), ("fastapi-kata hint q011", "code"), " end")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, ["  x one two three · fastapi-kata hint q011 end"]),
        (46, ["  x one two three · fastapi-kata hint q011 end"]),
        (45, ["  x one two three · fastapi-kata hint q011", "    end"]),
        (30, ["  x one two three ·", "    fastapi-kata hint q011 end"]),
        (3, ["  x one two three ·", "    fastapi-kata hint q011", "    end"]),
    ],
)
def test_flowing(width: int, shown: list[str]) -> None:
    """A line that is too long goes on below; code stays in one piece, and every piece keeps its style."""
    lines = list(flowing(WHOLE, width, "    "))
    assert shown == plain(lines).splitlines()
    assert ("fastapi-kata hint q011", "code") in [segment for one in lines for segment in one]


def test_nothing_flows_to_nothing() -> None:
    """An empty line stays one."""
    assert [line()] == list(flowing(line(), 80, "  "))


def test_a_narrow_terminal_gets_twenty_columns() -> None:
    """Less would leave one word a line."""
    assert "abcd efgh ijkl mnop" == plain(wrapped("abcd efgh ijkl mnop", 3))
    assert "    abcd efgh ijkl\n    mnop" == plain(wrapped("abcd efgh ijkl mnop", 3, "    "))
    assert [""] == [text for _, (text, _) in wrapped("", 80)]
