"""The JSON report, as programs read it."""

from __future__ import annotations

from tests.conftest import WorkspaceFolder

WRONG = "from fastapi import FastAPI\n\napp = FastAPI(title='wrong')\n"


def test_the_report_has_every_kata_with_its_checks(workspace: WorkspaceFolder) -> None:
    """Facts of the run, status and checks of each kata, totals by topic and level."""
    workspace.add("q901", "solution")
    workspace.add("q902")
    report = workspace.run_json("--kata-progress", "--kata-seed=99")
    assert (1, "0.1.0", 99) == (report["format_version"], report["kit"], report["seed"])
    assert {"fastapi", "python"} <= report.keys()
    first, second = report["katas"]
    assert ("q901", "q901_greeting", "90_tiny", "basic", "solved", False) == tuple(
        first[key] for key in ("id", "slug", "topic", "level", "status", "cached")
    )
    assert ["passed"] * 3 == [check["outcome"] for check in first["checks"]]
    assert "A guest is greeted by name" == first["checks"][0]["title"]
    assert ("not_started", []) == (second["status"], second["checks"])
    assert {"solved": 1, "katas": 2} == report["totals"]["all"]
    assert {"basic": {"solved": 1, "katas": 1}, "advanced": {"solved": 0, "katas": 1}} == report["totals"]["levels"]
    assert {"solved": 1, "katas": 1} == report["totals"]["topics"]["90_tiny"]["levels"]["basic"]


def test_an_explanation_is_data(workspace: WorkspaceFolder) -> None:
    """Requirement, exchange, operands, and the seed are fields."""
    workspace.add("q902", WRONG)
    explanation = workspace.run_json("--kata-progress")["katas"][0]["checks"][0]["explanation"]
    assert "`POST /count` answers the number after the one that was sent." == explanation["requirement"]
    assert ("assertion", "200", "404") == (explanation["kind"], explanation["expected"], explanation["got"])
    exchange = explanation["exchanges"][0]
    assert ("POST", "/count", 404) == (exchange["method"], exchange["target"], exchange["status"])
    assert exchange["request_body"].startswith('{"number": ')
    assert exchange["curl"].startswith(
        "curl -i -X POST http://127.0.0.1:8000/count -H 'content-type: application/json'"
    )


def test_a_cached_result_is_said_to_be_cached(workspace: WorkspaceFolder) -> None:
    """The second run reports the same checks from the cache."""
    workspace.add("q901", "solution")
    first = workspace.run_json("--kata-progress")["katas"][0]
    second = workspace.run_json("--kata-progress")["katas"][0]
    assert (False, True) == (first["cached"], second["cached"])
    assert [c["name"] for c in first["checks"]] == [c["name"] for c in second["checks"]]


def test_checks_that_did_not_run_are_missing(workspace: WorkspaceFolder) -> None:
    """A selection that passes does not solve the kata."""
    workspace.add("q901", "solution")
    kata = workspace.run_json("-k", "guest")["katas"][0]
    assert "failing" == kata["status"]
    assert ["passed", "missing", "missing"] == [check["outcome"] for check in kata["checks"]]


def test_a_missing_distribution_makes_a_kata_unavailable(workspace: WorkspaceFolder) -> None:
    """It is skipped with the command that installs it, the others go on, and the exit code is 0."""
    workspace.change_kata("q902", "timeout = 60", 'needs = ["no-such-distribution[x]>=2"]')
    workspace.add("q901", "solution")
    workspace.add("q902", "solution")
    report = workspace.run_json("--kata-progress")
    assert {"q901": "solved", "q902": "unavailable"} == {kata["id"]: kata["status"] for kata in report["katas"]}
    assert 'pip install "no-such-distribution[x]>=2"' in report["katas"][1]["note"]
    workspace.result.stdout.fnmatch_lines(["*pip install*no-such-distribution*"])
    assert workspace.result.ret == 0


def test_a_path_that_cannot_be_written_is_said(workspace: WorkspaceFolder) -> None:
    """The verdicts stand, and the note names the path."""
    workspace.add("q901", "solution")
    workspace.write("taken", "")
    result = workspace.run("--kata-json=taken/report.json", "--kata-progress")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*note: The JSON report could not be written to*"])
