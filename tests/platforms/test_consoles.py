"""Consoles of all kinds show everything: those that cannot encode much, know no escapes, are narrow or wide."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.conftest import WorkspaceFolder

HALF = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/greetings/{name}')\n"
    "def greet(name: str):\n    print('“ü”')\n    return {'hello': name}\n"
)
WRONG = "from fastapi import FastAPI\n\napp = FastAPI(title='wrong')\n"
SHOWN = {
    "utf-8": ("“How do you greet?”", "✗ The answer is an object", "“ü”"),
    "cp1252": ("“How do you greet?”", "x The answer is an object", "“ü”"),
    "latin-1": ('"How do you greet?"', "x The answer is an object", '"\\xfc"'),
    "ascii": ('"How do you greet?"', "x The answer is an object", '"\\xfc"'),
}
# What is there to be copied, and what was sent and came back, is never broken; pytest's own lines are pytest's.
WHOLE = re.compile(
    r"(?:fastapi-kata|pytest) |katas/|as curl|seed \d|^ {14}|^  (?:sent|came back|got|expected|before|you printed) "
)


@pytest.fixture
def two(workspace: WorkspaceFolder) -> WorkspaceFolder:
    """q901 half done (2 of 3 checks pass), q902 wrong (none of 2)."""
    workspace.add("q901", HALF)
    workspace.add("q902", WRONG)
    return workspace


@pytest.mark.parametrize("encoding", SHOWN)
def test_a_console_is_given_what_it_can_encode(two: WorkspaceFolder, monkeypatch, encoding: str) -> None:
    """The verdicts are the same, no error of encoding shows, and no word is missing."""
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    monkeypatch.setenv("PYTHONUTF8", "0")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "--kata-progress", "--kata-seed=5", "-rA"]
    run = subprocess.run(command, cwd=two.root, capture_output=True, check=False)
    assert 1 == run.returncode
    shown = run.stdout.decode(encoding)
    assert "" == run.stderr.decode(encoding)
    assert "Error" not in shown
    assert "2 passed" in shown
    assert "3 failed" in shown
    for text in ("q901", "Somebody greeted nobody.", "Counting adds one", "2 of 3 checks pass", "Next: q901"):
        assert text in shown
    for text in SHOWN[encoding]:
        assert text in shown


@pytest.mark.parametrize("width", [20, 40, 200])
def test_narrow_and_wide_consoles_say_the_same(two: WorkspaceFolder, monkeypatch, width: int) -> None:
    """The kit's own words keep to the width, and all of them are there."""
    monkeypatch.setenv("COLUMNS", str(width))
    result = two.run("--kata-progress", "--kata-seed=5")
    result.assert_outcomes(passed=2, failed=3)
    own = "\n".join(_own_lines(result.outlines))
    assert [] == [line for line in own.splitlines() if len(line) > width and not WHOLE.search(line)]
    joined = " ".join(own.split())
    for text in (
        "Somebody greeted nobody.",
        "`GET /greetings/nobody` answers 404, and others are greeted.",
        "✗ The answer is an object",
        "2 of 3 checks pass · a hint: fastapi-kata hint q901 · seed 5",
        "0 of 2 checks pass · a hint: fastapi-kata hint q902 · seed 5",
        "✗ q901 · A greeting 2 of 3 checks pass",
        "Next: q901 · A greeting",
        "“How do you greet?”",
        "katas/90_tiny/q901_greeting/README.md",
        "pytest --kata-progress",
    ):
        assert text in joined


def _own_lines(lines: list[str]) -> list[str]:
    """Return the kit's lines: what stands below a title of a failed kata, or of the progress, up to pytest's next."""
    own, ours = [], False
    for line in lines:
        if re.match(r"[=_!]{3,}|[=_] ?\S", line):
            ours = bool(re.search(r"q90\d|progress", line))
        elif ours:
            own.append(line)
    return own


@pytest.mark.parametrize("terminal", ["dumb", "xterm-256color"])
def test_no_escape_reaches_a_console_that_is_none(two: WorkspaceFolder, monkeypatch, terminal: str) -> None:
    """Whatever TERM says, output that goes to a file or a pipe is plain."""
    monkeypatch.setenv("TERM", terminal)
    result = two.run("--kata-progress")
    result.assert_outcomes(passed=2, failed=3)
    assert "\x1b" not in result.stdout.str()


def test_a_dumb_terminal_gets_plain_text(two: WorkspaceFolder, monkeypatch) -> None:
    """A real terminal that says that it is dumb shows no colours."""
    pexpect = pytest.importorskip("pexpect")
    monkeypatch.setenv("TERM", "dumb")
    child = two.pytester.spawn_pytest("-p no:randomly --kata-progress", expect_timeout=120)
    child.expect(pexpect.EOF)
    text = child.before.decode()
    assert "3 failed, 2 passed" in text
    assert "✗ q901 · A greeting" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("command", ["list", "next", "show q901", "hint q901", "answer q901"])
def test_the_commands_suit_any_console(workspace: WorkspaceFolder, monkeypatch, command: str) -> None:
    """Each does its work on a narrow console that can encode little."""
    workspace.add("q901", HALF)
    for name, value in {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "COLUMNS": "20"}.items():
        monkeypatch.setenv(name, value)
    start = [sys.executable, "-c", "from pytest_fastapi_kata.cli import main; main()"]
    run = subprocess.run([*start, *command.split()], cwd=workspace.root, input=b"y\n", capture_output=True, check=False)
    assert (0, b"") == (run.returncode, run.stderr)
    assert len(run.stdout.decode("ascii")) > 20
