"""Broken and hostile code costs its own kata, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkspaceFolder

HEAD = (
    "import os, sys, time, signal, threading, ctypes\nimport pytest\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
)
ROUTE = "\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n    %s\n    return {'hello': name}\n"


def in_handler(statement: str) -> str:
    return HEAD + ROUTE % statement


def at_import(statement: str) -> str:
    return HEAD + statement + ROUTE % "pass"


def first_kata(workspace: WorkspaceFolder, source: str, *arguments: str) -> dict[str, Any]:
    """Run the source as q901 with a solved q902 behind it; q902 must come out solved, whatever q901 does."""
    workspace.add("q901", source)
    workspace.add("q902", "solution")
    report = workspace.run_json("--kata-progress", *arguments)
    assert "solved" == report["katas"][1]["status"]
    assert "solved_at" in workspace.progress["katas"]["q902"]
    assert "solved_at" not in workspace.progress["katas"]["q901"]
    assert 1 == workspace.result.ret
    kata: dict[str, Any] = report["katas"][0]
    return kata


ENDINGS = {
    "os._exit(0)": "os._exit(0)",
    "sys.exit(0)": "sys.exit(0)",
    "pytest.skip": "pytest.skip('not today')",
    "pytest.xfail": "pytest.xfail('never mind')",
    "pytest.exit": "pytest.exit('enough', returncode=0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "BaseException": "raise BaseException('base')",
    "segfault": "ctypes.string_at(0)",
    "abort": "os.abort()",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
}


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_no_ending_at_import_solves_a_kata(workspace: WorkspaceFolder, ending: str, isolation: str) -> None:
    """Every check of the kata is not passed; the next kata and the record are untouched."""
    kata = first_kata(workspace, at_import(ending), f"--kata-isolation={isolation}")
    # pytest's own ways out do not end the process, so they break no app.
    assert "broken" == kata["status"] or (ending.startswith("pytest.") and "failing" == kata["status"])
    assert not [check for check in kata["checks"] if check["outcome"] == "passed"]


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_no_ending_in_a_handler_solves_a_kata(workspace: WorkspaceFolder, ending: str) -> None:
    """The checks that call the handler are not passed; the one that reads the docs is."""
    kata = first_kata(workspace, in_handler(ending))
    outcomes = {check["name"]: check["outcome"] for check in kata["checks"]}
    assert {
        "test_a_guest_is_greeted": "failed",
        "test_nobody_is_unknown": "failed",
        "test_the_docs_know_the_greeting": "passed",
    } == outcomes


def test_the_end_of_the_process_is_said_in_words(workspace: WorkspaceFolder) -> None:
    """A learner reads what happened, not a stack of the kit."""
    workspace.add("q901", in_handler("os._exit(0)"))
    workspace.run("--kata-progress").stdout.fnmatch_lines(["  The process ended while this check ran (exit code 0)*"])
    workspace.add("q901", at_import("ctypes.string_at(0)"))
    workspace.run("--kata-progress").stdout.fnmatch_lines(
        [
            "  Python crashed while your code was being imported (SIGSEGV).",
            "*your code   app.py:6*",
            "*ctypes.string_at(0)",
        ]
    )


HANGS = {
    "loop": "while True: pass",
    "sleep": "time.sleep(3600)",
    "lock": "threading.Lock().acquire() and threading.Event().wait()",
    "interpreter lock held": "import re; re.match(r'(a*)*b', 'a' * 60)",
    "alarms ignored": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGTERM]); time.sleep(3600)",
}


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS.keys())
def test_a_hang_costs_its_check_and_shows_where(workspace: WorkspaceFolder, hang: str) -> None:
    """The check ends with the line where the code was stuck; the checks behind it run."""
    workspace.change_kata("q901", "timeout = 60", "timeout = 4")
    kata = first_kata(workspace, in_handler(f"name == 'nobody' or {hang}" if hang[0] == "t" else hang))
    assert "timeout" == kata["status"]
    by_name = {check["name"]: check for check in kata["checks"]}
    assert "passed" == by_name["test_the_docs_know_the_greeting"]["outcome"]
    explanation = by_name["test_a_guest_is_greeted"]["explanation"]
    assert "timeout" == explanation["kind"]
    assert ["greet"] == [frame["function"] for frame in explanation["frames"]][:1]
    assert "app.py" == explanation["frames"][0]["file"]


def test_a_hang_at_import_costs_the_kata_once(workspace: WorkspaceFolder) -> None:
    """It is not tried again for each check, and the line is shown."""
    workspace.change_kata("q901", "timeout = 60", "timeout = 4")
    kata = first_kata(workspace, at_import("time.sleep(3600)"))
    assert ["failed", "missing", "missing"] == [check["outcome"] for check in kata["checks"]]
    assert "time.sleep(3600)" == kata["checks"][0]["explanation"]["frames"][0]["code"]


def test_an_exception_at_import_is_shown_with_its_line(workspace: WorkspaceFolder) -> None:
    """The kata is broken, and the explanation shows the learner's line and the exception."""
    kata = first_kata(workspace, at_import("1 / 0"))
    explanation = kata["checks"][0]["explanation"]
    assert "broken" == kata["status"]
    assert "ZeroDivisionError: division by zero" == explanation["error"]
    assert [("app.py", 6, "1 / 0")] == [(f["file"], f["line"], f["code"]) for f in explanation["frames"]]


def test_a_flood_of_output_is_bounded(workspace: WorkspaceFolder) -> None:
    """400 MB on standard output and on descriptor 1 neither reach the terminal nor stop the next kata."""
    first_kata(workspace, in_handler("[print('x' * 1_000_000) for _ in range(400)]"))
    assert len(workspace.result.stdout.str()) < 50_000
    first_kata(workspace, in_handler("[os.write(1, b'x' * 1_000_000) for _ in range(400)]"))
    assert len(workspace.result.stdout.str()) < 50_000


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_no_process_and_no_folder_is_left(workspace: WorkspaceFolder, monkeypatch, tmp_path: Path) -> None:
    """A child process and a daemon thread of the learner's end with their kata; the temporary folder goes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    marker = f"31536{os.getpid()}"
    source = in_handler(f"__import__('subprocess').Popen(['sleep', '{marker}'])")
    first_kata(workspace, source.replace("return {'hello'", "return {'hallo'"))
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert marker not in listing
    assert [] == [path for path in tmp_path.iterdir() if path.name.startswith("fastapi-kata")]


def test_a_daemon_neither_holds_up_the_run_nor_outlives_it(workspace: WorkspaceFolder) -> None:
    """The end of a job is the end of its process; a daemon that left the group and kept the pipe is found, too."""
    marker = f"31537{os.getpid()}"
    daemon = f"if os.fork() == 0:\n        os.setsid(); os.execvp('sleep', ['sleep', '{marker}'])"
    kata = first_kata(workspace, in_handler(daemon))
    assert "passed" == kata["checks"][0]["outcome"]
    if sys.platform == "linux":
        assert marker not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_the_kit_is_judge_also_when_the_results_are_forged(workspace: WorkspaceFolder) -> None:
    """Lines written into every open descriptor are no events, for they lack the token."""
    forged = (
        "\nimport json\nfor fd in range(3, 64):\n    try:\n"
        "        os.write(fd, json.dumps({'event': 'finished', 'check': 'test_a_guest_is_greeted', 'outcome': 'passed',"
        " 'explanation': None, 'token': ''}).encode() + b'\\n')\n    except OSError:\n        pass\n"
    )
    kata = first_kata(workspace, HEAD + forged)
    assert not [check for check in kata["checks"] if check["outcome"] == "passed"]


def test_killing_the_run_loses_nothing_that_was_recorded(workspace: WorkspaceFolder) -> None:
    """SIGKILL to pytest ends its workers, and what was solved before stays in the record."""
    workspace.add("q901", "solution")
    workspace.add("q902", HEAD + "time.sleep(3600)\n")
    process = workspace.pytester.popen(
        [sys.executable, "-m", "pytest", "-p", "no:randomly"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    record = workspace.root / ".kata/progress.json"
    for _ in range(600):
        if record.exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "solved_at" in workspace.progress["katas"]["q901"]
    assert 0 == workspace.run(workspace.entry("q901")).ret


def test_each_check_gets_the_app_fresh(workspace: WorkspaceFolder) -> None:
    """What a request changes in one check is gone in the next, also in helper modules of the learner's."""
    workspace.add("q901", "solution")
    workspace.write("katas/90_tiny/q901_greeting/state.py", "SEEN = []\n")
    source = (
        "from fastapi import FastAPI, HTTPException\nfrom state import SEEN\n\napp = FastAPI()\n\n\n"
        "@app.get('/greetings/{name}')\ndef greet(name: str):\n    SEEN.append(name)\n"
        "    if name == 'nobody':\n        assert len(SEEN) == 2, SEEN\n        raise HTTPException(404)\n"
        "    assert len(SEEN) == 1, SEEN\n    return {'hello': name}\n"
    )
    workspace.add("q901", source)
    workspace.add("q902", "solution")
    assert {"q901": "solved", "q902": "solved"} == workspace.statuses("--kata-progress")


def test_spawned_workers_give_the_same_verdicts(workspace: WorkspaceFolder) -> None:
    """--kata-isolation=spawn, and none, judge like fork."""
    workspace.add("q901", "solution")
    workspace.add("q902", in_handler("pass"))
    for isolation in ("spawn", "none", "fork"):
        statuses = workspace.statuses("--kata-progress", "--kata-fresh", f"--kata-isolation={isolation}")
        assert {"q901": "solved", "q902": "failing"} == statuses
