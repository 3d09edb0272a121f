"""The test adapters of editors find, run and report every check by its node id, and place failures in app.py."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkspaceFolder
from tests.plugin.test_hidden_source import RAISING, assert_hidden

VSCODE = os.environ.get("VSCODE_PYTHON_FILES", "")
OUTCOMES = {
    "app.py::test_a_guest_is_greeted": "failure",
    "app.py::test_nobody_is_unknown": "failure",
    "app.py::test_the_docs_know_the_greeting": "success",
}


@pytest.fixture
def two(workspace: WorkspaceFolder) -> WorkspaceFolder:
    """q901 raises in two of three checks, q902 is an untouched stub."""
    workspace.add("q901", RAISING)
    workspace.add("q902")
    return workspace


class VSCode:
    """VS Code's Python extension, as far as pytest sees it: its plugin, and a file in place of its pipe."""

    def __init__(self, workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workspace = workspace
        self.pipe = workspace.root.parent / "pipe"
        monkeypatch.setenv("TEST_RUN_PIPE", str(self.pipe))
        monkeypatch.setenv("PYTHONPATH", VSCODE, prepend=os.pathsep)

    def pytest(self, *arguments: str) -> list[dict[str, Any]]:
        """Run pytest as the extension does, and return what its plugin said."""
        self.pipe.unlink(missing_ok=True)
        self.result = self.workspace.run("-p", "vscode_pytest", f"--rootdir={self.workspace.root}", *arguments)
        said = self.pipe.read_bytes().decode("utf-8")
        bodies = re.split(r"content-length: \d+\r\ncontent-type: application/json\r\n\r\n", said)[1:]
        return [json.loads(body)["params"] for body in bodies]

    def outcomes(self, *arguments: str) -> dict[str, Any]:
        """Run checks, and return the result of each by its id; no message may tell of an error."""
        results: dict[str, Any] = {}
        for message in self.pytest(*arguments):
            assert ("success", None) == (message["status"], message["error"])
            assert not results.keys() & message["result"].keys(), "each check is reported once"
            results |= message["result"]
        return results

    def id(self, kata: str, check: str) -> str:
        """Return the id of a check, as the extension writes it."""
        return f"{self.workspace.root / self.workspace.entry(kata)}::{check}"


@pytest.fixture
def vscode(two: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> VSCode:
    """VS Code with the workspace opened."""
    if not Path(VSCODE, "vscode_pytest", "__init__.py").is_file() or not VSCODE:
        pytest.skip("VSCODE_PYTHON_FILES does not name the folder python_files of VS Code's Python extension")
    return VSCode(two, monkeypatch)


def leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tests below a node of the explorer's tree."""
    if node["type_"] == "test":
        yield node
    for child in node.get("children", ()):
        yield from leaves(child)


def test_vscode_finds_every_check(vscode: VSCode) -> None:
    """The explorer's tree has each check of each kata below its app.py, those of untouched stubs, too."""
    (message,) = vscode.pytest("--collect-only")
    assert ("success", []) == (message["status"], message["error"])
    found = {test["id_"]: test for test in leaves(message["tests"])}
    katas = [vscode.workspace.kata(name) for name in ("q901", "q902")]
    assert {vscode.id(kata.id, name) for kata in katas for name in kata.check_names} == found.keys()
    for test_id, test in found.items():
        file, _, name = test_id.partition("::")
        assert (name, file, "1", test_id) == (test["name"], test["path"], test["lineno"], test["runID"])
        assert Path(file).is_file()
    assert_hidden(json.dumps(message), vscode.workspace)


def test_vscode_runs_every_check_by_its_id(vscode: VSCode) -> None:
    """All at once: each is reported once, with the explanation, and the learner's line in it."""
    kata = vscode.workspace.kata("q901")
    results = vscode.outcomes(*[vscode.id("q901", name) for name in kata.check_names])
    folder = vscode.workspace.folder("q901")
    assert {str(folder / name): outcome for name, outcome in OUTCOMES.items()} == {
        name: result["outcome"] for name, result in results.items()
    }
    message = results[vscode.id("q901", "test_a_guest_is_greeted")]["message"]
    assert "app.py:8 in greet" in message
    assert "raise ValueError(name)" in message
    assert_hidden(json.dumps(results), vscode.workspace)


@pytest.mark.parametrize("options", [[], ["--capture=no"]], ids=["run", "debug"])
def test_vscode_runs_one_check(vscode: VSCode, options: list[str]) -> None:
    """A click on one check runs it alone, also in an untouched stub and under the debugger, which wants no capture."""
    for kata, check in (("q901", "test_nobody_is_unknown"), ("q902", "test_counting_is_json")):
        chosen = vscode.id(kata, check)
        results = vscode.outcomes(*options, chosen)
        assert [(chosen, "failure")] == [(name, result["outcome"]) for name, result in results.items()]
        assert_hidden(results[chosen]["message"], vscode.workspace)


def test_vscode_is_told_of_an_app_that_cannot_be_imported(vscode: VSCode) -> None:
    """The checks are found all the same, and fail with the line that is at fault."""
    vscode.workspace.add("q901", "import fastapi\n\n1 / 0\n")
    (message,) = vscode.pytest("--collect-only", vscode.workspace.entry("q901"))
    assert (3, []) == (len(list(leaves(message["tests"]))), message["error"])
    results = vscode.outcomes(vscode.id("q901", "test_a_guest_is_greeted"))
    (result,) = results.values()
    assert "failure" == result["outcome"]
    assert "app.py:3" in result["message"]


@pytest.mark.skipif(os.name == "nt", reason="makes a symbolic link")
def test_vscode_opens_a_folder_through_a_link(vscode: VSCode) -> None:
    """The checks are found and run below the link, as the extension wants it."""
    link = vscode.workspace.root.parent / "link"
    link.symlink_to(vscode.workspace.root)
    vscode.workspace.root = link
    (message,) = vscode.pytest("--collect-only")
    assert [] == message["error"]
    chosen = vscode.id("q901", "test_a_guest_is_greeted")
    assert chosen in [test["id_"] for test in leaves(message["tests"])]
    assert [(chosen, "failure")] == [(name, one["outcome"]) for name, one in vscode.outcomes(chosen).items()]


_ESCAPES = {"n": "\n", "r": "\r", "x": "\x85", "l": "\u2028", "p": "\u2029"}


def service_messages(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the messages to PyCharm, or to TeamCity, in what was printed: name and attributes."""

    def unescaped(value: str) -> str:
        return re.sub(
            r"\|(?:0x([0-9a-fA-F]{4})|(.))",
            lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2]),
            value,
        )

    messages = re.findall(r"##teamcity\[(\w+) ((?:[^|\]]|\|.)*)\]", text)
    return [
        (name, {key: unescaped(value) for key, value in re.findall(r"(\w+)='((?:[^|']|\|.)*)'", attributes)})
        for name, attributes in messages
    ]


@pytest.fixture
def pycharm(two: WorkspaceFolder) -> WorkspaceFolder:
    """A workspace where the plugin is installed on which PyCharm's test runner is built."""
    if find_spec("teamcity") is None:
        pytest.skip("teamcity-messages is not installed")
    return two


def test_pycharm_follows_every_check(pycharm: WorkspaceFolder) -> None:
    """Each is started and finished by its name; a failure names app.py and explains itself."""
    entry = pycharm.entry("q901")
    result = pycharm.run("--teamcity", "-v", entry)
    messages = service_messages(result.stdout.str())
    by_kind: dict[str, dict[str, dict[str, str]]] = {}
    for kind, attributes in messages:
        if "name" in attributes:
            by_kind.setdefault(kind, {})[attributes["name"]] = attributes
    prefix = "katas.90_tiny.q901_greeting.app."
    names = [prefix + name for name in pycharm.kata("q901").check_names]
    assert names == list(by_kind["testStarted"])
    assert names == list(by_kind["testFinished"])
    assert names[:2] == list(by_kind["testFailed"])
    failure = by_kind["testFailed"][names[0]]
    assert failure["message"].startswith(f"{entry}:")
    assert "app.py:8 in greet" in failure["details"]
    assert "raise ValueError(name)" in failure["details"]
    assert_hidden(json.dumps(messages) + result.stdout.str(), pycharm)


def test_pycharm_runs_one_check_by_its_id(pycharm: WorkspaceFolder) -> None:
    """Path and name choose it; nothing else is reported."""
    result = pycharm.run("--teamcity", f"{pycharm.root / pycharm.entry('q902')}::test_counting_is_json")
    started = [
        attributes["name"] for kind, attributes in service_messages(result.stdout.str()) if kind == "testStarted"
    ]
    assert ["katas.90_tiny.q902_counter.app.test_counting_is_json"] == started
