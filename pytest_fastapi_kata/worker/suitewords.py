"""How a run of the learner's tests is put into words."""

from __future__ import annotations

from pytest_fastapi_kata.suites import SuiteResult, TestOutcome

_NAMED = 4


def unfinished(result: SuiteResult) -> str:
    """Say that a run was not at its end in time, and what was running; begins in small letters."""
    name = result.running or "the collection"
    if result.had_failed:
        doing = f"{name} had failed, and what tidies up after it was still at work"
        return f"your tests were not at their end after {result.seconds:g} s: {doing}. Put a limit on every wait there."
    advice = "A test that does not end is not a red test; put a limit on every wait."
    return f"your tests were not at their end after {result.seconds:g} s: {name} was running. {advice}"


def silent(result: SuiteResult) -> str:
    """Say why a run in which nothing failed proves nothing."""
    if not result.tests:
        return "There is no test yet. A test is a function whose name begins with `test_`, in a file whose name does."
    if not result.of("passed"):
        kinds = sorted({test.outcome for test in result.tests})
        return f"None of your tests has passed on the given app ({', '.join(kinds)}); none of them proves anything yet."
    return "No test has talked to the app yet: none of those that passed has sent it a request."


def culprits(result: SuiteResult) -> tuple[TestOutcome, ...]:
    """Return the tests that failed, in the order in which they ran: what went wrong first often explains the rest."""
    return tuple(test for test in result.tests if test.outcome in ("failed", "error"))


def named(tests: tuple[TestOutcome, ...]) -> str:
    """Name the first of the tests, count the others, and say that they fail."""
    more = len(tests) - 1
    others = f" (and {more} more)" if more else ""
    return f"{tests[0].name}{others} fails" if not more else f"{tests[0].name}{others} fail"


def detail(test: TestOutcome) -> str:
    """Say where a test failed, and with what message."""
    return f"{test.place}: {test.message}" if test.place else test.message


def in_which(result: SuiteResult) -> str:
    """Name the test in which a run broke off."""
    return f" in {result.running}" if result.running else ""


def last_lines(result: SuiteResult) -> str:
    """Return the last lines that a run has printed."""
    return "\n".join(result.output.strip().splitlines()[-5:])


def idle(result: SuiteResult) -> str:
    """Say which tests that passed have proved nothing, as far as that can be seen from outside."""
    quiet = [test.name for test in result.of("passed") if not test.requests]
    skipped = [test.name for test in (*result.of("skipped"), *result.of("xfailed"))]
    notes = [
        (quiet, "sent the app no request"),
        (skipped, "did not count, for they were skipped or expected to fail"),
    ]
    return "".join(f" Of these, {_some(names)} {what}." for names, what in notes if names)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
