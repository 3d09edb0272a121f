"""The source of the checks shows through no channel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import WorkspaceFolder

HEAD = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FAILING = HEAD + "\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n    return {'hello': 1}\n"
RAISING = HEAD + "\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n    raise ValueError(name)\n"
NO_JSON = HEAD.replace("app = ", "from fastapi.responses import PlainTextResponse\napp = ") + (
    "\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n    return PlainTextResponse('text')\n"
)
WARNING = "import warnings\nwarnings.warn('mine', DeprecationWarning)\n" + FAILING
BROKEN = "def broken(:\n"
HANGING = HEAD + "\nwhile True:\n    pass\n"
SOURCES = {
    "failing": FAILING,
    "raising": RAISING,
    "no json": NO_JSON,
    "warning": WARNING,
    "broken": BROKEN,
    "no app": "x = 1\n",
    "hanging": HANGING,
}


def hidden_lines(workspace: WorkspaceFolder) -> set[str]:
    """Return the statements of the checks; docstrings and messages are meant for the learner."""
    lines = workspace.kata("q901").acceptance.read_text().splitlines()
    code = {line.strip() for line in lines if line.strip().startswith(("assert ", "response =", "hidden_", "def test"))}
    return code | {"hidden_word_of_the_check", "acceptance.py", "worker/run.py"}


def assert_hidden(text: str, workspace: WorkspaceFolder) -> None:
    shown = [line for line in hidden_lines(workspace) if line in text]
    assert [] == shown
    assert "site-packages" not in text
    assert "pytest_fastapi_kata/" not in text.replace("pytest_fastapi_kata/_content", "")


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_in_whatever_way_a_kata_fails(workspace: WorkspaceFolder, source: str) -> None:
    """The default output, whether the app fails, raises, warns, hangs or cannot be imported."""
    workspace.change_kata("q901", "timeout = 60", "timeout = 4")
    workspace.add("q901", source)
    result = workspace.run("--kata-progress", "--kata-verbose")
    assert 1 == result.ret
    assert_hidden(result.stdout.str() + result.stderr.str(), workspace)


@pytest.mark.parametrize(
    "options",
    [
        ["--tb=long"],
        ["--tb=short"],
        ["--tb=native"],
        ["--tb=line"],
        ["--tb=auto"],
        ["--full-trace"],
        ["-l", "--tb=long"],
        ["-vvv", "-rA"],
        ["-W", "always"],
        ["-o", "log_cli=true", "--log-cli-level=DEBUG"],
        ["--setup-show"],
        ["--durations=0", "-vv"],
        ["--assert=plain"],
        ["-n", "2", "--tb=long"],
        ["--kata-isolation=spawn", "--tb=long"],
        ["--kata-isolation=none", "--tb=long", "-l"],
        ["-s", "--full-trace"],
    ],
    ids=" ".join,
)
def test_in_every_mode_of_output(workspace: WorkspaceFolder, options: list[str]) -> None:
    """Tracebacks, locals, summaries, logs and distributed runs hide them alike."""
    if "-n" in options:
        pytest.importorskip("xdist")
    workspace.add("q901", RAISING)
    result = workspace.run("--kata-progress", *options)
    assert 1 == result.ret
    assert_hidden(result.stdout.str() + result.stderr.str(), workspace)


@pytest.mark.parametrize("source", [FAILING, RAISING, BROKEN], ids=["failing", "raising", "broken"])
def test_in_files(workspace: WorkspaceFolder, source: str) -> None:
    """JUnit XML, the JSON report, the cache and the record."""
    workspace.add("q901", source)
    workspace.run_json("--junitxml=junit.xml")
    files = ["junit.xml", "report.json", ".kata/cache/results.json", ".kata/progress.json"]
    for name in files:
        assert_hidden(Path(workspace.root, name).read_text(), workspace)


def test_in_the_debugger(workspace: WorkspaceFolder) -> None:
    """--pdb enters after a failure; its listing shows nothing of the check."""
    pexpect = pytest.importorskip("pexpect")
    workspace.add("q901", RAISING)
    command = f"--pdb -p no:randomly {workspace.entry('q901')}::test_a_guest_is_greeted"
    child = workspace.pytester.spawn_pytest(command, expect_timeout=60)
    child.expect(r"\(Pdb\)")
    before = child.before
    child.sendline("ll")
    child.expect(r"\(Pdb\)")
    child.sendline("q")
    child.expect(pexpect.EOF)
    text = (before + child.before).decode()
    assert not [line for line in hidden_lines(workspace) - {"acceptance.py", "worker/run.py"} if line in text]


def test_a_broken_explanation_is_no_channel(workspace: WorkspaceFolder) -> None:
    """An object whose repr raises is named, and nothing else is shown."""
    evil = "class Evil(dict):\n    def __repr__(self):\n        raise RuntimeError('evil')\n\n    __eq__ = __repr__\n"
    route = "\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n    raise RuntimeError(Evil())\n"
    workspace.add("q901", HEAD + evil + route)
    report = workspace.run_json("--kata-progress")
    assert_hidden(json.dumps(report) + workspace.result.stdout.str(), workspace)
    assert "failing" == report["katas"][0]["status"]
