"""``fastapi-kata verify``; the gate itself is proven in its own tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.verify import KataReport, NearMissReport
from tests.unit.conftest import Command, PackFolder
from tests.unit.samples import a_near_miss, a_result, failed, passed


class FakeGate:
    """A gate that finds what it is told to find."""

    def __init__(self) -> None:
        self.katas: list[str] = []
        self.jobs: int | None = None
        self.record = False
        self.only: list[str] = []
        self.findings: dict[str, list[tuple[str, str]]] = {}

    def __call__(  # noqa: PLR0913 - the gate's own parameters
        self,
        katas: Iterable[Kata],
        jobs: int | None = None,
        mode: Any = None,
        *,
        record: bool = False,
        only: Iterable[str] = (),
        done: Callable[[KataReport], None],
    ) -> list[KataReport]:
        self.jobs, self.record, self.only = jobs, record, list(only)
        reports = [self.report(kata) for kata in katas]
        for report in reports:
            self.katas.append(report.kata.id)
            done(report)
        return reports

    def report(self, kata: Kata) -> KataReport:
        report = KataReport(kata, variants=1, seconds=0.125)
        for about, what in self.findings.get(kata.id, []):
            report.add(about, what)
        wrong = failed(1, message="Somebody greeted nobody.")
        report.near_misses = [
            NearMissReport(a_near_miss("one", "test_1"), a_result(kata, "failing", wrong, passed(2))),
            NearMissReport(a_near_miss("two", "test_1"), a_result(kata, "solved", passed(1))),
        ]
        return report


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> FakeGate:
    """A gate in which nothing runs."""
    fake = FakeGate()
    monkeypatch.setattr("pytest_fastapi_kata.verify.verify", fake)
    return fake


Verify = Callable[..., Any]


@pytest.fixture
def verify(command: Command, pack: PackFolder) -> Verify:
    """``verify("q901")`` runs the command over a copy of the tiny pack."""
    return lambda *arguments: command("verify", "--pack", pack.root, *arguments)


def test_a_pack_that_passes(verify: Verify, gate: FakeGate) -> None:
    """A line for each kata, and a sum."""
    told = verify()
    assert 0 == told.code
    assert (
        """\
✓ q901_greeting                    3 checks · 2 near misses · 1 variant · 0.12 s
✓ q902_counter                     2 checks · 2 near misses · 1 variant · 0.12 s

2 of 2 katas pass the gate
"""
        == told.out
    )
    assert (["q901", "q902"], None, False) == (gate.katas, gate.jobs, gate.record)


def test_findings(verify: Verify, gate: FakeGate) -> None:
    """They stand below their kata, and the exit code tells."""
    gate.findings["q902"] = [("stub", "passes test_1"), ("README.md", "is odd")]
    told = verify()
    assert 1 == told.code
    assert ["✗", "stub: passes test_1", "README.md: is odd", "", "1 of 2 katas pass the gate"] == [
        told.out.splitlines()[1][0], *map(str.strip, told.out.splitlines()[2:]),
    ]  # fmt: skip


def test_some_katas(verify: Verify, gate: FakeGate) -> None:
    """By any of their names, in the order they were named; options are passed on."""
    assert 0 == verify("q902_counter", "901", "--jobs", "3", "--record").code
    assert (["q902", "q901"], 3, True) == (gate.katas, gate.jobs, gate.record)


def test_a_kata_that_is_named_twice(verify: Verify, gate: FakeGate) -> None:
    """It goes through the gate once."""
    assert 0 == verify("q901", "q901_greeting").code
    assert ["q901"] == gate.katas


def test_an_unknown_kata(verify: Verify, gate: FakeGate) -> None:
    """Nothing is run."""
    told = verify("q903")
    assert (2, "", []) == (told.code, told.out, gate.katas)
    assert "there is no kata 'q903'" in told.err


def test_explain(verify: Verify, gate: FakeGate) -> None:
    """What a learner would see of each near miss."""
    told = verify("q901", "--explain")
    assert "\n── near miss one \n\n  It meets requirement 1.\n\n  Somebody greeted nobody.\n" in told.out
    assert "\n── near miss two \n  (passes)\n" in told.out


def test_json(verify: Verify, gate: FakeGate) -> None:
    """One document, and nothing else on standard output."""
    gate.findings["q901"] = [("stub", "passes test_1")]
    told = verify("--json")
    assert 1 == told.code
    data = json.loads(told.out)
    assert (1, []) == (data["format_version"], data["problems"])
    first, second = data["katas"]
    checks = first["near_misses"][0].pop("checks")
    assert {
        "id": "q901",
        "slug": "q901_greeting",
        "ok": False,
        "findings": ["stub: passes test_1"],
        "checks": 3,
        "near_misses": [{"name": "one", "failed": ["test_1"]}, {"name": "two", "failed": [], "checks": []}],
        "variants": 1,
        "seconds": 0.125,
    } == first
    assert ["Somebody greeted nobody."] == [check["explanation"]["message"] for check in checks]
    assert second["ok"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("format_version = 1", "format_version = 9"), "format_version: is 9, and this kit reads 1"),
        (('title = "A greeting"', 'titel = "A greeting"'), "titel: is not a key of this file"),
        (('["https://fastapi.tiangolo.com/tutorial/path-params/"]', "[]"), "docs: must be a list of texts"),
        ((', "Think of both."', ""), "hints: has 2 entries (write exactly 3"),
    ],
)
def test_a_kata_that_cannot_be_read(
    verify: Verify, gate: FakeGate, pack: PackFolder, change: tuple[str, str], problem: str
) -> None:
    """The others are verified, but the pack does not pass."""
    file = pack.edit("q901_greeting/kata.toml", *change)
    told = verify()
    assert (1, ["q902"]) == (told.code, gate.katas)
    assert f"  {file}: {problem}" in told.out
    assert "1 of 1 katas pass the gate; " in told.out
    assert "keep others out" in told.out
    assert problem in json.loads(verify("--json").out)["problems"][0]


def test_every_problem_is_told(verify: Verify, gate: FakeGate, pack: PackFolder) -> None:
    """Those of all katas, at once."""
    pack.edit("q901_greeting/kata.toml", '"basic"', '"easy"')
    pack.edit("q902_counter/kata.toml", '"advanced"', '"hard"')
    pack.edit("q902_counter/kata.toml", "Add one.", "")
    told = verify()
    assert (1, []) == (told.code, gate.katas)
    assert ["level", "level", "hints"] == [
        line.partition("kata.toml: ")[2].partition(":")[0] for line in told.out.splitlines() if "kata.toml" in line
    ]
    assert told.out.endswith("No katas found.\n")


@pytest.mark.parametrize("name", ["q901", "q901_greeting", "901", "Q901", "katas/90_tiny/q901_greeting/"])
def test_a_named_kata_that_cannot_be_read(verify: Verify, gate: FakeGate, pack: PackFolder, name: str) -> None:
    """Why is said, by whatever name it was called; problems of other katas are not in the way."""
    pack.edit("q901_greeting/kata.toml", '"basic"', '"easy"')
    told = verify(name)
    assert (2, "", []) == (told.code, told.out, gate.katas)
    assert "level: 'easy' is not known" in told.err
    assert 0 == verify("q902").code


def test_a_pack_without_katas(command: Command, gate: FakeGate, tmp_path: Path) -> None:
    """That is no pack."""
    told = command("verify", "--pack", tmp_path / "nothing")
    assert 1 == told.code
    assert "is missing, so pack 'nothing' has no katas\nNo katas found.\n" in told.out


def test_an_empty_pack(verify: Verify, gate: FakeGate, pack: PackFolder) -> None:
    """Nothing that was verified is nothing that holds."""
    shutil.rmtree(pack.root / "katas/90_tiny")
    told = verify()
    assert (1, "No katas found.\n") == (told.code, told.out)


def test_some_candidates(verify: Verify, gate: FakeGate) -> None:
    """They are named one by one; recording needs all of them."""
    assert 0 == verify("q901", "--only", "one", "--only", "stub").code
    assert ["one", "stub"] == gate.only
    told = verify("q901", "--only", "one", "--record")
    assert (2, True) == (told.code, "--record needs every near miss" in told.err)
