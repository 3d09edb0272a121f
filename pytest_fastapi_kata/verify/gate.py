"""Runs a kata's stub, solution, variants and near misses, and says what does not hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.edits import EditError
from pytest_fastapi_kata.isolation.processes import Mode, default_mode
from pytest_fastapi_kata.isolation.scheduler import KataRun, Scheduler
from pytest_fastapi_kata.kata import Kata, NearMiss, read_near_misses
from pytest_fastapi_kata.results import KataResult
from pytest_fastapi_kata.symptoms import FILE, Symptoms, are_alike, read_symptoms, symptoms_of, write_symptoms
from pytest_fastapi_kata.tables import Problem
from pytest_fastapi_kata.verdict import conclude
from pytest_fastapi_kata.verify.candidates import (
    Candidate,
    lay_out_near_miss,
    lay_out_solution,
    lay_out_stub,
    lay_out_variant,
    variants,
)
from pytest_fastapi_kata.verify.statics import static_findings

SEEDS = (11, 1_000_003)
_CRASHES = ("import", "timeout", "died", "missing")


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: ``about`` is a candidate (``near miss code_first``) or a file."""

    about: str
    what: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}"


@dataclass
class NearMissReport:
    """What a near miss's author promised, and what a learner who makes it is shown."""

    near_miss: NearMiss
    result: KataResult


@dataclass
class KataReport:
    """All findings about one kata, and what was tried; ``seconds`` are those of the solution's checks."""

    kata: Kata
    findings: list[Finding] = field(default_factory=list)
    variants: int = 0
    seconds: float = 0.0
    near_misses: list[NearMissReport] = field(default_factory=list)
    stub: KataResult | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def add(self, about: str, what: str) -> None:
        """Note something that does not hold."""
        self.findings.append(Finding(about, what))


@dataclass
class _Trial:
    candidate: Candidate
    run: KataRun


class _KataGate:
    """One kata on its way through the gate."""

    def __init__(
        self, kata: Kata, scheduler: Scheduler, scratch: Path, *, record: bool, only: frozenset[str] = frozenset()
    ) -> None:
        self.kata = kata
        self.record = record
        self.only = only
        self.scheduler = scheduler
        self.scratch = scratch / kata.id
        self.report = KataReport(kata)
        self.trials: list[_Trial] = []

    def submit(self) -> None:
        problems: list[Problem] = []
        misses = read_near_misses(self.kata, problems)
        for problem in problems:
            self.report.add(problem.file.name, f"{problem.key}: {problem.what}" if problem.key else problem.what)
        for text in () if self.only else static_findings(self.kata, misses):
            about, _, what = text.partition(": ")
            self.report.add(about, what)
        missing = why_unavailable(self.kata)
        if missing:
            self.report.add("needs", missing)
            return
        if not (self.kata.acceptance.is_file() and self.kata.stub.is_dir() and self.kata.solution.is_dir()):
            return
        self._try(lay_out_stub(self.kata, self.scratch), SEEDS[:1])
        self._try(lay_out_solution(self.kata, self.scratch), SEEDS)
        for variant in variants(self.kata):
            self.report.variants += 1
            self._try(lay_out_variant(self.kata, variant, self.scratch), SEEDS)
        for miss in misses:
            try:
                # What is written down must not hang on the values of one run.
                self._try(lay_out_near_miss(self.kata, miss, self.scratch), SEEDS if self.record else SEEDS[:1])
            except EditError as error:
                self.report.add(f"near miss {miss.name}", str(error))

    def _try(self, candidate: Candidate, seeds: Iterable[int]) -> None:
        if self.only and not self.only & {candidate.kind, candidate.name}:
            return
        for number, seed in enumerate(seeds):
            names = self.kata.check_names if number == 0 else tuple(reversed(self.kata.check_names))
            self.trials.append(_Trial(candidate, self._submit(candidate, names, seed)))

    def _submit(self, candidate: Candidate, names: tuple[str, ...], seed: int) -> KataRun:
        return self.scheduler.submit(self.kata, candidate.folder, names, seed)

    @property
    def runs(self) -> list[KataRun]:
        return [trial.run for trial in self.trials]

    def conclude(self) -> KataReport:
        for trial in self.trials:
            result = conclude(self.kata, trial.run.ordered_results(), trial.run.seconds)
            judge = {"stub": self._stub, "near miss": self._near_miss}.get(trial.candidate.kind, self._solution)
            judge(trial, result)
        if not self.only:
            self._every_check_can_fail()
            self._symptoms()
        return self.report

    def _symptoms(self) -> None:
        found = {one.near_miss.name: symptoms_of(one.result.checks) for one in self.report.near_misses}
        # What was found on a bad day would be taken for the way it is.
        if self.record and self.report.ok:
            write_symptoms(self.kata, found)
            for one in self.report.near_misses:
                # The causes were looked up before this was written.
                one.result = conclude(self.kata, one.result.checks, one.result.seconds)
        recorded = read_symptoms(self.kata)
        stale = [name for name in found if name not in recorded or not _same_way(recorded[name], found[name])]
        for name in [*stale, *sorted(recorded.keys() - found.keys())]:
            self.report.add(FILE, f"does not tell how {name} fails today; run verify with --record")

    def _stub(self, trial: _Trial, result: KataResult) -> None:
        del trial
        self.report.stub = result
        for check in result.checks:
            kind = check.explanation.kind if check.explanation else "missing"
            if check.outcome == "passed":
                self.report.add("stub", f"passes {check.name}")
            elif kind != "assertion":
                message = check.explanation.headline if check.explanation else ""
                self.report.add("stub", f"fails {check.name} by {kind} and not by an assertion: {message}")

    def _solution(self, trial: _Trial, result: KataResult) -> None:
        name = trial.candidate.kind if trial.candidate.kind == "solution" else f"variant {trial.candidate.name}"
        for check in result.failed:
            headline = check.explanation.headline if check.explanation else "no result"
            self.report.add(name, f"fails {check.name} (seed {trial.run.seed}): {headline}")
        if trial.candidate.kind == "solution":
            self.report.seconds = sum(check.seconds for check in result.checks)
            self._readme_names(trial.run.routes)

    def _readme_names(self, routes: set[str]) -> None:
        readme = self.kata.readme.read_text("utf-8") if self.kata.readme.is_file() else ""
        for route in sorted(routes - {"/openapi.json", "/docs", "/redoc"}):
            plain = route.replace(":path}", "}").replace(":int}", "}")
            if plain not in readme and route not in readme:
                what = f"does not name {plain}, which the checks ask for"
                if not any(finding.what == what for finding in self.report.findings):
                    self.report.add("README.md", what)

    def _near_miss(self, trial: _Trial, result: KataResult) -> None:
        miss = trial.candidate.near_miss
        assert miss is not None  # noqa: S101 - every candidate of this kind has one
        if trial.run.seed != SEEDS[0]:
            self._same_with_another_seed(miss, result)
            return
        # One that passed has passed by luck, and that is a finding however it ends the next time.
        if not self.record and result.status != "solved" and not self._as_told(miss, result):
            result = self._once_more(trial)
        self.report.near_misses.append(NearMissReport(miss, result))
        for text in _near_miss_findings(miss, result):
            self.report.add(f"near miss {miss.name}", text)

    def _as_told(self, miss: NearMiss, result: KataResult) -> bool:
        known = read_symptoms(self.kata).get(miss.name, {})
        return not _near_miss_findings(miss, result) and _same_way(known, symptoms_of(result.checks))

    def _once_more(self, trial: _Trial) -> KataResult:
        """Try a near miss a second time: on a machine that is busy, a server's last words may come too late once."""
        run = self._submit(trial.candidate, self.kata.check_names, trial.run.seed)
        self.scheduler.wait(run)
        return conclude(self.kata, run.ordered_results(), run.seconds)

    def _same_with_another_seed(self, miss: NearMiss, result: KataResult) -> None:
        first = next(one.result for one in self.report.near_misses if one.near_miss.name == miss.name)
        if not _same_way(symptoms_of(first.checks), symptoms_of(result.checks)):
            self.report.add(f"near miss {miss.name}", _difference(first, result))

    def _every_check_can_fail(self) -> None:
        caught = {name for report in self.report.near_misses for name in report.result.failed_names}
        if not self.report.stub:
            return
        told = [check.explanation.headline if check.explanation else "" for check in self.report.stub.checks]
        for check in self.report.stub.checks:
            headline = check.explanation.headline if check.explanation else ""
            if check.name not in caught and told.count(headline) > 1:
                self.report.add(check.name, "no near miss fails it, and the stub fails it for the reason of others")


def _near_miss_findings(miss: NearMiss, result: KataResult) -> list[str]:
    """Say where a near miss does not fail as its author promised."""
    if result.status == "solved":
        return ["passes every check"]
    findings = [f"is not caught by {name}" for name in sorted(miss.caught_by - result.failed_names)]
    surplus = sorted(result.failed_names - miss.caught_by)
    findings += [f"also fails {name}, which caught_by does not name" for name in surplus]
    for check in result.failed:
        kind = check.explanation.kind if check.explanation else "missing"
        by_the_check = kind == "error" and check.explanation is not None and not check.explanation.error
        if kind in _CRASHES or by_the_check:
            findings.append(f"fails {check.name} by {kind}, not by an assertion")
    return findings


def _difference(first: KataResult, second: KataResult) -> str:
    one, other = symptoms_of(first.checks), symptoms_of(second.checks)
    differing = sorted(name for name in one.keys() | other.keys() if not _is_alike(one, other, name))
    return f"fails {', '.join(differing)} in another way with another seed and order"


def _same_way(one: Symptoms, other: Symptoms) -> bool:
    """Compare without the lines of servers: other versions and busy machines print other ones."""
    return are_alike(one, other, quoted=False)


def _is_alike(one: Symptoms, other: Symptoms, name: str) -> bool:
    return name in one and name in other and one[name].is_like(other[name], quoted=False)


def verify(  # noqa: PLR0913 - one for each option of the command
    katas: Iterable[Kata],
    jobs: int | None = None,
    mode: Mode | None = None,
    *,
    record: bool = False,
    only: Iterable[str] = (),
    done: Callable[[KataReport], None] | None = None,
) -> list[KataReport]:
    """Put katas through the gate, ``jobs`` candidates at a time.

    ``record`` writes down how each near miss fails. ``only`` names what to
    try (``stub``, ``solution``, variants and near misses); then nothing is
    said of the rest of the kata. ``done`` is told of each kata as it is
    finished.
    """
    with tempfile.TemporaryDirectory(prefix="fastapi-kata-verify-") as folder, _scheduler(jobs, mode) as scheduler:
        reports = []
        gates = (
            _KataGate(kata, scheduler, Path(folder).resolve(), record=record, only=frozenset(only)) for kata in katas
        )
        for gate in _ahead(gates):
            for run in gate.runs:
                scheduler.wait(run)
            report = gate.conclude()
            reports.append(report)
            if done is not None:
                done(report)
        return reports


def _scheduler(jobs: int | None, mode: Mode | None) -> Scheduler:
    return Scheduler(mode or default_mode(), jobs)


def _ahead(gates: Iterable[_KataGate]) -> Iterator[_KataGate]:
    """Yield each kata's gate after the next one was submitted, so that the workers never wait."""
    previous: _KataGate | None = None
    for gate in gates:
        gate.submit()
        if previous is not None:
            yield previous
        previous = gate
    if previous is not None:
        yield previous
