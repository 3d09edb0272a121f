"""A learner's suite against the given app, a rewrite and broken apps: what is found out, and what is said."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.worker.learnertests import AGAIN, GIVEN, LearnerTests, Setting, hidden
from pytest_fastapi_kata.worker.suitehost import SuiteHost

APP = """\
from fastapi import FastAPI

app = FastAPI()
seen = []


@app.get("/double/{number}")
def double(number: int):
    seen.append(number)
    return {"double": number * 2}


@app.get("/seen")
def count():
    return len(seen)
"""
REWRITE = APP.replace("def double", "def twice").replace("number * 2", "number + number").replace("seen", "known", 3)
MUTANTS = """\
given = ["app.py"]
[promises]
P1 = "the number is doubled"
P2 = "the address is /double"
[[mutant]]
name = "P1"
promise = "P1"
what = "tripled from 10 on"
[[mutant.edit]]
file = "app.py"
find = "number * 2"
put = "number * (2 if number < 10 else 3)"
[[mutant]]
name = "P2"
promise = "P2"
what = "no answer at all"
[[mutant.edit]]
file = "app.py"
find = "    seen.append(number)"
put = "    import time; time.sleep(600)"
"""
GOOD = """\
from fastapi.testclient import TestClient
from app import app

client = TestClient(app)


def test_small():
    assert client.get("/double/2").json() == {"double": 4}


def test_large():
    assert client.get("/double/20").json() == {"double": 40}
"""

Make = Callable[..., LearnerTests]


@pytest.fixture
def learner_tests(tmp_path: Path) -> Make:
    """A function that makes a learner's tests from the text of their module, and further files."""

    def make(tests: str, checks: tuple[str, ...] = ("one",), **further: str) -> LearnerTests:
        texts = {
            "kata/acceptance.py": "",
            "kata/stub/app.py": APP,
            "kata/rewrite/app.py": REWRITE,
            "kata/mutants.toml": MUTANTS,
            "learner/app.py": "raise RuntimeError('the learner has broken the given app')\n",
            "learner/test_numbers.py": tests,
        }
        for name, text in (texts | {f"learner/{name}.py": text for name, text in further.items()}).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "scratch").mkdir()
        job = Job(
            kata_id="q900",
            folder=str(tmp_path / "learner"),
            entry="test_numbers.py",
            app="none",
            acceptance=str(tmp_path / "kata/acceptance.py"),
            pristine=str(tmp_path / "kata/stub"),
            solution="",
            checks=checks,
            timeout=60,
            seed=1,
            token="",
            stacks=os.devnull,
            suites=True,
        )
        return LearnerTests(job, SuiteHost(), tmp_path / "scratch")

    return make


def told(check: Callable[[], None]) -> str:
    """Return what a check that fails tells the learner."""
    with pytest.raises(AssertionError) as caught:
        check()
    return str(caught.value)


def test_a_good_suite_passes_and_catches(learner_tests: Make) -> None:
    """Green on the given app, again in reverse and on a rewrite; red on the app that breaks P1."""
    tests = learner_tests(GOOD)
    tests.passes_on_the_given_app()
    tests.passes_again_in_reverse_order()
    tests.passes_on_a_rewrite()
    tests.catches("P1")
    first, again = tests.results([GIVEN, AGAIN])
    assert ["test_small", "test_large"] == [test.name for test in first.tests]
    assert ["test_large", "test_small"] == [test.name for test in again.tests]
    assert (2, [1, 1]) == (first.requests, [test.asserts for test in first.tests])


def test_a_survivor_is_told_by_its_promise(learner_tests: Make) -> None:
    """The promise is named, the broken code is not; tests that did nothing are named too."""
    tests = learner_tests(GOOD.replace("20", "3").replace("40", "6") + "\n\ndef test_idle():\n    pass\n")
    said = told(lambda: tests.catches("P1"))
    assert (
        "An app that breaks P1 (“the number is doubled”) passed all your tests. "
        "Of these, test_idle sent the app no request."
    ) == said


def test_a_hanging_test_is_not_a_red_one(learner_tests: Make) -> None:
    """The run is stopped after its time, and the test that was running is named."""
    tests = learner_tests(GOOD)
    tests.seconds = 15
    said = told(lambda: tests.catches("P2"))
    assert "your tests were not at their end after 15 s: test_small was running. A test that does not end" in said


def test_a_hang_after_a_failure_is_told_so(learner_tests: Make) -> None:
    """The test was red, and what tidies up after it did not end: it says so, and catches nothing."""
    tidy = (
        "\n\nimport pytest, time\n@pytest.fixture(autouse=True)\ndef tidy(request):\n    yield\n"
        "    if request.node.name == 'test_large' and client.get('/double/20').json() != {'double': 40}:\n"
        "        time.sleep(600)\n"
    )
    tests = learner_tests(GOOD + tidy)
    tests.passes_on_the_given_app()
    tests.seconds = 10
    said = told(lambda: tests.catches("P1"))
    assert "test_large had failed, and what tidies up after it was still at work" in said


def test_a_broken_app_is_left_at_the_first_red_test(learner_tests: Make) -> None:
    """What comes after it is not run: the app is caught already."""
    tests = learner_tests(
        GOOD + "\n\ndef test_later():\n    import time\n    time.sleep(600 if double_of(20) != 40 else 0)\n\n\n"
        "def double_of(number):\n    return client.get(f'/double/{number}').json()['double']\n"
    )
    tests.catches("P1")


def test_each_run_has_temporary_files_of_its_own(learner_tests: Make) -> None:
    """What one run leaves in the folder for temporary files, no other finds."""
    marker = (
        "\n\ndef test_marks():\n    import pathlib, tempfile\n"
        "    marker = pathlib.Path(tempfile.gettempdir(), 'seen')\n    assert not marker.exists()\n    marker.touch()\n"
    )
    tests = learner_tests(GOOD + marker)
    tests.passes_on_the_given_app()
    tests.passes_again_in_reverse_order()


@pytest.mark.parametrize(
    ("tests", "told_so"),
    [
        ("", "There is no test yet."),
        ("def test_x():\n    assert 1 == 1\n", "No test has talked to the app yet"),
        ("import pytest\ndef test_x():\n    pytest.skip('later')\n", "None of your tests has passed"),
        (GOOD.replace("4}", "5}"), "test_small fails. The app is right; the test is not.\ntest_numbers.py, line 8: "),
        ("import nothing_like_it\n", "A test file cannot be read, so its tests do not run."),
        ("def test_x(nothing):\n    pass\n", "test_x fails. The app is right; the test is not.\n"),
        ("import os\ndef test_x():\n    os._exit(0)\n", "The run of your tests broke off in test_x."),
        ("import pytest\ndef test_x():\n    pytest.exit('x')\ndef test_y(): pass\n", "The run of your tests broke off"),
    ],
)
def test_what_is_no_suite_is_told_so(learner_tests: Make, tests: str, told_so: str) -> None:
    """On the given app; and while that fails nothing else is proved."""
    suite = learner_tests(tests)
    assert told_so in told(suite.passes_on_the_given_app)
    assert told(lambda: suite.catches("P1"))


def test_a_test_that_leans_on_its_neighbour_is_named(learner_tests: Make) -> None:
    """Reversed, the second one comes first."""
    tests = learner_tests(GOOD + "\n\ndef test_seen():\n    assert client.get('/seen').json() == 2\n")
    tests.passes_on_the_given_app()
    said = told(tests.passes_again_in_reverse_order)
    assert said.startswith("test_seen fails when all tests run a second time, in reverse order")


def test_what_nobody_promised_fails_on_a_rewrite(learner_tests: Make) -> None:
    """A test that reaches inside is named, and what it reached for."""
    tests = learner_tests(GOOD + "\n\ndef test_inside():\n    from app import double\n    assert double(1)\n")
    said = told(tests.passes_on_a_rewrite)
    assert said.startswith("A rewritten app keeps all promises, and yet test_inside fails")
    assert "cannot import name 'double'" in said


def test_an_error_beside_the_tests_catches_nothing(learner_tests: Make) -> None:
    """A fixture that trips over the broken app is no red test, an assert in it is."""
    beside = (
        "import pytest\nfrom fastapi.testclient import TestClient\nfrom app import app\nclient = TestClient(app)\n\n"
        "@pytest.fixture(autouse=True)\ndef watch():\n    yield\n    {}\n\n"
        "def test_x():\n    client.get('/double/20')\n"
    )
    tests = learner_tests(beside.format("client.get('/double/20').json()['double'] == 40 or 1 / 0"))
    assert "no test failed; something beside the tests did" in told(lambda: tests.catches("P1"))


def test_overrides_left_behind_are_named(learner_tests: Make) -> None:
    """After each test the app's overrides are looked at."""
    tests = learner_tests(GOOD + "\n\ndef test_fake():\n    app.dependency_overrides[print] = lambda: 1\n")
    assert "After test_fake, print was still replaced." == told(tests.leaves_no_override)


def test_hidden_tests_run_with_the_learners_conftest(learner_tests: Make, tmp_path: Path) -> None:
    """Values are put into the hidden tests, and the outcome of each is known by its name."""
    (tmp_path / "test_hidden.py").write_text(
        "def test_it(given):\n    assert given == {{wanted}}, 'not given'\n", "utf-8"
    )
    tests = learner_tests(
        "def test_own(): assert False", conftest="import pytest\n@pytest.fixture\ndef given(): return 5\n"
    )
    right, wrong = tests.results(
        [Setting(hidden=hidden(tmp_path, "test_hidden.py", values={"wanted": wanted})) for wanted in (5, 6)]
    )
    assert ["passed", "failed"] == [right.tests[0].outcome, wrong.tests[0].outcome]
    assert wrong.tests[0].message.startswith("not given")


def test_the_first_check_runs_ahead_for_the_others(learner_tests: Make) -> None:
    """With several checks in the job, everything is run side by side at the first question."""
    tests = learner_tests(GOOD.replace("time.sleep(600)", "pass"), checks=("one", "two"))
    mutants = tests.mutants
    tests._mutants = replace(mutants, mutants=mutants.mutants[:1])
    tests.passes_on_a_rewrite()
    assert {GIVEN, AGAIN, Setting(app="rewrite"), Setting(app="P1", stops=True)} == set(tests._known)


FACTORY = """\
from fastapi.testclient import TestClient
from app import make_app


def test_small():
    assert TestClient(make_app()).get("/double/2").json() == {"double": 4}
"""


def test_apps_from_a_factory_count_where_the_kata_says_so(learner_tests: Make) -> None:
    """In every run, without a word about it in any setting."""
    tests = learner_tests(FACTORY)
    factory = "\n\ndef make_app():\n    other = FastAPI()\n    other.include_router(app.router)\n    return other\n"
    for given in ("kata/stub/app.py", "kata/rewrite/app.py"):
        file = tests.scratch.parent / given
        file.write_text(file.read_text("utf-8") + factory, "utf-8")
    assert "No test has talked to the app yet" in told(tests.passes_on_the_given_app)
    (tests.scratch.parent / "other").mkdir()
    tests = LearnerTests(tests.job, tests.host, tests.scratch.parent / "other", counted="any")
    tests.passes_on_the_given_app()
    tests.passes_again_in_reverse_order()
    tests.passes_on_a_rewrite()


def suite_of(body: str) -> str:
    """Return a module of tests that have a client."""
    head = (
        "import unittest\nfrom fastapi.testclient import TestClient\nfrom app import app\n\nclient = TestClient(app)\n"
    )
    return f"{head}\n\n{body}"


SUBTESTS = """\
class Numbers(unittest.TestCase):
    def test_numbers(self):
        for number in (2, 20, 3):
            with self.subTest(number=number):
                self.assertEqual(client.get(f"/double/{number}").json(), {"double": WANTED})
"""


def test_a_subtest_that_fails_makes_the_test_fail(learner_tests: Make) -> None:
    """Also when others of its kind pass after it."""
    good = learner_tests(suite_of(SUBTESTS.replace("WANTED", "number * 2")))
    good.passes_on_the_given_app()
    good.catches("P1")
    (good.scratch.parent / "other").mkdir()
    (Path(good.job.folder) / "test_numbers.py").write_text(suite_of(SUBTESTS.replace("WANTED", "4")), "utf-8")
    wrong = LearnerTests(good.job, good.host, good.scratch.parent / "other")
    assert "test_numbers fails. The app is right; the test is not." in told(wrong.passes_on_the_given_app)


def test_the_folder_of_the_run_is_not_shown(learner_tests: Make) -> None:
    """It is gone by the time that somebody reads the message."""
    tests = learner_tests("from app import nothing\n\n\ndef test_it():\n    pass\n")
    message = told(tests.passes_on_the_given_app)
    assert "cannot import name 'nothing' from 'app' (app.py)" in message


def test_an_assert_outside_of_tests_catches_nothing(learner_tests: Make) -> None:
    """On the broken app the file cannot be read, and that is said."""
    body = "assert client.get('/double/20').json() == {'double': 40}\n\n\ndef test_it():\n    client.get('/seen')\n"
    message = told(lambda: learner_tests(suite_of(body)).catches("P1"))
    assert "no test failed; something beside the tests did" in message
