"""``fastapi-kata watch`` on a real terminal, and without one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.scaffold import lay_out
from tests.conftest import WorkspaceFolder

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="There are no such terminals.")

TIMEOUT = 200
WATCH = [sys.executable, "-c", "from pytest_fastapi_kata.cli import main; main()", "watch"]
BROKEN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"bye": name}
"""

Watch = Callable[..., Any]


@pytest.fixture
def katas(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> WorkspaceFolder:
    """A workspace with the tiny katas, on a terminal like any other."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("COLUMNS", "LINES", "NO_COLOR", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    lay_out([workspace.kata("q901"), workspace.kata("q902")], workspace.root)
    return workspace


@pytest.fixture
def watch(katas: WorkspaceFolder) -> Iterator[Watch]:
    """``watch("q901")`` starts it on a terminal and returns the pexpect child."""
    children = []

    def start(*arguments: str, size: tuple[int, int] = (40, 100)) -> Any:
        child = pexpect.spawn(
            WATCH[0], [*WATCH[1:], *arguments], cwd=str(katas.root), dimensions=size, encoding="utf-8", timeout=TIMEOUT
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def sees(child: Any, text: str) -> None:
    """Wait until the text is painted, in whatever colours."""
    colours = r"(?:\x1b\[[0-9;]*m)*"
    child.expect(colours.join(re.escape(char) for char in text))


def quit_by(child: Any, key: str = "q") -> str:
    """End the watch and return its last words."""
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert (0, None) == (child.exitstatus, child.signalstatus)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", child.before)


def test_from_the_stub_to_the_next_kata(katas: WorkspaceFolder, watch: Watch) -> None:
    """Saves are judged, hints come at a key, and so does the next kata."""
    child = watch("q901")
    sees(child, "Not started yet")
    katas.add("q901", BROKEN)
    sees(child, "This is not the greeting")
    sees(child, "as curl")
    child.send("h")
    sees(child, "Hint 1 of 3")
    child.send("a")
    sees(child, "Show the answer all the same")
    child.send("n")
    sees(child, "Nothing was done")
    katas.add("q901", "solution")
    sees(child, "q901 is solved")
    child.send("n")
    sees(child, "q902 · A counter")
    assert "1 of 2 solved. fastapi-kata watch goes on from here." in quit_by(child)
    entry = katas.progress["katas"]["q901"]
    assert (1, False, True) == (entry["hints"], "answer" in entry, "solved_at" in entry)


def test_an_editors_ways(katas: WorkspaceFolder, watch: Watch) -> None:
    """A burst of saves, a syntax error, an atomic rename and a deleted folder: all fine."""
    child = watch("q901")
    sees(child, "Not started yet")
    for number in range(20):
        katas.add("q901", f"{BROKEN}# {number}\n")
    sees(child, "This is not the greeting")
    katas.add("q901", "def greet(:\n")
    sees(child, "SyntaxError")
    file = katas.root / katas.entry("q901")
    fresh = file.with_name("app.py~")
    fresh.write_text((katas.kata("q901").solution / "app.py").read_text("utf-8"), "utf-8")
    fresh.replace(file)
    sees(child, "q901 is solved")
    aside = file.parent.rename(katas.root / "aside")
    sees(child, "is gone")
    aside.rename(file.parent)
    sees(child, "q901 is solved")
    quit_by(child)


def test_a_save_in_the_middle_of_a_run(katas: WorkspaceFolder, watch: Watch) -> None:
    """The run is given up, hang or not, and the new state is judged."""
    child = watch("q901", "--isolation", "spawn")
    sees(child, "Not started yet")
    katas.add("q901", "import time\ntime.sleep(600)\n")
    sees(child, "checking … 0 of 3")
    katas.add("q901", "solution")
    sees(child, "q901 is solved")
    quit_by(child)


def test_keys_for_everything(katas: WorkspaceFolder, watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Task, list, solution after a confirmation, editor, reset."""
    editor = tmp_path_factory.mktemp("bin") / "editor"
    editor.write_text('#!/bin/sh\nprintf "EDITING"\nread line\necho "# $line" >> "$1"\n', "utf-8")
    editor.chmod(0o755)
    child = watch("q901", "--with", str(editor), "--poll")
    sees(child, "Not started yet")
    child.send("t")
    sees(child, "Interview question")
    child.send("l")
    sees(child, "enter go there")
    child.send("\x1b[B\r")
    sees(child, "q902 · A counter")
    child.send("s")
    sees(child, "Show the solution all the same")
    child.send("y")
    sees(child, "── app.py")
    child.send("o")
    sees(child, "EDITING")
    child.sendline("by hand")
    sees(child, "Counting adds one")
    sees(child, "404 Not Found")
    assert (katas.root / katas.entry("q902")).read_text("utf-8").endswith("# by hand\n")
    child.send("x")
    sees(child, "Put the stub of q902 back")
    child.send("y")
    sees(child, "What you had is kept in")
    assert "by hand" not in (katas.root / katas.entry("q902")).read_text("utf-8")
    assert "by hand" in next(katas.root.glob(".kata/backups/**/app.py")).read_text("utf-8")
    quit_by(child)
    assert {"solution": 1} == {
        key: value for key, value in katas.progress["katas"]["q902"].items() if key == "solution"
    }


def test_the_terminal_is_resized_and_the_watch_stopped(katas: WorkspaceFolder, watch: Watch) -> None:
    """It is painted anew, in any size, and after Ctrl+Z."""
    child = watch("q901")
    sees(child, "Not started yet")
    sees(child, "q quit")
    child.setwinsize(6, 30)
    # So few rows have room for one line at the foot.
    sees(child, "each save is checked")
    child.setwinsize(50, 120)
    sees(child, "The docs know the greeting")
    os.kill(child.pid, signal.SIGTSTP)
    child.expect(re.escape("\x1b[?1049l"))
    # It stops itself behind that; a signal that came before would be lost.
    while state_of(child.pid) != "T":
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGCONT)
    sees(child, "The docs know the greeting")
    quit_by(child)


@pytest.mark.parametrize("end", ["key", "interrupt", "terminate"])
def test_the_terminal_is_given_back(katas: WorkspaceFolder, watch: Watch, end: str) -> None:
    """Whatever ends the watch; and no process is left behind."""
    child = watch("q901")
    sees(child, "q quit")
    workers = children_of(child.pid)
    assert workers
    if end == "interrupt":
        child.sendintr()
    elif end == "terminate":
        os.kill(child.pid, signal.SIGTERM)
    else:
        child.send("q")
    child.expect(re.escape("\x1b[?1049l"))
    sees(child, "0 of 2 solved")
    child.expect(pexpect.EOF)
    child.close()
    assert 0 == child.exitstatus
    assert [] == [pid for pid in workers if is_running(pid)]


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def state_of(pid: int) -> str:
    """Return the letter by which the system tells a process's state; Z is for one that has ended."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] or "Z"


def is_running(pid: int) -> bool:
    """Say whether there is such a process that has not ended."""
    return state_of(pid) != "Z"


@pytest.fixture
def without_terminal(katas: WorkspaceFolder) -> Iterator[subprocess.Popen[str]]:
    """The watch of q901 with pipes, on a console that knows ASCII only."""
    process = subprocess.Popen(
        [*WATCH, "q901"],
        cwd=katas.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    with process:
        yield process
        process.kill()


def test_without_a_terminal(katas: WorkspaceFolder, without_terminal: subprocess.Popen[str]) -> None:
    """Plain lines, without colours and keys; a signal ends it."""
    lines = iter(without_terminal.stdout or ())

    def until(text: str) -> list[str]:
        seen: list[str] = []
        for line in lines:
            seen.append(line.rstrip("\n"))
            if text in line:
                return seen
        pytest.fail(f"{text} did not come:\n" + "\n".join(seen))

    assert ["q901 - A greeting", f"watching {katas.entry('q901')}"] == until("Not started yet")[:2]
    katas.add("q901", BROKEN)
    seen = until("checks pass")
    assert ["", "checking ...", "  x A guest is greeted by name"] == seen[:3]
    assert "\x1b" not in "".join(seen)
    katas.add("q901", "solution")
    assert "q901 is solved. Next: fastapi-kata watch q902" == until("is solved")[-1]
    without_terminal.terminate()
    assert 0 == without_terminal.wait(TIMEOUT)


def test_outside_of_a_workspace(tmp_path: Path) -> None:
    """It says so, and where to go."""
    result = subprocess.run(WATCH, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (2, "") == (result.returncode, result.stdout)
    assert "is not in a workspace" in result.stderr
