"""Every case costs its own kata, says why, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PACKS, WorkspaceFolder
from tests.faults.cases import Case, all_cases
from tests.faults.table import FILE, ISOLATIONS, page

SECONDS = 300
"""A run that has no end by then never has one."""
MARK = "FASTAPI_KATA_FAULT"
"""A variable in the environment by which what is left of a run is found."""
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WRITTEN = {"report.json", "junit.xml", "page.html", ".kata", ".pytest_cache"}
"""What the run itself writes."""


@pytest.fixture
def neighbours(workspace: WorkspaceFolder) -> WorkspaceFolder:
    """A workspace with q901 between q900, which is its like, and q902, both of them solved."""
    for kind in ("katas", "solutions"):
        source, target = (workspace.pack / kind / "90_tiny" / name for name in ("q901_greeting", "q900_greeting"))
        shutil.copytree(source, target)
    toml = workspace.pack / "katas/90_tiny/q900_greeting/kata.toml"
    toml.write_text(toml.read_text("utf-8").replace("q901", "q900"), encoding="utf-8")
    return workspace


class Trial:
    """One case in one isolation: lay it out, run it, and look at what is there."""

    def __init__(self, case: Case, workspace: WorkspaceFolder, scratch: Path) -> None:
        self.case = case
        self.workspace = workspace
        self.scratch = scratch
        self.mark = f"{case.name}-{os.getpid()}"
        if "root" in case.facts:
            workspace.root = workspace.root / case.facts["root"]
            workspace.root.mkdir(parents=True)
            shutil.move(workspace.pytester.path / "pyproject.toml", workspace.root)
        self.folder = workspace.root / "katas/90_tiny"
        self._lay_out()
        self.before = self.digests()

    def _lay_out(self) -> None:
        solutions = PACKS / "tiny/solutions/90_tiny"
        for name, source in (("q900_greeting", "q901_greeting"), ("q902_counter", "q902_counter")):
            (self.folder / name).mkdir(parents=True)
            shutil.copy(solutions / source / "app.py", self.folder / name)
        target = self.folder / "q901_greeting"
        target.mkdir()
        facts, path = self.case.facts, self.case.path
        if "timeout" in facts:
            self.workspace.change_kata("q901", "timeout = 60", f"timeout = {facts['timeout']}")
        if path.is_file():
            shutil.copy(path, target / "app.py")
            return
        if (path / "workspace").is_dir():
            shutil.copytree(path / "workspace", self.workspace.root, dirs_exist_ok=True)
        if (path / "app.py").is_file():
            shutil.copy(path / "app.py", target)
        if "link" in facts:
            (target / "app.py").symlink_to(facts["link"])
        if "pipe" in facts:
            os.mkfifo(target / facts["pipe"])
        if "bytes" in facts:
            (target / "app.py").write_bytes(bytes.fromhex(facts["bytes"]) * 1000)

    def digests(self) -> dict[str, str]:
        """Return a digest of each of the learner's files."""
        found = {}
        for file in sorted(self.workspace.root.rglob("*")):
            name = file.relative_to(self.workspace.root).as_posix()
            if name.partition("/")[0] in _WRITTEN or "__pycache__" in name:
                continue
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no file"
        return found

    def run(self, isolation: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """Run the whole workspace as a learner does, and return the report."""
        monkeypatch.setenv(MARK, self.mark)
        monkeypatch.setenv("TMPDIR", str(self.scratch))
        monkeypatch.chdir(self.workspace.root)
        command = [
            str(Path(sys.executable).with_name("pytest")), "-p", "no:randomly", "--kata-progress",
            f"--kata-isolation={isolation}",
            "--kata-json=report.json", "--kata-html=page.html", "--junitxml=junit.xml",
        ]  # fmt: skip
        # Not pytester's: it would put the current folder on the path, where the workspace's files hide modules.
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        self.status, self.printed = done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
        report: dict[str, Any] = json.loads((self.workspace.root / "report.json").read_text("utf-8"))
        return report

    def left_processes(self) -> list[str]:
        """Return the command lines of processes that the run has left, as far as /proc tells."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"{MARK}={self.mark}".encode() in environ.read_bytes():
                    found.append((environ.parent / "cmdline").read_text("utf-8", "replace"))
            except OSError:
                continue
        return found


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_fault_costs_its_own_kata(
    case: Case, isolation: str, neighbours: WorkspaceFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not solved, and why is said; neighbours, record, workspace and exit code are right; nothing is left."""
    if case.why_not_here():
        pytest.skip(case.why_not_here())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    trial = Trial(case, neighbours, scratch)
    report = trial.run(isolation, monkeypatch)
    katas = {kata["id"]: kata for kata in report["katas"]}
    printed = trial.printed

    assert katas["q901"]["status"] in case.statuses, printed[-3000:]
    told = [check["explanation"] for check in katas["q901"]["checks"] if check["explanation"]]
    assert katas["q901"]["status"] == "not_started" or any(part in _words(told[0]) for part in case.says), told
    assert ["solved", "solved"] == [katas["q900"]["status"], katas["q902"]["status"]]
    record = json.loads((neighbours.root / ".kata/progress.json").read_text("utf-8"))["katas"]
    assert {"q900", "q902"} <= {name for name, one in record.items() if "solved_at" in one}
    assert "record" in case.facts or "solved_at" not in record.get("q901", {})
    assert int(katas["q901"]["status"] != "not_started") == trial.status
    assert trial.before == trial.digests()
    assert [] == trial.left_processes()
    assert [] == list(scratch.iterdir())
    assert None is _RAW.search(printed)
    assert None is _RAW.search((neighbours.root / "page.html").read_text("utf-8"))
    ET.parse(neighbours.root / "junit.xml")


def _words(explanation: dict[str, Any]) -> str:
    return " ".join(f"{explanation['message']} {explanation['error']}".split())


def test_the_page_tells_of_these_cases() -> None:
    """docs/trust.md is written from the cases; if this fails, run ``python -m tests.faults.table``."""
    assert page() == FILE.read_text("utf-8")
