"""One failed check, explained."""

from __future__ import annotations

from typing import Any

from pytest_fastapi_kata.exchange import Exchange
from pytest_fastapi_kata.explanation import Explanation, Frame
from pytest_fastapi_kata.reports.explained import BODY_LINES, explanation_lines, failure_lines
from pytest_fastapi_kata.reports.lines import plain
from pytest_fastapi_kata.results import CheckResult, KataResult
from tests.unit.samples import HOSTILE, a_kata, a_result, failed, passed

POST = Exchange(
    "POST", "/hats", (("content-type", "application/json"),), '{\n  "size": 3\n}', 422,
    (("x-hat", "no"),), '{"detail": []}',
)  # fmt: skip


def explained(kind: Any = "assertion", width: int = 88, **facts: Any) -> str:
    """Return an explanation as text."""
    return plain(explanation_lines(Explanation("It makes hats.", kind, **facts), width))


def test_the_requirement_comes_first() -> None:
    """Alone, if there is no more to say."""
    assert "  It makes hats." == explained()


def test_an_exchange() -> None:
    """What was sent and what came back, and how to repeat it."""
    text = explained(message="It does not.", exchanges=(POST,), earlier=("GET /hats → 200 OK",))
    assert """\
  It makes hats.

  It does not.

  before that GET /hats → 200 OK
  sent        POST /hats
              content-type: application/json
              {
                "size": 3
              }
  came back   422 Unprocessable Content
              x-hat: no
              {"detail": []}
""" == text.partition("\n  as curl")[0].replace("Entity", "Content")
    assert "\n\n  as curl     curl -i " in text
    assert POST.curl in text


def test_an_answer_without_a_body() -> None:
    """That there was none is said; where nothing came back, there is nothing to say."""
    shown = explained(exchanges=(Exchange("GET", "/", status=204),)).splitlines()
    assert ["  sent        GET /", "  came back   204 No Content", "              (no body)"] == shown[2:5]
    shown = explained(exchanges=(Exchange("GET", "/"),)).splitlines()
    assert ["  came back   no answer", ""] == shown[3:5]


def test_of_several_exchanges_the_last_can_be_repeated() -> None:
    """All of them are shown."""
    text = explained(exchanges=(POST, Exchange("GET", "/caps", status=404)))
    assert 2 == text.count("  sent  ")
    assert [Exchange("GET", "/caps").curl] == [
        line.partition("as curl")[2].strip() for line in text.splitlines() if "as curl" in line
    ]


def test_a_long_body_is_cut() -> None:
    """It says how many lines there are more."""
    body = "\n".join(f"line {n}" for n in range(BODY_LINES + 2))
    shown = explained(exchanges=(Exchange("GET", "/", status=200, response_body=body),)).splitlines()
    assert ["              line 23", "              … (2 lines more)"] == shown[-4:-2]
    whole = "\n".join(f"line {n}" for n in range(BODY_LINES))
    assert "more)" not in explained(printed=whole)


def test_short_operands_stand_below_each_other() -> None:
    """What was expected comes first."""
    assert ["", "  expected    1", "  got         2"] == explained(expected="1", got="2").splitlines()[1:]


def test_long_operands_are_shown_as_a_difference() -> None:
    """With a key to its signs."""
    text = explained(expected="1\n2", got="1\n3", diff=("  1", "- 2", "+ 3"))
    assert """
  difference  - expected  + got
                1
              - 2
              + 3""" == text.partition("\n")[2]


def test_the_signs_of_a_difference_have_colours() -> None:
    """Those of what was wanted and of what came."""
    lines = list(explanation_lines(Explanation("", "assertion", expected="1", got="2", diff=("  1", "- 2", "+ 3")), 88))
    assert ["plain", "good", "bad"] == [line[-1][1] for line in lines[-3:]]


def test_the_learners_own_code() -> None:
    """The exception, and the way to it."""
    frames = (Frame("app.py", 7, "hat", "return make()"), Frame("shed/hats.py", 3, "", ""))
    assert """
  raised      ValueError: no
              second line
  your code   app.py:7 in hat
                  return make()
              shed/hats.py:3""" == explained("error", error="ValueError: no\nsecond line", frames=frames).partition(
        "\n"
    )[2]


def test_what_was_printed() -> None:
    """It is the learner's own."""
    assert "\n\n  you printed a\n              b" in explained(printed="a\r\nb")


def test_long_messages_are_wrapped() -> None:
    """Between words, behind the margin."""
    assert ["  word word word word", "  word"] == explained(message="word " * 5, width=22).splitlines()[2:]


def test_nothing_of_the_learners_reaches_the_terminal_as_a_command() -> None:
    """Escapes are written out, wherever they come from."""
    exchange = Exchange("GET", f"/{HOSTILE}", (("x", HOSTILE),), HOSTILE, 200, (("y", HOSTILE),), HOSTILE)
    frame = Frame(HOSTILE, 1, HOSTILE, HOSTILE)
    text = explained(
        message=HOSTILE, exchanges=(exchange,), earlier=(HOSTILE,), error=HOSTILE, frames=(frame,), printed=HOSTILE,
        expected=HOSTILE, got=HOSTILE,
    )  # fmt: skip
    text += explained(expected="a", got="b", diff=(HOSTILE,))
    assert not {"\x1b", "\u202e"} & set(text)
    assert 18 == text.count("\\x1b[2J")


def failure(result: KataResult, number: int = 1, width: int = 88) -> str:
    """Return what is shown of one failed check of a kata."""
    check = next(check for check in result.checks if check.name == f"test_{number}")
    return plain(failure_lines(result, check, width))


def test_a_failure() -> None:
    """After the explanation comes what else fails, and how to go on."""
    result = a_result(a_kata(checks=3), "failing", passed(1), failed(2, message="No.", seed=7), failed(3))
    assert """\
  It meets requirement 2.

  No.

  Not passed either:
  ✗ Requirement 3

  1 of 3 checks pass · a hint: fastapi-kata hint q011 · seed 7""" == failure(result, 2)


def test_the_only_failure() -> None:
    """There are no others, and checks that did not run do not pass."""
    result = a_result(a_kata(checks=3), "failing", failed(1))
    assert "  0 of 3 checks pass" in failure(result)
    assert "either" not in failure(result)


def test_one_likely_cause() -> None:
    """It is said that it is likely only."""
    result = a_result(a_kata(), "failing", failed(1), likely_causes=("The path is wrong.",))
    assert "\n\n  A likely cause\n  The path is wrong.\n\n" in failure(result)


def test_several_likely_causes() -> None:
    """Each has a dot; its further lines are set in."""
    result = a_result(a_kata(), "failing", failed(1), likely_causes=("one two three four five six", "two"))
    assert """
  It is often one of these
  • one two three four
    five six
  • two

""" in failure(result, width=26)


def test_a_check_that_reported_nothing() -> None:
    """There is no seed to show, but the others are named."""
    missing = CheckResult("test_1", "Requirement 1", "missing")
    text = failure(a_result(a_kata(), "failing", missing, failed(2)))
    assert text.startswith("\n  Not passed either:\n  ✗ Requirement 2")
    assert text.endswith("fastapi-kata hint q011")
