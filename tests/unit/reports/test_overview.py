"""The map of progress, and the next step."""

from __future__ import annotations

import pytest

from pytest_fastapi_kata.kata import Topic
from pytest_fastapi_kata.reports.lines import Segment, plain
from pytest_fastapi_kata.reports.overview import next_kata, next_step, overview_lines, table_lines
from pytest_fastapi_kata.results import KataResult, Status
from tests.unit.samples import MODELS, a_kata, a_result, failed, passed

RESULTS = [
    a_result(a_kata("q011_a"), "solved", passed(1), passed(2)),
    a_result(a_kata("q012_b", level="advanced"), "failing", passed(1), failed(2)),
    a_result(a_kata("q021_c", topic=MODELS), "not_started"),
]


def table(width: int, results: list[KataResult] = RESULTS) -> list[str]:
    """Return the lines of the table."""
    return plain(table_lines(results, width)).splitlines()


def test_the_table() -> None:
    """Solved of all, by topic and level, with a bar where there is room for one."""
    assert (
        """\
  topic                                           basic      advanced    solved
  02 Routing                                        1/1           0/1       1/2  █████░░░░░
  03 Models                                         0/1             ·       0/1  ░░░░░░░░░░
  all                                               1/2           0/1       1/3  ███░░░░░░░""".splitlines()
        == table(100)
    )


def test_a_narrow_table_has_no_bar() -> None:
    """And shorter titles."""
    narrow = table(50, RESULTS[:1])
    assert "█" not in "".join(narrow)
    long = a_kata(topic=Topic("02_routing", "A title that goes on and on", "Arc."))
    assert "  02 A title th…           1/1       1/1" == table(40, [a_result(long, "solved")])[1]


def test_a_table_without_room_for_levels_has_a_row_for_each() -> None:
    """Nothing is lost on a narrow console."""
    assert [
        "  topic       solved",
        "  02 Rout…       1/2",
        "  03 Mode…       0/1",
        "  basic          1/2",
        "  advanced       0/1",
        "  all            1/3",
    ] == table(20)


@pytest.mark.parametrize("width", [20, 40, 60, 72, 80, 88, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """The levels' columns go first."""
    assert width >= max(map(len, table(width)))


@pytest.mark.parametrize(
    ("statuses", "cell", "total"),
    [
        (["solved", "solved"], ("2/2", "good"), ("2/2", "good")),
        (["solved", "failing"], ("1/2", "plain"), ("1/2", "strong")),
        (["failing", "not_started"], ("0/2", "dim"), ("0/2", "strong")),
    ],
)
def test_the_eye_is_led_to_what_is_done(statuses: list[Status], cell: Segment, total: Segment) -> None:
    """By the style of each cell, and of the sum."""
    row = list(table_lines([a_result(a_kata(), status) for status in statuses], 60))[1]
    assert [cell, total] == [(text.strip(), style) for text, style in row[1:3]]


def test_the_table_of_nothing() -> None:
    """It has its head and its sum."""
    assert ["topic", "all"] == [line.split()[0] for line in table(88, [])]
    assert table(88, [])[1].split()[1] == "0/0"


def overview(*results: KataResult) -> str:
    """Return the overview without the table."""
    text = plain(overview_lines(results, 88))
    return text.partition("  all  ")[2].partition("\n")[2]


@pytest.mark.parametrize(
    ("result", "standing"),
    [
        (a_result(a_kata(), "failing", passed(1), failed(2)), "✗ q011 · Title of q011  1 of 2 checks pass"),
        (a_result(a_kata(), "failing"), "✗ q011 · Title of q011  started, not run this time"),
        (a_result(a_kata(), "broken", failed(1, "import")), "✗ q011 · Title of q011  cannot be run"),
        (a_result(a_kata(), "timeout", passed(1), failed(2, "timeout")),
         "✗ q011 · Title of q011  1 of 2 checks pass, one ran out of time"),
        (a_result(a_kata(), "partial", passed(1)), "· q011 · Title of q011  1 of 2 checks were run, and pass"),
        (a_result(a_kata(), "unavailable", note="q011 needs redis: pip install redis"),
         "– q011 · Title of q011  not available\n    q011 needs redis: pip install redis"),
        (a_result(a_kata(title="x" * 99), "failing"), f"✗ q011 · {'x' * 44}…  started, not run this time"),
        (a_result(a_kata(title="a\x1bb"), "failing"), "✗ q011 · a\\x1bb  started, not run this time"),
    ],
)  # fmt: skip
def test_what_is_in_the_making(result: KataResult, standing: str) -> None:
    """Each started kata says how far it is."""
    assert overview(result).startswith(f"\n  {standing}\n")


@pytest.mark.parametrize("status", ["solved", "not_started"])
def test_what_is_not_in_the_making(status: Status) -> None:
    """Solved katas and untouched ones are in the table only."""
    assert overview(a_result(a_kata(), status)).startswith(("\n  Next:", "\n  All solved."))


@pytest.mark.parametrize(
    ("statuses", "following"),
    [
        (["solved", "not_started", "not_started"], 1),
        (["not_started", "solved", "failing"], 2),
        (["not_started", "broken", "failing"], 1),
        (["not_started", "timeout"], 1),
        (["not_started", "partial"], 1),
        (["unavailable", "not_started"], 1),
        (["solved", "unavailable"], None),
        ([], None),
    ],
)
def test_next_kata(statuses: list[Status], following: int | None) -> None:
    """One in the making comes before a new one; what cannot be run is left out."""
    results = [a_result(a_kata(f"q{number:03}_x"), status) for number, status in enumerate(statuses)]
    expected = None if following is None else results[following]
    assert expected is next_kata(results)


def test_the_next_step_of_a_new_kata() -> None:
    """Its question, and the files to read and to edit."""
    kata = a_kata("q011_hats", entry="main.py", title="Hats\x07")
    assert """
  Next: q011 · Hats\\x07
    “What is q011?”
    read      katas/02_routing/q011_hats/README.md
    edit      katas/02_routing/q011_hats/main.py
    then run  pytest --kata-progress""" == plain(next_step([a_result(kata, "not_started")], 88))


def test_the_next_step_of_a_started_kata() -> None:
    """It is the same: where the task stands and what to edit."""
    steps = [plain(next_step([a_result(a_kata(), status)], 88)) for status in ("failing", "not_started")]
    assert steps[0] == steps[1]


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([], "This workspace has no katas. fastapi-kata new makes one that has."),
        (["solved", "solved"], "All solved. Read the model answers once more: fastapi-kata answer q011"),
        (["solved", "unavailable"], "What is left needs something that is not installed: see above."),
    ],
)
def test_nothing_is_left(statuses: list[Status], words: str) -> None:
    """Why is said."""
    assert f"\n  {words}" == plain(next_step([a_result(a_kata(), status) for status in statuses], 88))
