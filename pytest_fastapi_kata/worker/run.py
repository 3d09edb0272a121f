"""Runs the checks of one job with pytest and sends an event for each of them."""

from __future__ import annotations

import faulthandler
import inspect
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.apploader import AppLoader
from pytest_fastapi_kata.comparison import Comparison, compare
from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.worker import fixtures
from pytest_fastapi_kata.worker.explain import explain
from pytest_fastapi_kata.worker.fixtures import BENCH, Bench
from pytest_fastapi_kata.worker.machinery import change_in_words, machinery
from pytest_fastapi_kata.worker.suitehost import SuiteHost

Emit = Callable[..., None]

PRINTED_LIMIT = 2_000
WATCHDOG_GRACE = 1.0
"""Seconds after the check's own limit at which the watchdog writes down where every thread is."""


class CheckRunner:
    """The plugin of the inner pytest run: chooses, orders and reports the checks of a job."""

    def __init__(self, job: Job, emit: Emit, host: SuiteHost | None = None) -> None:
        self.job = job
        self.emit = emit
        loader = AppLoader(Path(job.folder), job.entry, job.app, Path(job.pristine))
        self.bench = Bench(job, loader, host or SuiteHost())
        # Bound now: what comes later may be the learner's.
        self._changes = machinery().changes
        self.comparison: Comparison | None = None
        self.importing = False
        self._failure: dict[str, Any] | None = None
        self._skipped = False
        self._failed_importing = False
        self._began = 0.0
        self._stacks: Any = None
        self._watch_imports()

    def _watch_imports(self) -> None:
        load = self.bench.loader.load

        def watched(name: str | None = None) -> Any:
            self.importing = True
            self.emit(event="importing")
            module = load(name)
            self.importing = False
            self.emit(event="imported")
            return module

        self.bench.loader.load = watched  # type: ignore[method-assign]

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the fixtures know the job, and the learner's modules importable."""
        config.stash[BENCH] = self.bench
        # After anyio's plugin, so that its choice of backends is ours to override.
        config.pluginmanager.register(fixtures)
        self._stacks = Path(self.job.stacks).open("wb")  # noqa: SIM115 - the watchdog keeps it
        self.bench.loader.install()

    def pytest_unconfigure(self) -> None:
        """Undo what configuring did."""
        faulthandler.cancel_dump_traceback_later()
        self._stacks.close()
        self.bench.loader.uninstall()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the checks of the job, in its order."""
        by_name = {item.name: item for item in items}
        items[:] = [by_name[name] for name in self.job.checks if name in by_name]
        for item in items:
            if "kata_bench" not in getattr(item, "fixturenames", ()):
                item.fixturenames.insert(0, "kata_bench")  # type: ignore[attr-defined]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Send an event before and after each check, with the watchdog set."""
        self._failure = None
        self._skipped = False
        self._failed_importing = False
        self.comparison = None
        self.importing = False
        self._began = time.perf_counter()
        self.emit(event="started", check=item.name)
        self._stacks.seek(0)
        self._stacks.truncate()
        if not self.job.in_process:
            faulthandler.dump_traceback_later(self.job.timeout + WATCHDOG_GRACE, file=self._stacks)
        try:
            return (yield)
        except (pytest.exit.Exception, KeyboardInterrupt) as error:
            # These end the inner run; what is left of the job goes on in a new process.
            self._failure = self._explain(item, error, None).to_json()
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._finish(item)

    def _finish(self, item: pytest.Item) -> None:
        changed = self._changes()
        if changed:
            # Whatever the check has found, it found with tools that are not to be trusted.
            words = change_in_words(changed)
            self._failure = Explanation(requirement_of(item), "assertion", words, seed=self.job.seed).to_json()
        outcome = "failed" if self._failure or self._skipped else "passed"
        self.emit(
            event="finished",
            check=item.name,
            outcome=outcome,
            skipped=self._skipped,
            importing=self._failed_importing,
            explanation=self._failure,
            seconds=time.perf_counter() - self._began,
            routes=sorted({record.exchange.route for record in self.bench.recorder.records} - {""}),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, name: str, obj: object) -> None:
        """Run asynchronous checks with anyio's plugin, unasked."""
        if name.startswith("test_") and inspect.iscoroutinefunction(obj):
            pytest.mark.usefixtures("anyio_backend")(pytest.mark.anyio(obj))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say that the checks cannot be imported; of the reason only the last line, which quotes no source."""
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self.emit(event="internal", text=f"Its checks cannot be imported: {lines[-1] if lines else 'no reason'}")

    def pytest_internalerror(self, excrepr: object) -> None:
        """Say that the kit failed, so that nobody looks for the fault in the learner's code."""
        self.emit(event="internal", text=str(excrepr)[-2000:])

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Remember what the failing assert compared; the last comparison is the one that failed."""
        self.comparison = compare(op, left, right)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Explain the first thing that went wrong in set-up, call or tear-down."""
        report = yield
        if report.skipped or hasattr(report, "wasxfail"):
            self._skipped = True
        elif call.excinfo is not None and self._failure is None:
            self._failure = self._explain(item, call.excinfo.value, report).to_json()
        return report

    def _explain(self, item: pytest.Item, error: BaseException, report: pytest.TestReport | None) -> Explanation:
        explanation = explain(
            error,
            requirement=requirement_of(item),
            folder=self.bench.loader.folder,
            acceptance=Path(self.job.acceptance),
            recorder=self.bench.recorder,
            comparison=self.comparison,
            importing=self.importing,
            printed=_printed(report) if report is not None else "",
            seed=self.job.seed,
        )
        self._failed_importing = self.importing
        self.importing = False
        return explanation


def requirement_of(item: pytest.Item) -> str:
    """Return the first paragraph of the check's docstring, which states what is required."""
    docstring = getattr(getattr(item, "obj", None), "__doc__", None) or ""
    return " ".join(docstring.strip().partition("\n\n")[0].split())


def _printed(report: pytest.TestReport) -> str:
    text = (report.capstdout + report.capstderr).strip()
    return text if len(text) <= PRINTED_LIMIT else f"…{text[-PRINTED_LIMIT:]}"


def run_job(job: Job, emit: Emit, host: SuiteHost | None = None) -> None:
    """Run a job's checks, emitting ``started`` and ``finished`` for each and ``done`` at the end.

    ``host`` runs the learner's test suites, if the checks judge one.
    """
    runner = CheckRunner(job, emit, host)
    os.chdir(job.folder)
    arguments = [
        job.acceptance,
        "--import-mode=importlib",
        f"--rootdir={Path(job.acceptance).parent}",
        "--disable-plugin-autoload",
        "-c", os.devnull,
        "-p", "no:cacheprovider",
        "-p", "no:faulthandler",
        "-p", "no:unraisableexception",
        "-p", "no:threadexception",
        "-p", "pytest_timeout",
        "-p", "anyio.pytest_plugin",
        f"--timeout={0 if job.in_process else job.timeout}",
        "-o", "addopts=",
        "-W", "default",
    ]  # fmt: skip
    if job.in_process:
        # The learner's own output is to be seen, the inner run's is not.
        # A breakpoint is for the outer run, which has the terminal.
        arguments += ["--capture=no", "-p", "no:terminal", "-p", "no:debugging"]
    else:
        arguments += ["-qq", "--no-header", "--tb=no", "--disable-warnings"]
    status = pytest.main(arguments, plugins=[runner])
    emit(event="done", status=int(status))
