"""pytest's own options mean for checks what they mean for any test."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.conftest import WorkspaceFolder, squeezed

WRONG = "from fastapi import FastAPI\n\napp = FastAPI(title='wrong')\n"
HALF = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/greetings/{name}')\n"
    "def greet(name: str):\n    return {'hello': name}\n"
)


@pytest.fixture
def two(workspace: WorkspaceFolder) -> WorkspaceFolder:
    """q901 half done (2 of 3 checks pass), q902 wrong (none of 2)."""
    workspace.add("q901", HALF)
    workspace.add("q902", WRONG)
    return workspace


def test_exitfirst_stops_at_the_first_failed_check(two: WorkspaceFolder) -> None:
    """-x runs nothing behind the first failure."""
    two.run("-x").assert_outcomes(passed=1, failed=1)


def test_last_failed_runs_what_failed(two: WorkspaceFolder) -> None:
    """--lf selects by node id."""
    two.run().assert_outcomes(passed=2, failed=3)
    two.run("--lf").assert_outcomes(failed=3)


def test_stepwise_goes_on_where_it_stopped(two: WorkspaceFolder) -> None:
    """--sw stops at a failure and starts there the next time."""
    two.run("--sw").assert_outcomes(passed=1, failed=1)
    two.run("--sw").assert_outcomes(failed=1, deselected=1)


@pytest.mark.parametrize(
    ("expression", "passed", "failed"),
    [("tiny and basic", 2, 1), ("advanced", 0, 2), ("kata(id='x') or tiny", 2, 3), ("not tiny", 0, 0)],
)
def test_markers_select_by_topic_and_level(two: WorkspaceFolder, expression: str, passed: int, failed: int) -> None:
    """-m knows topics, levels and kata."""
    two.run("-m", expression, "--strict-markers").assert_outcomes(
        passed=passed, failed=failed, deselected=5 - passed - failed
    )


def test_keyword_selects_by_name(two: WorkspaceFolder) -> None:
    """-k chooses checks; a kata of which only some ran is not solved, though they passed."""
    result = two.run("-k", "guest", "--kata-progress")
    result.assert_outcomes(passed=1, deselected=4)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*0/2*", "*q901 · A greeting  1 of 3 checks were run, and pass"])


def test_a_keyword_without_a_match_collects_nothing(two: WorkspaceFolder) -> None:
    """Pytest's exit code 5 stays what it is when the selection, not the plan, left nothing."""
    assert two.run("-k", "no_such_check").ret == 5


def test_a_node_id_selects_one_check(two: WorkspaceFolder) -> None:
    """path::check works as for any test."""
    result = two.run(f"{two.entry('q901')}::test_a_guest_is_greeted")
    result.assert_outcomes(passed=1)


def test_an_unknown_check_is_a_usage_error(two: WorkspaceFolder) -> None:
    """A node id that does not exist is refused by pytest."""
    result = two.run(f"{two.entry('q901')}::test_no_such")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_collect_only_lists_node_ids_and_runs_nothing(workspace: WorkspaceFolder) -> None:
    """--co -q lists all checks, those of untouched stubs included."""
    workspace.add("q901")
    result = workspace.run("--co", "-q")
    result.stdout.fnmatch_lines(
        [
            "katas/90_tiny/q901_greeting/app.py::test_a_guest_is_greeted",
            "katas/90_tiny/q901_greeting/app.py::test_nobody_is_unknown",
            "katas/90_tiny/q901_greeting/app.py::test_the_docs_know_the_greeting",
        ]
    )
    assert not (workspace.root / ".kata").exists()


@pytest.mark.parametrize("option", ["-q", "-v", "-rA", "-vv", "--tb=no", "--setup-show", "--durations=3"])
def test_options_of_output_are_fine(two: WorkspaceFolder, option: str) -> None:
    """The counts are right whatever is shown."""
    two.run(option).assert_outcomes(passed=2, failed=3)


def test_the_short_summary_names_check_and_reason(two: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """-ra lists each failed check with what was wrong."""
    monkeypatch.setenv("COLUMNS", "160")
    two.run("-ra").stdout.fnmatch_lines(
        [
            "FAILED katas/90_tiny/q901_greeting/app.py::test_nobody_is_unknown - Somebody greeted nobody.",
            "FAILED katas/90_tiny/q902_counter/app.py::test_counting_adds_one - expected 200, got 404",
            "FAILED katas/90_tiny/q902_counter/app.py::test_counting_is_json - There is no number under next.",
        ]
    )


def test_junit_xml_has_a_case_for_each_check(two: WorkspaceFolder) -> None:
    """--junitxml: names, counts, and the explanation as the failure's text."""
    two.run("--junitxml=junit.xml")
    suite = ET.parse(two.root / "junit.xml").getroot()[0]
    assert ("5", "3") == (suite.get("tests"), suite.get("failures"))
    failures = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    failure = failures["test_nobody_is_unknown"]
    assert failure is not None
    assert "Somebody greeted nobody." == failure.get("message")
    assert "GET /greetings/nobody" in (failure.text or "")


@pytest.mark.parametrize(
    "options",
    [
        ["-p", "no:cacheprovider"],
        ["--import-mode=importlib"],
        ["--strict-markers", "--strict-config"],
        ["-W", "error"],
        ["--color=yes"],
        ["-p", "no:terminal"],
    ],
    ids=" ".join,
)
def test_modes_of_running_change_no_verdict(two: WorkspaceFolder, options: list[str]) -> None:
    """The status of each kata does not depend on how pytest was asked to run."""
    assert {"q901": "failing", "q902": "failing"} == two.statuses(*options)
    passed = [check["outcome"] for check in two.run_json(*options)["katas"][0]["checks"]]
    assert ["passed", "failed", "passed"] == passed


def test_xdist_keeps_each_kata_on_one_worker(two: WorkspaceFolder) -> None:
    """-n 2: same verdicts, same record, the explanations as without."""
    pytest.importorskip("xdist")
    result = two.run("-n", "2", "-v", "--kata-progress", "--kata-seed=5")
    result.assert_outcomes(passed=2, failed=3)
    workers = {}
    for line in result.outlines:
        if line.startswith("[gw") and "::" in line:
            workers.setdefault(line.split()[-1].partition("::")[0], set()).add(line[:5])
    assert [1, 1] == [len(used) for used in workers.values()]
    result.stdout.fnmatch_lines(
        ["  Somebody greeted nobody.", "  came back   200 OK", "  ✗ q901 · A greeting  2 of 3*"]
    )
    assert {"q901", "q902"} == set(two.progress["katas"])


def test_xdist_in_a_fresh_workspace_exits_0(workspace: WorkspaceFolder) -> None:
    """Nothing to run is no failure with workers either."""
    pytest.importorskip("xdist")
    workspace.add("q901")
    result = workspace.run("-n", "2", "--kata-progress")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*Next: q901 · A greeting"])


def test_the_learners_own_tests_run_only_when_asked_for(two: WorkspaceFolder) -> None:
    """They run when their folder or file is named, never in a whole run, and never count."""
    two.write(
        "katas/90_tiny/q901_greeting/test_mine.py",
        "from app import greet\n\n\ndef test_mine():\n    assert greet('x') == {'hello': 'x'}\n",
    )
    two.run().assert_outcomes(passed=2, failed=3)
    two.run("katas/90_tiny/q901_greeting").assert_outcomes(passed=3, failed=1)
    two.run("katas/90_tiny/q901_greeting/test_mine.py").assert_outcomes(passed=1)
    report = two.run_json("katas/90_tiny/q901_greeting")
    assert 3 == len(report["katas"][0]["checks"])


def test_own_tests_in_subfolders_come_with_their_folder(two: WorkspaceFolder) -> None:
    """A learner may lay out a whole suite; it runs where its kata's folder, or its own, is named."""
    two.write("katas/90_tiny/q901_greeting/tests/test_mine.py", "def test_mine():\n    pass\n")
    two.run().assert_outcomes(passed=2, failed=3)
    two.run("katas/90_tiny/q901_greeting").assert_outcomes(passed=3, failed=1)
    two.run("katas/90_tiny/q901_greeting/tests").assert_outcomes(passed=1)
    two.run("katas/90_tiny/q901_greeting/app.py").assert_outcomes(passed=2, failed=1)


def test_a_katas_conftest_is_kept_out_of_other_runs(two: WorkspaceFolder) -> None:
    """It is a learner's file like app.py: broken, it breaks the learner's own tests in that folder and nothing else."""
    folder = "katas/90_tiny/q901_greeting"
    two.write(f"{folder}/conftest.py", "raise SystemExit('conftest was imported')\n")
    two.run().assert_outcomes(passed=2, failed=3)
    two.run(f"{folder}/app.py").assert_outcomes(passed=2, failed=1)
    two.run(f"{folder}/app.py::test_a_guest_is_greeted").assert_outcomes(passed=1)
    two.write(f"{folder}/conftest.py", "import pytest\n\n\n@pytest.fixture\ndef five():\n    return 5\n")
    two.write(f"{folder}/test_mine.py", "def test_mine(five):\n    assert five == 5\n")
    two.run(folder).assert_outcomes(passed=3, failed=1)


def test_outside_a_workspace_the_plugin_does_nothing(pytester: pytest.Pytester) -> None:
    """No header, no import of fastapi, httpx or typer; ordinary tests run as ever."""
    pytester.makepyfile(
        """
        import sys

        def test_ordinary():
            heavy = {"fastapi", "starlette", "httpx", "httpx2", "typer", "rich", "filelock"}
            assert not heavy & set(sys.modules)
            assert "pytest_fastapi_kata.plugin" in sys.modules
            assert "pytest_fastapi_kata.plugin.setup" not in sys.modules
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:anyio", "-p", "no:xdist", "--kata-progress")
    result.assert_outcomes(passed=1)
    assert "fastapi-kata 0" not in squeezed(result)


def test_capture_off_runs_a_single_kata_in_this_process(two: WorkspaceFolder) -> None:
    """-s shows what the learner prints, while it runs."""
    two.add("q901", HALF.replace("    return", "    print('LIVE', name)\n    return"))
    result = two.run("-s", two.entry("q901"))
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*LIVE nobody*"])


def test_a_breakpoint_works_with_pdb(two: WorkspaceFolder) -> None:
    """--pdb with one kata: the debugger stops in the learner's file."""
    pexpect = pytest.importorskip("pexpect")
    two.add("q901", HALF.replace("    return", "    breakpoint()\n    return"))
    child = two.pytester.spawn_pytest(
        f"-s -p no:randomly {two.entry('q901')}::test_a_guest_is_greeted", expect_timeout=60
    )
    child.expect(r"app\.py\(8\)|app\.py\(9\)")
    child.sendline("p 'name is ' + name")
    child.expect("name is [a-z]{6}")
    child.sendline("c")
    child.expect("1 passed")
    child.expect(pexpect.EOF)
