"""Checks of q080: what a run of the learner's suite tells, and for whom its fixtures are good."""

from pathlib import Path

import pytest

from pytest_fastapi_kata.worker.learnertests import Setting, hidden

DATA = Path(__file__).parent / "data"
UNIT, API = "tests/unit/", "tests/api/"
STRICT_MARKS = ("--strict-markers", "-W", "error::pytest.PytestUnknownMarkWarning")
PLAIN = Setting(own_configuration=True, paths=(), observed=("catalogue.loads",))
STRICT = Setting(own_configuration=True, paths=(), options=STRICT_MARKS)
AGAIN = Setting(own_configuration=True, paths=(), reverse=True, after=PLAIN)
ONLY_UNIT = Setting(own_configuration=True, paths=("tests/unit",), observed=("catalogue.loads",))
MARKED = Setting(own_configuration=True, paths=(), options=("-m", "api"))
UNMARKED = Setting(own_configuration=True, paths=(), options=("-m", "not api"))
# All that fails is wanted, whatever the learner's options say about stopping.
ALL = ("--maxfail=0",)
WRONG_FEES = ("P1", "P2a", "P2b", "P3")
WRONG_APPS = ("P4a", "P4b", "P5", "P6")
ENOUGH = 6


def unit_on(mutant):
    return Setting(app=mutant, own_configuration=True, paths=("tests/unit",), options=ALL)


def all_on(mutant):
    return Setting(app=mutant, own_configuration=True, paths=(), options=ALL)


class Suite:
    """The runs of the learner's suite by plain pytest, and of hidden tests with its fixtures."""

    def __init__(self, learner_tests):
        learner_tests.counted = "any"
        self.tests = learner_tests
        self.promises = learner_tests.mutants.promises
        places = {"desk_notes.py": "", "test_of_the_shelf.py": UNIT, "test_of_the_desk.py": API}
        files = hidden(DATA, *places, values={"seed": f"{learner_tests.job.seed}/q080"})
        modules = tuple((places[name] + name, text) for name, text in files)
        self.guests = Setting(
            own_configuration=True,
            paths=tuple(name for name, _ in modules if "/" in name),
            options=("-m", "", *ALL),
            hidden=modules,
            observed=("catalogue.loads",),
        )

    def run(self, setting):
        if len(self.tests.job.checks) > 1 and self.tests.result(PLAIN).is_green:
            broken = [unit_on(name) for name in (*WRONG_FEES, "nonsense")] + [all_on(name) for name in WRONG_APPS]
            self.tests.results([STRICT, AGAIN, ONLY_UNIT, MARKED, UNMARKED, self.guests, *broken])
        return self.tests.result(setting)

    def plain(self):
        """Return what came of plain pytest; it has to be green before anything else can be said."""
        result = self.run(PLAIN)
        if not result.is_green:
            raise AssertionError(f"First, plain `pytest` has to pass. {wrong(result)}")
        if not result.of("passed"):
            raise AssertionError("Plain `pytest` has found no test that passes yet.")
        return result

    def guest(self, *names):
        """Require that these hidden tests have passed; the first that has not says why."""
        result = self.run(self.guests)
        if result.problems:
            raise AssertionError(f"A colleague's tests cannot be run with your fixtures: {result.problems[0]}")
        for name in names:
            found = [test for test in result.tests if test.name.partition("[")[0] == f"test_{name}"]
            if not found:
                raise AssertionError(f"A colleague's tests cannot be run with your fixtures. {wrong(result)}")
            for test in found:
                if test.outcome != "passed":
                    raise AssertionError(said(test))


def said(test):
    where = f" ({test.place})" if "conftest" in test.place else ""
    if test.outcome == "failed":
        return f"{test.message}{where}"
    if test.outcome == "error":
        return f"A colleague's test could not be set up, or could not be tidied up after{where}: {test.message}"
    return f"A colleague's test was {test.outcome} instead of run{where}. {test.message}".strip()


def wrong(result):
    """Say why a run is not green."""
    if result.state == "hung":
        return f"It was not at its end after {result.seconds:g} s: {result.running or 'the collection'} was running."
    failed = [test for test in result.tests if test.outcome in ("failed", "error")]
    if result.problems:
        return f"It cannot read {result.problems[0]}"
    if failed:
        more = f" (and {len(failed) - 1} more)" if failed[1:] else ""
        place = f"{failed[0].place}: " if failed[0].place else ""
        return f"{failed[0].name} in {failed[0].file}{more} failed.\n{place}{failed[0].message}"
    return f"The run broke off{' in ' + result.running if result.running else ''}: {last_words(result)}"


def last_words(result):
    lines = [line.strip() for line in result.output.strip().splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    config = [line for line in lines if line.startswith("ERROR:")]
    where = "the `conftest.py` cannot be loaded: " if any("while loading conftest" in line for line in lines) else ""
    return where + (errors or config or lines or ["it has said nothing"])[-1][:300]


def within(result, folder, *outcomes):
    return [test for test in result.tests if test.file.startswith(folder) and test.outcome in outcomes]


def named(tests):
    return f"{tests[0].name} in {tests[0].file}" + (f" (and {len(tests) - 1} more)" if tests[1:] else "")


@pytest.fixture
def suite(learner_tests):
    return Suite(learner_tests)


def test_suite_passes_by_plain_pytest(suite):
    """Plain `pytest` in the kata's folder passes, with `--strict-markers` and without unknown marks; there are tests in both folders, and one in `tests/api` sends a request."""
    result = suite.run(STRICT)
    if not result.is_green:
        raise AssertionError(f"`pytest --strict-markers` in the kata's folder does not pass. {wrong(result)}")
    for folder in (UNIT, API):
        if not within(result, folder, "passed"):
            raise AssertionError(f"Plain `pytest` has run no test in `{folder}` that passed.")
    if not any(test.requests for test in within(result, API, "passed")):
        raise AssertionError("None of the tests in `tests/api/` that passed has sent a request to an app.")


def test_passes_in_reverse_order(suite):
    """All tests pass a second time, the last one first."""
    suite.plain()
    result = suite.run(AGAIN)
    if not result.is_green:
        raise AssertionError(
            f"Plain `pytest` passes, but not a second time in reverse order: a test needs what another one has done, or trips over what one has left behind. {wrong(result)}"
        )


def test_unit_tests_need_no_app(suite):
    """`pytest tests/unit` passes at least six tests, sends no request and does not load the catalogue; at least six of them notice if `late_fee` answers nonsense."""
    result = suite.run(ONLY_UNIT)
    if not result.is_green:
        raise AssertionError(f"`pytest tests/unit` does not pass. {wrong(result)}")
    passed = within(result, UNIT, "passed")
    asking = [test for test in result.tests if test.requests]
    if asking:
        raise AssertionError(f"{named(asking)} sent requests to an app. A unit test of a fee needs none.")
    loads = result.observed.get("catalogue.loads") or 0
    if loads:
        raise AssertionError(
            f"`pytest tests/unit` has loaded the catalogue (calls: {loads}). That takes a minute, and a fee needs none."
        )
    if len(passed) < ENOUGH:
        raise AssertionError(f"Tests in `tests/unit` that passed: {len(passed)}. At least {ENOUGH} are wanted.")
    noticed = within(suite.run(unit_on("nonsense")), UNIT, "failed")
    if len(noticed) < ENOUGH:
        raise AssertionError(
            f"`late_fee` answered -1 to everything, and of the {len(passed)} tests in `tests/unit` {len(noticed) or 'none'} noticed it; at least {ENOUGH} are wanted."
        )


def test_marker_api_splits_the_suite(suite):
    """`-m api` selects the tests in `tests/api`, and `-m "not api"` all others."""
    everything = {(test.file, test.name) for test in suite.plain().tests}
    wanted = {one for one in everything if one[0].startswith(API)}
    if not wanted or wanted == everything:
        raise AssertionError("There have to be tests in `tests/api`, and others outside of it.")
    for option, setting, right in (("-m api", MARKED, wanted), ('-m "not api"', UNMARKED, everything - wanted)):
        result = suite.run(setting)
        if not result.is_green:
            raise AssertionError(f"`pytest {option}` does not pass. {wrong(result)}")
        selected = {(test.file, test.name) for test in result.tests}
        for what, tests in (("leaves out", right - selected), ("selects", selected - right)):
            if tests:
                file, name = min(tests)
                more = f" (and {len(tests) - 1} more)" if len(tests) > 1 else ""
                raise AssertionError(f"`pytest {option}` {what} {name} in {file}{more}.")


def test_catalogue_loaded_once(suite):
    """In a whole run the catalogue is loaded once, and all tests that name `catalogue` get the same object."""
    loads = suite.plain().observed.get("catalogue.loads") or 0
    if loads != 1:
        raise AssertionError(f"In one run of your suite the catalogue was loaded {loads} times, where once is right.")
    suite.guest("catalogue_of_the_desk", "catalogue_of_the_shelf")
    loads = suite.run(suite.guests).observed.get("catalogue.loads") or 0
    if loads != 1:
        raise AssertionError(f"In one run of a colleague's tests the catalogue was loaded {loads} times, not once.")


def test_fresh_app_for_each_test(suite):
    """Each test that names `client` gets a client on an app without loans, on the catalogue of all 400 titles."""
    suite.guest("two_loans_once", "two_loans_twice")


def test_factory_makes_what_is_asked(suite):
    """`make_loan()` lends to a new member at each call and returns the answer's JSON, `member` and `title` can be given, and it lends through the test's own client."""
    suite.guest("five_loans", "made_as_asked", "made_through_the_client")


@pytest.mark.parametrize("mutant", WRONG_FEES)
def test_unit_tests_pinpoint_a_wrong_fee(suite, mutant):
    """When a fee breaks a promise, some unit tests fail and some still pass."""
    suite.plain()
    result = suite.run(unit_on(mutant))
    promise = f"{mutant[:2]} (“{suite.promises[mutant[:2]]}”)"
    failed, passed = (within(result, UNIT, outcome) for outcome in ("failed", "passed"))
    if result.state != "finished" or result.problems:
        raise AssertionError(
            f"With a `late_fee` that breaks {promise}, `pytest tests/unit` did not come to its end: only a test that fails tells what is wrong."
        )
    if not failed:
        raise AssertionError(f"A `late_fee` that breaks {promise} passed all your unit tests.")
    if not passed:
        raise AssertionError(
            f"With a `late_fee` that breaks {promise}, all your unit tests failed: nobody sees which promise it is."
        )


@pytest.mark.parametrize("mutant", WRONG_APPS)
def test_api_tests_catch(suite, mutant):
    """When the API breaks a promise, some of the tests in `tests/api` fail, and all unit tests pass."""
    suite.plain()
    result = suite.run(all_on(mutant))
    promise = f"{mutant[:2]} (“{suite.promises[mutant[:2]]}”)"
    if result.state == "hung":
        raise AssertionError(f"With an API that breaks {promise} your suite hung. That is not a red test.")
    if result.state != "finished" or result.problems:
        raise AssertionError(
            f"With an API that breaks {promise} your suite did not come to its end: only a test that fails tells what is wrong."
        )
    units = within(result, UNIT, "failed", "error")
    if units:
        raise AssertionError(f"With an API that breaks {promise}, and right fees, {named(units)} failed.")
    if not within(result, API, "failed"):
        raise AssertionError(f"An API that breaks {promise} passed all your tests in `tests/api`.")
    if not within(result, UNIT, "passed"):
        raise AssertionError(f"With an API that breaks {promise}, no unit test was run that passed.")
