"""The gate proven on broken katas: what it claims to find, it finds, and nothing else.

All katas of this file lie in one pack and go through the gate once, for starting its processes takes most of the time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from pytest_fastapi_kata.catalogue import Pack, load_catalogue
from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.isolation.scheduler import KataRun
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.results import CheckResult
from pytest_fastapi_kata.verify import Finding, KataReport, gate, verify
from tests.conftest import PACKS
from tests.unit.conftest import PackFolder

ADDS_TWO = ("count.number + 1", "count.number + 2", ["test_counting_adds_one"])
A_TEXT = ("count.number + 1", "str(count.number + 1)", ["test_counting_adds_one", "test_counting_is_json"])


@dataclass
class Draft:
    """A copy of q902, to be broken."""

    folder: Path
    solution: Path

    def edit(self, name: str, find: str, put: str, root: Path | None = None) -> None:
        """Change a file of the kata's folder at the one place where the text occurs."""
        file = (root or self.folder) / name
        text = file.read_text("utf-8")
        assert 1 == text.count(find), f"{find!r} in {text}"
        file.write_text(text.replace(find, put), "utf-8")

    def write(self, name: str, text: str) -> None:
        """Replace a file of the kata's folder."""
        (self.folder / name).write_text(text, "utf-8")

    def near_misses(self, **entries: tuple[str, str, list[str]]) -> None:
        """Replace the near misses: find, put, and the checks that are named."""
        tables = [
            f"[[near_miss]]\nname = {json.dumps(name)}\nwhy = 'Why.'\ncaught_by = {caught_by}\n"
            f"[[near_miss.edit]]\nfile = 'app.py'\nfind = {json.dumps(find)}\nput = {json.dumps(put)}\n"
            for name, (find, put, caught_by) in entries.items()
        ]
        self.write("near_misses.toml", "\n".join(tables))


Fault = Callable[[Draft], None]
FAULTS: dict[str, tuple[Fault, list[str]]] = {}


def fault(*findings: str) -> Callable[[Fault], Fault]:
    """Register a way to break a kata, with the beginnings of all that must be found."""

    def register(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, list(findings))
        return function

    return register


ROUTE = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/count')\ndef count():\n    return {}\n"


@fault()
def sound(draft: Draft) -> None:
    """Nothing is wrong."""


@fault("stub: passes test_counting_is_json")
def stub_passes(draft: Draft) -> None:
    """A check that does not ask for anything."""
    draft.write("stub/app.py", ROUTE.format("{'next': 0}"))
    draft.near_misses(a_text=A_TEXT)


@fault(
    "stub: fails test_counting_adds_one by import and not by an assertion: ZeroDivisionError: division by zero",
    "stub: fails test_counting_is_json by import and not by an assertion: ZeroDivisionError: division by zero",
)
def stub_cannot_be_imported(draft: Draft) -> None:
    """A learner would begin with somebody else's mistake."""
    draft.write("stub/app.py", "1 / 0\n")
    draft.near_misses(a_text=A_TEXT)


@fault("stub: fails test_counting_is_json by error and not by an assertion: The check could make nothing of the answer")
def stub_fails_by_an_error(draft: Draft) -> None:
    """A check that stumbles over the stub instead of telling what is not there yet."""
    draft.write("stub/app.py", ROUTE.format("None"))
    draft.near_misses(a_text=A_TEXT)


@fault(
    "answer.md: has 2 words, not 150 to 250",
    "solution: fails test_counting_adds_one (seed 11): expected {",
    "README.md: does not name /count, which the checks ask for",
    "solution: fails test_counting_adds_one (seed 1000003): expected {",
    "variant async_def: fails test_counting_adds_one (seed 11): expected {",
    "variant async_def: fails test_counting_adds_one (seed 1000003): expected {",
)
def solution_and_variant_fail(draft: Draft) -> None:
    """And the texts are not right either."""
    for name in ("app.py", "variants/async_def/app.py"):
        draft.edit(name, "count.number + 1}", 'count.number + 1, "more": 1}', draft.solution)
    draft.near_misses(a_text=A_TEXT)
    draft.edit("README.md", "/count", "/…")
    draft.write("answer.md", "See [this](https://x).\n\n```python\n1\n```\n")


@fault(
    "near_misses.toml: near_miss[0].caught_by: 'test_gone' is not a check of",
    "near miss lost: its find text occurs 0 times in app.py, not once: 'count + 1'",
    "near miss harmless: passes every check",
    "near miss adds_two: is not caught by test_counting_is_json",
    "near miss a_text: also fails test_counting_is_json, which caught_by does not name",
    "near miss crash: fails test_counting_adds_one by import, not by an assertion",
    "near miss crash: fails test_counting_is_json by import, not by an assertion",
)
def near_misses_of_all_kinds(draft: Draft) -> None:
    """Each of them is wrong in another way."""
    draft.near_misses(
        gone=(*ADDS_TWO[:2], ["test_gone"]),
        lost=("count + 1", "count + 2", ADDS_TWO[2]),
        harmless=("count.number + 1", "1 + count.number", ADDS_TWO[2]),
        adds_two=(*ADDS_TWO[:2], A_TEXT[2]),
        a_text=(*A_TEXT[:2], ADDS_TWO[2]),
        crash=("app = FastAPI()", "app = FastAPI()\n1 / 0", A_TEXT[2]),
    )


@fault("near_misses.toml: is missing", "near_misses.toml: has no usable near miss")
def no_near_misses(draft: Draft) -> None:
    """The stub fails each check for a reason of its own, so that nothing more is found."""
    (draft.folder / "near_misses.toml").unlink()


@fault("test_counting_is_json: no near miss fails it, and the stub fails it for the reason of others")
def check_that_nothing_else_fails(draft: Draft) -> None:
    """It might as well not be there."""
    draft.near_misses(adds_two=ADDS_TWO)
    draft.edit(
        "acceptance.py", "    assert isinstance", "    assert response.status_code == 200\n    assert isinstance"
    )


@fault("acceptance.py: is missing")
def no_checks(draft: Draft) -> None:
    """Then there is nothing to run."""
    (draft.folder / "acceptance.py").unlink()


@fault(
    "symptoms.json: does not tell how adds_two fails today; run verify with --record",
    "symptoms.json: does not tell how a_text fails today; run verify with --record",
    "symptoms.json: does not tell how gone fails today; run verify with --record",
)
def record_is_stale(draft: Draft) -> None:
    """One near miss is not in it, one fails in another way by now, and one is there no more."""
    recorded = json.loads((draft.folder / "symptoms.json").read_text("utf-8"))
    recorded["gone"] = recorded.pop("adds_two")
    recorded["a_text"]["test_counting_is_json"]["message"] = "Something else went wrong."
    draft.write("symptoms.json", json.dumps(recorded))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KataReport]:
    """The report of each broken kata, by its fault."""
    root = tmp_path_factory.mktemp("gate") / "pack"
    for number, (name, (break_it, _)) in enumerate(FAULTS.items(), 910):
        slug = f"q{number}_{name}"
        draft = Draft(root / "katas/90_tiny" / slug, root / "solutions/90_tiny" / slug)
        shutil.copytree(PACKS / "tiny/katas/90_tiny/q902_counter", draft.folder)
        shutil.copytree(PACKS / "tiny/solutions/90_tiny/q902_counter", draft.solution)
        draft.edit("kata.toml", '"q902_counter"', f'"{slug}"')
        draft.edit("kata.toml", '"q902"', f'"q{number}"')
        if name not in {"sound", "solution_and_variant_fail"}:
            shutil.rmtree(draft.solution / "variants")
        break_it(draft)
    shutil.copy(PACKS / "tiny/katas/90_tiny/topic.toml", root / "katas/90_tiny")
    catalogue = load_catalogue([Pack("broken", root)])
    catalogue.raise_problems()
    return {report.kata.slug[5:]: report for report in verify(catalogue.katas)}


def is_about(finding: Finding, name: str) -> bool:
    """Leave out what a fault has to bring with it: near misses that are not recorded, and no variant."""
    if finding.about == "symptoms.json":
        return name == "record_is_stale"
    return not finding.about.endswith("/variants")


@pytest.mark.parametrize("name", FAULTS)
def test_the_gate_finds(reports: dict[str, KataReport], name: str) -> None:
    """What is wrong, and nothing that is right."""
    report, expected = reports[name], FAULTS[name][1]
    found = [str(finding) for finding in report.findings if is_about(finding, name)]
    assert expected == [one[: len(start)] for one, start in zip(found, expected, strict=False)]
    assert len(expected) == len(found), found


def test_a_sound_kata_passes_the_gate(reports: dict[str, KataReport]) -> None:
    """With nothing left out, and what was tried is told."""
    report = reports["sound"]
    assert (True, [], 1) == (report.ok, report.findings, report.variants)
    assert {"adds_two": {"test_counting_adds_one"}, "a_text": {"test_counting_adds_one", "test_counting_is_json"}} == {
        one.near_miss.name: set(one.result.failed_names) for one in report.near_misses
    }
    assert report.stub is not None
    assert {"test_counting_adds_one", "test_counting_is_json"} == report.stub.failed_names
    assert report.seconds > 0


def test_a_kata_with_a_finding_does_not_pass(reports: dict[str, KataReport]) -> None:
    """Whatever it is."""
    assert {"sound"} == {name for name, report in reports.items() if report.ok}


class FakeScheduler:
    """Gives every check the same result at once."""

    def __init__(self, result: Callable[[str, Path], CheckResult]) -> None:
        self.result = result
        self.submitted: list[tuple[str, str, tuple[str, ...], int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, kata: Kata, folder: Path, checks: Iterable[str], seed: int) -> KataRun:
        run = KataRun(kata, folder, tuple(checks), seed)
        run.results = {name: self.result(name, folder) for name in run.checks}
        self.submitted.append((kata.id, folder.name, run.checks, seed))
        return run

    def wait(self, run: KataRun) -> None: ...


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeScheduler]:
    """``fake(result)`` replaces the processes by one result for all."""

    def replace_by(result: Callable[[str, Path], CheckResult]) -> FakeScheduler:
        scheduler = FakeScheduler(result)
        monkeypatch.setattr(gate, "Scheduler", lambda *args, **options: scheduler)
        return scheduler

    return replace_by


STUB = Explanation("", "assertion", "Nothing is there yet.")


def a_pass(name: str, folder: Path) -> CheckResult:
    """Return a result that says that the check passed."""
    return CheckResult(name, "", "passed")


def test_solutions_are_tried_twice(pack: PackFolder, fake: Any) -> None:
    """With two seeds in two orders; stubs and near misses once."""
    scheduler = fake(a_pass)
    verify([pack.load().find("q902")])
    forth = ("test_counting_adds_one", "test_counting_is_json")
    back = tuple(reversed(forth))
    assert [
        ("q902", "stub", forth, 11),
        ("q902", "solution", forth, 11),
        ("q902", "solution", back, 1_000_003),
        ("q902", "variant-async_def", forth, 11),
        ("q902", "variant-async_def", back, 1_000_003),
        ("q902", "near-miss-adds_two", forth, 11),
        ("q902", "near-miss-a_text", forth, 11),
    ] == scheduler.submitted


def test_only_what_is_named(pack: PackFolder, fake: Any) -> None:
    """Nothing is said of what was not tried."""
    scheduler = fake(lambda name, folder: _fails(name, folder, "No."))
    report = verify([pack.load().find("q902")], only=["a_text", "async_def"])[0]
    assert ["variant-async_def", "variant-async_def", "near-miss-a_text", "near-miss-a_text"] == [
        one[1] for one in scheduler.submitted
    ]
    assert [] == report.findings


def test_the_next_kata_is_submitted_ahead(pack: PackFolder, fake: Any) -> None:
    """So that the processes never wait; reports come in order."""
    scheduler = fake(a_pass)
    seen: list[tuple[str, set[str]]] = []
    verify(pack.load(), done=lambda report: seen.append((report.kata.id, {one[0] for one in scheduler.submitted})))
    assert [("q901", {"q901", "q902"}), ("q902", {"q901", "q902"})] == seen
    assert [] == verify([])


def test_how_near_misses_fail_can_be_recorded(pack: PackFolder, fake: Any) -> None:
    """Then the record is complete; without the option, nothing is written."""

    def result(name: str, folder: Path) -> CheckResult:
        if folder.name.startswith("near-miss") and not (name == A_TEXT[2][1] and folder.name.endswith("adds_two")):
            return CheckResult(name, "", "failed", Explanation("", "assertion", f"{folder.name} is wrong."))
        return a_pass(name, folder) if folder.name != "stub" else CheckResult(name, "", "failed", STUB)

    fake(result)
    file = pack.file("q902_counter/symptoms.json")
    file.unlink()
    kata = pack.load().find("q902")
    about = [finding.about for finding in verify([kata])[0].findings]
    assert (["symptoms.json"] * 2, False) == (about, file.exists())
    assert [] == verify([kata], record=True)[0].findings
    assert {"adds_two", "a_text"} == json.loads(file.read_text("utf-8")).keys()
    assert [] == verify([kata])[0].findings


def test_what_is_recorded_does_not_hang_on_the_values_of_one_run(pack: PackFolder, fake: Any) -> None:
    """Near misses are tried with two seeds then, and have to fail alike."""
    scheduler = fake(lambda name, folder: _fails(name, folder, "No."))
    submit = scheduler.submit

    def luckily(kata: Kata, folder: Path, checks: Iterable[str], seed: int) -> KataRun:
        run = submit(kata, folder, checks, seed)
        if folder.name.endswith("a_text") and seed != gate.SEEDS[0]:
            run.results[A_TEXT[2][0]] = a_pass(A_TEXT[2][0], folder)
        return run

    scheduler.submit = luckily
    findings = verify([pack.load().find("q902")], record=True)[0].findings
    said = "near miss a_text: fails test_counting_adds_one in another way with another seed and order"
    assert said in [str(one) for one in findings]


def _fails(name: str, folder: Path, message: str) -> CheckResult:
    if folder.name in {"solution", "variant-async_def"} or (folder.name.endswith("adds_two") and name == A_TEXT[2][1]):
        return a_pass(name, folder)
    return CheckResult(name, "", "failed", STUB if folder.name == "stub" else Explanation("", "assertion", message))


@pytest.mark.parametrize(("first", "second", "accused"), [
    ("No.", "No.", False),
    ("The server had not yet said why.", "No.", False),
    ("The server had not yet said why.", "And now another thing altogether is said.", True),
    ("", "No.", True),
])  # fmt: skip
def test_a_near_miss_has_a_second_chance_to_fail_as_recorded(
    pack: PackFolder, fake: Any, first: str, second: str, accused: bool
) -> None:
    """What a busy machine cut short is not held against it; that it passed is."""
    kata = pack.load().find("q902")
    fake(lambda name, folder: _fails(name, folder, "No."))
    assert [] == verify([kata], record=True)[0].findings
    messages = {}

    def result(name: str, folder: Path) -> CheckResult:
        if not folder.name.endswith("a_text"):
            return _fails(name, folder, "No.")
        message = messages.get(name, first)
        messages[name] = second
        return _fails(name, folder, message) if message else a_pass(name, folder)

    fake(result)
    assert accused == bool(verify([kata])[0].findings)


@pytest.mark.parametrize(("kind", "is_crash"), [
    ("import", True), ("timeout", True), ("died", True), ("missing", True), ("assertion", False), ("error", True),
])  # fmt: skip
def test_what_counts_as_a_crash_of_a_near_miss(pack: PackFolder, fake: Any, kind: Any, is_crash: bool) -> None:
    """The app has to run, and the check must not stumble over its answer."""
    fake(lambda name, folder: CheckResult(name, "", "failed", Explanation("", kind, "No.")))
    findings = verify([pack.load().find("q902")])[0].findings
    about = [str(one) for one in findings if one.about == "near miss a_text"]
    expected = [f"near miss a_text: fails {name} by {kind}, not by an assertion" for name in A_TEXT[2]]
    assert (expected if is_crash else []) == about


def test_checks_without_a_result(pack: PackFolder, fake: Any) -> None:
    """They are said to have none, wherever they lack."""
    fake(lambda name, folder: CheckResult(name, "", "missing"))
    findings = [str(one) for one in verify([pack.load().find("q902")])[0].findings]
    assert "stub: fails test_counting_adds_one by  and not by an assertion: " not in findings
    assert "solution: fails test_counting_adds_one (seed 11): no result" in findings
    assert "near miss a_text: fails test_counting_is_json by missing, not by an assertion" in findings


def test_documented_paths(pack: PackFolder, fake: Any) -> None:
    """The docs' own routes need no mention; converters are left out of a path."""
    scheduler = fake(a_pass)
    submit = scheduler.submit

    def with_routes(*args: Any) -> KataRun:
        run = submit(*args)
        run.routes = {"/openapi.json", "/docs", "/redoc", "/count", "/files/{name:path}", "/hats/{number:int}", "/caps"}
        return run

    scheduler.submit = with_routes
    file = pack.file("q902_counter/README.md")
    file.write_text(file.read_text("utf-8") + "\n`/files/{name}`, `/hats/{number}`\n", "utf-8")
    findings = verify([pack.load().find("q902")])[0].findings
    assert ["does not name /caps, which the checks ask for"] == [
        one.what for one in findings if one.about == "README.md"
    ]


def test_a_finding_in_words() -> None:
    """What it is about comes first."""
    assert "stub: passes test_1" == str(Finding("stub", "passes test_1"))
