"""Two texts compared."""

from __future__ import annotations

from pytest_fastapi_kata.reports.lines import plain
from pytest_fastapi_kata.reports.sidebyside import comparison_lines
from tests.unit.samples import HOSTILE

YOURS = "import a\n\napp = a.App()\n"
THEIRS = "import a\n\n\napp = a.App(title='x')\nend\n"


def test_side_by_side() -> None:
    """Equal lines stand beside each other, others in their colours."""
    lines = list(comparison_lines(YOURS, THEIRS, 103))
    assert [
        f"{'yours':<50} │ the kit's",
        f"{'import a':<50} │ import a",
        f"{'':<50} │",
        f"{'app = a.App()':<50} │",
        f"{'':<50} │ app = a.App(title='x')",
        f"{'':<50} │ end",
    ] == plain(lines).splitlines()  # fmt: skip
    assert ["bad", "dim", "good"] == [style for _, style in lines[3]]
    assert {"plain", "dim"} == {style for _, style in lines[1]}


def test_long_lines_go_on_below() -> None:
    """Nothing is cut off."""
    text = plain(list(comparison_lines("x" * 120, "y" * 60, 103)))
    assert [50, 50, 20] == [line.count("x") for line in text.splitlines()[1:]]
    assert [50, 10, 0] == [line.count("y") for line in text.splitlines()[1:]]


def test_a_unified_diff() -> None:
    """Where two columns have no room."""
    text = plain(list(comparison_lines(YOURS, THEIRS, 80))).splitlines()
    assert ["--- yours", "+++ the kit's", " import a", ""] == text[:4]
    assert {"-app = a.App()", "+app = a.App(title='x')", "+end"} <= set(text)


def test_the_same() -> None:
    """There is nothing to compare."""
    assert "the same as yours" == plain(list(comparison_lines("a\r\n", "a", 200)))


def test_nothing_hostile() -> None:
    """Control characters of the learner's file are written out."""
    for width in (60, 160):
        assert "\x1b" not in plain(list(comparison_lines(HOSTILE, "b", width)))
