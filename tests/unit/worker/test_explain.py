"""From an exception in a check to what the learner is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_fastapi_kata.clients import Recorder
from pytest_fastapi_kata.comparison import Comparison
from pytest_fastapi_kata.exceptions import KataError, LearnerError, ServerError, WorkspaceError
from pytest_fastapi_kata.exchange import Exchange
from pytest_fastapi_kata.explanation import Explanation, Frame
from pytest_fastapi_kata.worker.explain import EARLIER, FRAMES, MESSAGE_LIMIT, describe, explain, learner_frames


@dataclass
class Bench:
    """A learner's folder and a file of checks, whose code can be run."""

    folder: Path
    acceptance: Path
    recorder: Recorder = field(default_factory=Recorder)

    def learner(self, source: str, name: str = "app.py") -> dict[str, Any]:
        """Write a file of the learner's, run it, and return what it defines."""
        return run(self.folder / name, source)

    def check(self, source: str, **names: Any) -> BaseException:
        """Run the code of a check, which must fail, and return the exception."""
        return caught(lambda: run(self.acceptance, source, **names))

    def answer(self, target: str, status: int | None = 200, raised: BaseException | None = None) -> SimpleNamespace:
        """Record an exchange and return its response."""
        response = SimpleNamespace(status_code=status, request=None)
        self.recorder.note_raised(raised)
        self.recorder.add(Exchange("GET", target, status=status), response)
        return response

    def explain(self, error: BaseException, **facts: Any) -> Explanation:
        """Explain an exception; what is not given is nothing."""
        usual: dict[str, Any] = {
            "requirement": "It works.",
            "folder": self.folder,
            "acceptance": self.acceptance,
            "recorder": self.recorder,
            "comparison": None,
            "importing": False,
            "printed": "",
            "seed": 7,
        }
        return explain(error, **{**usual, **facts})


def run(file: Path, source: str, **names: Any) -> dict[str, Any]:
    """Run a file's code in a namespace of its own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, "utf-8")
    exec(compile(source, str(file), "exec"), names)  # noqa: S102 - it is the test's own
    return names


def caught(action: Callable[[], Any]) -> BaseException:
    """Return what an action raises."""
    with pytest.raises(BaseException) as error:  # noqa: PT011 - any will do
        action()
    return error.value


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The learner's folder is the current one, as in a worker."""
    folder = tmp_path / "kata"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Bench(folder, tmp_path / "pack/acceptance.py")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ""),
        ("The hat is red.", "The hat is red."),
        ("The hat is red.\nassert 'red' == 'blue'\n  where 'red' = secret.hat", "The hat is red."),
        ("First.\nSecond.\nassert 1 == 2\nassert 3", "First.\nSecond."),
        ("assert 'red' == 'blue'", ""),
        ("x" * MESSAGE_LIMIT, "x" * MESSAGE_LIMIT),
        ("x" * (MESSAGE_LIMIT + 3), "x" * MESSAGE_LIMIT + "… (3 characters more)"),
    ],
)
def test_an_assert_that_does_not_hold(bench: Bench, text: str, message: str) -> None:
    """The author's words stay, pytest's account of the source does not."""
    assert Explanation("It works.", "assertion", message, seed=7) == bench.explain(AssertionError(text))


def test_what_an_assert_compared_is_shown(bench: Bench) -> None:
    """For an assert only; after an exception it would be that of another statement."""
    shown = Comparison("1", "2", ("-1", "+2"))
    explanation = bench.explain(AssertionError(), comparison=shown)
    assert shown == Comparison(explanation.expected, explanation.got, explanation.diff)
    assert ("", "", ()) == (
        (other := bench.explain(KeyError(), comparison=shown)).expected, other.got, other.diff,
    )  # fmt: skip


def test_what_was_printed_is_passed_on(bench: Bench) -> None:
    """With seed and requirement."""
    explanation = bench.explain(AssertionError(), printed="hello")
    assert ("It works.", "hello", 7) == (explanation.requirement, explanation.printed, explanation.seed)


def test_an_exception_of_the_learners(bench: Bench) -> None:
    """The check called their code, and it raised: exception and lines are theirs, the check's stay hidden."""
    hat = bench.learner("def hat(size):\n    return 1 / size\n")["hat"]
    explanation = bench.explain(bench.check("secret = hat(0)", hat=hat))
    assert ("error", "Your code raised an exception.", "ZeroDivisionError: division by zero") == (
        explanation.kind, explanation.message, explanation.error,
    )  # fmt: skip
    assert (Frame("app.py", 2, "hat", "return 1 / size"),) == explanation.frames
    assert "secret" not in str(explanation)


def test_an_exception_of_the_learners_in_another_folder(bench: Bench, tmp_path: Path) -> None:
    """Their code may have changed the current folder before."""
    hat = bench.learner("def hat(size):\n    return 1 / size\n")["hat"]
    error = bench.check("hat(0)", hat=hat)
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    assert "Your code raised an exception." == bench.explain(error).message


def test_a_check_that_chokes_on_an_answer(bench: Bench) -> None:
    """That is the answer's fault, and no line of the learner's."""
    error = bench.check("answer = {}\nanswer['next']")
    explanation = bench.explain(error)
    assert ("error", "The check could make nothing of the answer (KeyError: 'next').") == (
        explanation.kind, explanation.message,
    )  # fmt: skip
    assert ("", ()) == (explanation.error, explanation.frames)


def test_an_exception_behind_a_server_error(bench: Bench) -> None:
    """The assert says what was wrong with the answer, the exception why."""
    handler = bench.learner("def handler():\n    raise ValueError('no hats')\n")["handler"]
    response = bench.answer("/hats", 500, raised=caught(handler))
    error = bench.check("assert response.status_code == 200, 'The answer is no success.'", response=response)
    explanation = bench.explain(error)
    assert ("assertion", "The answer is no success.", "ValueError: no hats") == (
        explanation.kind, explanation.message, explanation.error,
    )  # fmt: skip
    assert ["handler"] == [frame.function for frame in explanation.frames]


def test_an_exception_outside_of_any_exchange(bench: Bench) -> None:
    """The lifespan raised it, and nothing was asked."""
    start = bench.learner("def start():\n    raise ValueError('no shed')\n")["start"]
    bench.recorder.note_raised(caught(start))
    explanation = bench.explain(RuntimeError("lifespan failed"))
    assert ("ValueError: no shed", 1) == (explanation.error, len(explanation.frames))


def test_an_exception_at_import(bench: Bench) -> None:
    """The app cannot be had at all, and the line says where."""
    error = caught(lambda: bench.learner("import os\n\n1 / 0\n"))
    explanation = bench.explain(error, importing=True)
    assert ("import", "Your code raises an exception while it is imported.") == (explanation.kind, explanation.message)
    assert "ZeroDivisionError: division by zero" == explanation.error
    assert (Frame("app.py", 3, "<module>", "1 / 0"),) == explanation.frames


def test_a_syntax_error(bench: Bench) -> None:
    """Python's own picture of it, with the file as the learner knows it."""
    error = caught(lambda: bench.learner("def hat(:\n    pass\n", "shed/hats.py"))
    explanation = bench.explain(error, importing=True)
    assert "import" == explanation.kind
    assert explanation.error.startswith('File "shed/hats.py", line 1')
    assert "SyntaxError" in explanation.error
    assert str(bench.folder) not in explanation.error
    assert (Frame("shed/hats.py", 1, "", "def hat(:"),) == explanation.frames


def test_an_app_of_no_use(bench: Bench) -> None:
    """The kit's own words say it all."""
    explanation = bench.explain(LearnerError("app.py is empty", "Write something."), importing=True)
    assert Explanation("It works.", "import", "app.py is empty\nWrite something.", seed=7) == explanation


@pytest.mark.parametrize(("error", "kind"), [(ServerError, "assertion"), (WorkspaceError, "error")])
def test_another_error_of_the_kit(bench: Bench, error: type[KataError], kind: str) -> None:
    """It speaks for itself; that a server comes up is a requirement like any other."""
    explanation = bench.explain(error("It ended", "Look."))
    assert (kind, "It ended\nLook.", "") == (explanation.kind, explanation.message, explanation.error)


def test_a_check_without_an_end(bench: Bench) -> None:
    """The kit's alarm is no exception of the learner's, but the line where it rang is theirs."""
    alarm = pytest.fail.Exception("Timeout (>2.0s) from pytest-timeout.")
    wait = bench.learner("def wait(alarm):\n    raise alarm\n")["wait"]
    explanation = bench.explain(bench.check("wait(alarm)", wait=wait, alarm=alarm))
    assert ("timeout", "The check did not come to an end within its time.", "") == (
        explanation.kind, explanation.message, explanation.error,
    )  # fmt: skip
    assert ["wait"] == [frame.function for frame in explanation.frames]


def test_a_failure_on_purpose_is_no_timeout(bench: Bench) -> None:
    """Only pytest-timeout's words are."""
    assert "timeout" != bench.explain(pytest.fail.Exception("no")).kind


@pytest.mark.parametrize("importing", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), pytest.exit.Exception("enough")])
def test_code_that_ends_the_run(bench: Bench, error: BaseException, importing: bool) -> None:
    """It solves nothing."""
    explanation = bench.explain(error, importing=importing)
    assert "died" == explanation.kind
    assert explanation.message.startswith("Your code ended the test run (")
    assert explanation.message.endswith("). A check that does not come to its end is not passed.")


class Mute(Exception):  # noqa: N818 - learners name theirs as they like
    """A learner's exception that cannot be shown."""

    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (KeyError("a"), "KeyError: 'a'"),
        (Mute("no"), "Mute (its message cannot be shown: SystemExit)"),
        (SyntaxError("odd"), "SyntaxError: odd"),
    ],
)
def test_describe(error: BaseException, text: str) -> None:
    """As Python's last line, whatever the message does."""
    assert text == describe(error)


def test_a_long_message_is_cut() -> None:
    """The name of the class counts."""
    assert describe(ValueError("x" * 9999)).endswith(f"… ({9999 + 12 - MESSAGE_LIMIT} characters more)")


CHAIN = """
def first():
    raise KeyError("first")

def second():
    try:
        first()
    except KeyError as error:
        raise ValueError("second")%s
"""


@pytest.mark.parametrize(
    ("how", "functions"),
    [
        ("", ["second", "first", "second"]),
        (" from error", ["second", "first", "second"]),
        (" from None", ["second"]),
    ],
)
def test_causes_come_first(bench: Bench, how: str, functions: list[str]) -> None:
    """Unless the learner left them out."""
    error = caught(bench.learner(CHAIN % how)["second"])
    assert functions == [frame.function for frame in learner_frames(error, bench.folder)]


def test_a_circle_of_causes_ends(bench: Bench) -> None:
    """Each exception is shown once."""
    fail = bench.learner("def fail():\n    raise ValueError\n")["fail"]
    one, other = caught(fail), caught(fail)
    one.__cause__, other.__cause__ = other, one
    assert 2 == len(learner_frames(one, bench.folder))


def test_a_group_shows_what_is_in_it(bench: Bench) -> None:
    """A task group wraps what its tasks raise."""
    fail = bench.learner("def fail():\n    raise ValueError\n")["fail"]
    group = BaseExceptionGroup("tasks", [caught(fail), ExceptionGroup("more", [KeyError()])])
    assert ["fail"] == [frame.function for frame in learner_frames(group, bench.folder)]


def test_only_the_learners_frames_and_the_last_of_them(bench: Bench) -> None:
    """A deep recursion ends where it ended."""
    dive = bench.learner("def dive(n):\n    return dive(n - 1) if n else 1 / 0\n")["dive"]
    frames = learner_frames(bench.check("dive(20)", dive=dive), bench.folder)
    assert [Frame("app.py", 2, "dive", "return dive(n - 1) if n else 1 / 0")] * FRAMES == list(frames)


def test_a_file_that_was_changed_meanwhile(bench: Bench) -> None:
    """The line is read anew; a line that is gone is empty."""
    fail = bench.learner("def fail():\n    raise ValueError\n")["fail"]
    error = caught(fail)
    assert "raise ValueError" == learner_frames(error, bench.folder)[0].code
    (bench.folder / "app.py").write_text("# nothing\n", "utf-8")
    assert "" == learner_frames(error, bench.folder)[0].code


def test_the_exchange_that_the_statement_speaks_of(bench: Bench) -> None:
    """It is found by the response's name in the check; those before it have a line each."""
    first, second = bench.answer("/first", 201), bench.answer("/second", 404)
    bench.answer("/third")
    names = {"first": first, "second": second, "other": 3}
    explanation = bench.explain(bench.check("answer = second\nassert (second.status_code\n    == 200)", **names))
    assert ["/second"] == [exchange.target for exchange in explanation.exchanges]
    assert ("GET /first → 201 Created",) == explanation.earlier


def test_a_statement_may_speak_of_several(bench: Bench) -> None:
    """The last three are shown, and not once more among the earlier ones."""
    names = {f"r{n}": bench.answer(f"/{n}") for n in range(4)}
    explanation = bench.explain(bench.check("assert [r0, r1, r2, r3] == []", **names))
    assert ["/1", "/2", "/3"] == [exchange.target for exchange in explanation.exchanges]
    assert ("GET /0 → 200 OK",) == explanation.earlier


@pytest.mark.parametrize("source", ["assert False", "data = {}\nassert data", "for response in []: ...\nassert False"])
def test_without_a_name_it_is_the_last_exchange(bench: Bench, source: str) -> None:
    """Only the latest of those before it are listed."""
    for number in range(EARLIER + 2):
        bench.answer(f"/{number}")
    explanation = bench.explain(bench.check(source))
    assert [f"/{EARLIER + 1}"] == [exchange.target for exchange in explanation.exchanges]
    assert [f"GET /{n} → 200 OK" for n in range(1, EARLIER + 1)] == list(explanation.earlier)


def test_a_response_of_somebody_elses_is_none_of_the_exchanges(bench: Bench) -> None:
    """It was not recorded."""
    bench.answer("/last")
    stranger = SimpleNamespace(status_code=200, request=None)
    explanation = bench.explain(bench.check("assert not stranger", stranger=stranger))
    assert ["/last"] == [exchange.target for exchange in explanation.exchanges]


def test_no_exchange_at_all(bench: Bench) -> None:
    """Then there is none to show."""
    explanation = bench.explain(bench.check("assert False"))
    assert ((), ()) == (explanation.exchanges, explanation.earlier)


def test_checks_that_cannot_be_read_any_more(bench: Bench) -> None:
    """The last exchange is shown instead."""
    response = bench.answer("/first")
    bench.answer("/last")
    error = bench.check("assert not response", response=response)
    bench.acceptance.write_text("def (", "utf-8")
    assert ["/last"] == [exchange.target for exchange in bench.explain(error).exchanges]
