"""Checks of q079: what the tests of colleagues find, and leave, in the database."""

from pathlib import Path

import pytest

from pytest_fastapi_kata.worker.learnertests import Setting, hidden

DATA = Path(__file__).parent / "data"
EMPTY = ("by_client_once", "by_client_twice", "by_session_once", "by_session_twice", "by_both_once", "by_both_twice")
SHARED = ("committed_by_session", "flushed_by_session", "committed_by_client", "rolled_back_by_session")
LOANS = ("half_a_loan", "half_a_loan_of_a_lent_tool")
FAILURES = ("ends_badly_once", "ends_badly_twice", "flush_refused", "clean_after_failures")


class Day:
    """The runs of hidden tests with the learner's `conftest.py`."""

    def __init__(self, learner_tests):
        self.tests = learner_tests
        values = {"seed": f"{learner_tests.job.seed}/q079"}
        given = (Path(learner_tests.job.pristine) / "db.py").read_text("utf-8")
        watched = ("db.py", f"{given}\n\nimport db_watch  # notes what reaches the databases\n")
        files = hidden(DATA, "db_watch.py", "test_day.py", "test_evening.py", values=values)
        self.forwards = Setting(hidden=(*files, watched))
        self.backwards = Setting(hidden=self.forwards.hidden, reverse=True)

    def result(self, setting):
        if len(self.tests.job.checks) > 1:
            self.tests.results([self.forwards, self.backwards])
        result = self.tests.result(setting)
        if result.problems:
            raise AssertionError(f"The tests cannot be run: {result.problems[0]}")
        return result

    def passes(self, *names, setting=None):
        """Require that these hidden tests have passed; the first that has not says why."""
        result = self.result(setting or self.forwards)
        for name in names:
            test = result.test(f"test_{name}")
            if test is None:
                raise AssertionError(stopped(result))
            if test.outcome not in ("passed", "xfailed"):
                raise AssertionError(said(test))


def said(test):
    where = f" ({test.place})" if test.place.startswith("conftest") else ""
    if test.outcome == "failed":
        return f"{test.message}{where}"
    if test.outcome == "error":
        return f"A test could not be set up, or could not be tidied up after{where}: {test.message}"
    return f"A test was {test.outcome} instead of run{where}. {test.message}".strip()


def stopped(result):
    if result.state == "hung":
        return "A test did not come to its end within 20 seconds, or one before it did not."
    if result.state == "ended":
        last = " ".join(result.output.strip().splitlines()[-1:])
        return f"The run of the tests broke off before its end. {last}".strip()
    return "A test was not run."


@pytest.fixture
def day(learner_tests):
    return Day(learner_tests)


def test_commits_do_not_outlive_a_test(day):
    """A test begins with empty tables, also when tests before it have committed rows, by `client` or by `session`."""
    day.passes(*EMPTY)


def test_client_and_session_see_each_others_rows(day):
    """What `session` has flushed or committed the app sees, what the app has committed `session` sees, and what `session` has rolled back is gone for both."""
    day.passes(*SHARED)


def test_refused_duplicate_keeps_the_rest(day):
    """When the app refuses a duplicate and rolls back, all that was committed before is still there, and the app goes on working."""
    day.passes("duplicate")


def test_half_a_loan_is_undone_and_only_that(day):
    """When the app refuses a loan half-way and rolls back, that loan is undone, and nothing that was committed before."""
    day.passes(*LOANS)


def test_after_a_failure_the_next_test_starts_clean(day):
    """A test begins with empty tables and fixtures that work, also when tests before it have failed, or ended with refused requests and work half done."""
    day.passes(*FAILURES)


def test_tables_are_made_once_in_memory(day):
    """The database is in memory, and `CREATE TABLE tools` is executed once in a run."""
    day.passes("in_memory", "tables_made_once")


def test_nothing_is_ever_committed(day):
    """Once the tables are made, no commit reaches the database."""
    day.passes("nothing_committed")


def test_real_database_never_touched(day):
    """`db.engine` is never connected, and `tool_library.db` never appears."""
    day.passes("real_database_untouched")


def test_no_override_left(day):
    """After each test, `app.dependency_overrides` is empty."""
    for setting in (day.forwards, day.backwards):
        result = day.result(setting)
        for test in result.tests:
            if test.overrides_left:
                left = " and ".join(test.overrides_left)
                raise AssertionError(f"A test was over, its fixtures too, and `app.dependency_overrides` held {left}.")
        if not any(test.requests for test in result.tests):
            broken = [test for test in result.tests if test.outcome in ("failed", "error")]
            raise AssertionError(said(broken[0]) if broken else stopped(result))


def test_same_in_reverse(day):
    """All of this holds when the tests run in reverse order, too."""
    day.passes(*EMPTY, *SHARED, "duplicate", *LOANS, *FAILURES, "in_memory", setting=day.backwards)
