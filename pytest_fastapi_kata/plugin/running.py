"""Gets the results of checks: katas run in workers, or in this process where a debugger wants it."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.isolation.processes import Mode, default_mode
from pytest_fastapi_kata.isolation.scheduler import KataRun, Scheduler
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.plugin.settings import Settings
from pytest_fastapi_kata.results import CheckResult
from pytest_fastapi_kata.workspace import Workspace

if TYPE_CHECKING:
    from pytest_fastapi_kata.plugin.items import CheckItem


class Runner:
    """Hands out results of checks, running each kata once for all its selected checks."""

    def __init__(self, workspace: Workspace, settings: Settings, *, one_at_a_time: bool) -> None:
        self._workspace = workspace
        self._settings = settings
        self._limit = 1 if one_at_a_time else None
        self._scheduler: Scheduler | None = None
        self._planned: dict[str, tuple[Kata, list[str]]] = {}
        self._runs: dict[str, KataRun] = {}
        self._handed_out: set[tuple[str, str]] = set()
        self.in_process = settings.isolation == "none"

    def plan(self, checks: list[tuple[Kata, str]]) -> None:
        """Take note of all checks that were selected, in their order."""
        for kata, name in checks:
            self._planned.setdefault(kata.id, (kata, []))[1].append(name)

    def why_unavailable(self, kata: Kata) -> str:
        """Return what the kata needs and lacks, or an empty text."""
        return why_unavailable(kata)

    def warm(self) -> None:
        """Start the workers, so that they are ready when the first result is asked for."""
        if self._planned and not self.in_process:
            self._open().warm()

    def result(self, item: CheckItem) -> CheckResult:
        """Return the result of an item's check; a second request runs the check again."""
        kata, name = item.kata, item.check.name
        if (kata.id, name) in self._handed_out:
            run = self._run(kata, [name])
        else:
            self._handed_out.add((kata.id, name))
            run = self._run_of(kata, name)
        if not self.in_process:
            self._open().wait(run, name)
        return run.results[name]

    def seconds(self, kata: Kata) -> float:
        """Return how long the kata's checks took together."""
        run = self._runs.get(kata.id)
        return sum(check.seconds for check in run.results.values()) if run else 0.0

    def _run_of(self, kata: Kata, name: str) -> KataRun:
        if kata.id not in self._runs:
            if self._limit is None and not self.in_process:
                # All katas at once: the scheduler starts the next ones while this one reports.
                for planned, names in self._planned.values():
                    if planned.id not in self._runs:
                        self._runs[planned.id] = self._run(planned, names)
            if kata.id not in self._runs:
                _, names = self._planned.get(kata.id, (kata, [name]))
                self._runs[kata.id] = self._run(kata, names)
        return self._runs[kata.id]

    def _run(self, kata: Kata, names: list[str]) -> KataRun:
        folder = self._workspace.folder(kata)
        if self.in_process:
            return run_here(kata, folder, names, self._settings.seed)
        return self._open().submit(kata, folder, names, self._settings.seed)

    def _open(self) -> Scheduler:
        if self._scheduler is None:
            chosen = self._settings.isolation
            mode: Mode = chosen if chosen == "fork" or chosen == "spawn" else default_mode()  # noqa: PLR1714 - mypy narrows this
            self._scheduler = Scheduler(mode, self._limit)
        return self._scheduler

    def close(self) -> None:
        """End all workers."""
        if self._scheduler is not None:
            self._scheduler.close()
            self._scheduler = None


def run_here(kata: Kata, folder: Path, names: list[str], seed: int) -> KataRun:
    """Run a kata's checks in this process, for a debugger or to see its output; nothing bounds it."""
    from pytest_fastapi_kata.worker.run import run_job  # imports fastapi

    run = KataRun(kata, folder, tuple(names), seed)
    cwd = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="fastapi-kata-") as scratch:
        stacks, token = str(Path(scratch, "stacks")), secrets.token_hex(16)
        job = Job.of(kata, folder, names, seed=seed, token=token, stacks=stacks, in_process=True)
        try:
            run_job(job, _taker(run))
        finally:
            import os

            os.chdir(cwd)
    for name in run.pending:
        explanation = Explanation(kata.check(name).title, "missing", "The check did not come to its end.", seed=seed)
        run.results[name] = CheckResult(name, kata.check(name).title, "missing", explanation)
    run.finished = True
    return run


def _taker(run: KataRun) -> Callable[..., None]:
    def take(**event: Any) -> None:
        if event["event"] == "finished":
            data = event["explanation"]
            explanation = Explanation.from_json(data) if data else None
            name = event["check"]
            title = run.kata.check(name).title
            if event["skipped"]:
                explanation = Explanation(
                    title, "assertion", "The check was skipped, and a skipped check is not passed."
                )
            passed = event["outcome"] == "passed" and explanation is None
            run.results[name] = CheckResult(
                name, title, "passed" if passed else "failed", explanation, event["seconds"]
            )

    return take
