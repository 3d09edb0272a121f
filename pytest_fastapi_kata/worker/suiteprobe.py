"""Runs one test suite with pytest in this process, and writes down what each test did.

As a program (``python -P -m …worker.suiteprobe RUN REPORT``) it does so for one
run; where processes can be forked, the suite host calls it in a fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.suites import SuiteResult, SuiteRun, TestOutcome

_WORST_FIRST = ("failed", "error", "xfailed", "xpassed", "passed", "skipped")
_MESSAGE = 600
_LINES = 6
_OUTPUT = 3_000


class Probe:
    """The plugin of a suite's run: orders, counts and reports its tests."""

    def __init__(self, run: SuiteRun, report: Path) -> None:
        self.run = run
        self.folder = Path(run.folder)
        self.report = report
        self.tests: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.requests = 0
        self.asserts = 0
        self.collected = 0
        self._messages: dict[str, tuple[str, str]] = {}
        self._outcomes: dict[str, str] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Count requests, and make generated tests repeat themselves."""
        del config
        self._count_requests()
        hypothesis: Any = sys.modules.get("hypothesis")
        if hypothesis is not None:
            hypothesis.settings.register_profile(
                "kata",
                derandomize=True,
                database=None,
                deadline=None,
                max_examples=30,
                # Whether examples are made fast enough depends on how busy the machine is.
                suppress_health_check=[hypothesis.HealthCheck.too_slow],
            )
            hypothesis.settings.load_profile("kata")

    def _count_requests(self) -> None:
        from fastapi import FastAPI

        probe, original = self, FastAPI.__call__

        async def counted(app: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "lifespan" and probe.counts(app):
                probe.requests += 1
            await original(app, scope, receive, send)

        FastAPI.__call__ = counted  # type: ignore[method-assign, assignment]

    def counts(self, app: Any) -> bool:
        """Say whether a request to this app counts."""
        return self.run.counted == "any" or getattr(sys.modules.get("app"), "app", None) is app

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Turn the order round if the run says so."""
        self.collected = len(items)
        if self.run.reverse:
            items.reverse()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what cannot be collected."""
        if report.failed:
            lines = [line for line in str(report.longrepr).strip().splitlines() if line.strip()]
            errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
            self.problems.append(f"{report.nodeid or 'the folder'}: {self._short(errors or lines[-1:])}")

    def pytest_assertion_pass(self) -> None:
        """Count an assert that held."""
        self.asserts += 1

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what one test did, its set-up and tear-down included."""
        self.requests = self.asserts = 0
        self._messages.clear()
        self._outcomes.clear()
        self._write(running=self._name(item))
        try:
            return (yield)
        finally:
            message, place = next(iter(self._messages.values()), ("", ""))
            outcome = TestOutcome(
                name=self._name(item),
                file=self._file(item),
                outcome=self._outcome(),
                message=message,
                place=place,
                requests=self.requests,
                asserts=self.asserts,
                overrides_left=self._overrides(),
                markers=tuple(sorted({mark.name for mark in item.iter_markers()})),
            )
            self.tests.append(asdict(outcome))
            if self.is_decided:
                item.session.shouldstop = "a test has failed"

    @property
    def is_decided(self) -> bool:
        """Whether a test has failed in a run that ends with it."""
        return self.run.stops and any(test["outcome"] == "failed" for test in self.tests)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome of each phase."""
        report = yield
        kind = report.outcome
        if hasattr(report, "wasxfail"):
            kind = "xfailed" if report.skipped else "xpassed"  # type: ignore[assignment]
        elif report.failed and call.excinfo is not None:
            # An assert in a fixture's set-up is a test's own doing, like one in its call.
            in_setup = report.when == "setup" and isinstance(call.excinfo.value, AssertionError)
            kind = "failed" if report.when == "call" or in_setup else "error"  # type: ignore[assignment]
            self._messages.setdefault(str(report.when), (self._said(call.excinfo), self._place(call.excinfo)))
        elif report.failed:
            self._messages.setdefault(str(report.when), (self._short(str(report.longrepr).splitlines()), ""))
        # A test with subtests reports its call once for each of them, and at last for itself: the worst counts.
        before = self._outcomes.get(str(report.when), "skipped")
        self._outcomes[str(report.when)] = min(before, str(kind), key=_WORST_FIRST.index)
        if report.when == "call" and self._outcomes["call"] == "failed":
            # Should its tear-down never end, this is what is known of it.
            self._write(running=self._name(item), had_failed=True)
        return report

    def _outcome(self) -> str:
        kinds = set(self._outcomes.values())
        if kinds <= {"passed"}:
            return "passed" if "call" in self._outcomes else "error"
        return min(kinds - {"passed"}, key=_WORST_FIRST.index)

    def _overrides(self) -> tuple[str, ...]:
        left = getattr(getattr(sys.modules.get("app"), "app", None), "dependency_overrides", None) or {}
        return tuple(str(getattr(key, "__name__", key)) for key in left)

    def _name(self, item: pytest.Item) -> str:
        return item.nodeid.partition("::")[2] or item.name

    def _file(self, item: pytest.Item) -> str:
        return (
            item.path.relative_to(self.folder).as_posix() if item.path.is_relative_to(self.folder) else item.path.name
        )

    def _place(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        own = [entry for entry in excinfo.traceback if self._is_learners(Path(str(entry.path)))]
        if not own:
            return ""
        return f"{Path(str(own[-1].path)).relative_to(self.folder).as_posix()}, line {own[-1].lineno + 1}"

    def _said(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        try:
            text = str(excinfo.value)
        except Exception as error:  # noqa: BLE001 - the learner's __str__ may do anything
            text = f"(its message cannot be shown: {type(error).__name__})"
        name = excinfo.typename
        return self._short(
            (text if name == "AssertionError" and text else f"{name}: {text}" if text else name).splitlines()
        )

    def _short(self, lines: list[str]) -> str:
        kept = [line.rstrip() for line in lines if line.strip()][:_LINES]
        text = "\n".join(kept)
        for folder in (str(self.folder.resolve()), str(self.folder)):
            # The folder of this run is gone when somebody reads this.
            text = text.replace(folder + os.sep, "").replace(folder, ".")
        return text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]}…"

    def _is_learners(self, path: Path) -> bool:
        return path.is_relative_to(self.folder) and (path.name.startswith(("test_", "conftest")) or "test" in path.stem)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run that never gets here has none."""
        del session
        finished = self.is_decided or (len(self.tests) >= self.collected and int(exitstatus) in (0, 1, 5))
        self._write(state="finished" if finished else "ended", exit_status=int(exitstatus))

    def pytest_internalerror(self, excrepr: object) -> None:
        """Note an error of pytest's own, or of a plugin's."""
        self.problems.append(self._short(str(excrepr).strip().splitlines()[-1:]))

    def _write(
        self, state: str = "ended", running: str = "", exit_status: int | None = None, *, had_failed: bool = False
    ) -> None:
        result = SuiteResult(
            state=state,
            problems=tuple(self.problems),
            running=running,
            had_failed=had_failed,
            observed={name: _observed(name) for name in self.run.observed},
            exit_status=exit_status,
        )
        text = json.dumps({**asdict(result), "tests": self.tests})
        scratch = self.report.with_suffix(".new")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(self.report)


def _observed(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    value = getattr(sys.modules.get(module), attribute, None)
    return value if isinstance(value, int | float | str | bool | None) else repr(value)[:_MESSAGE]


def run_suite(run: SuiteRun, report: Path) -> None:
    """Run pytest on a suite; what the tests did is in the report then."""
    for name in ("PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    if run.temporary:
        _use_for_temporary_files(run.temporary)
    for name, value in run.environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    sys.dont_write_bytecode = True
    os.chdir(run.folder)
    arguments = [
        f"--rootdir={run.folder}",
        "--disable-plugin-autoload",
        "-p", "no:cacheprovider",
        "-p", "no:faulthandler",
        "-o", "enable_assertion_pass_hook=true",
        # Whole values, and no advice about options that the learner did not give.
        "-o", "verbosity_assertions=2",
        "--color=no",
    ]  # fmt: skip
    if not run.own_configuration:
        arguments += ["-c", str(Path(run.folder) / "pytest.ini")]
    for plugin in run.plugins:
        arguments += ["-p", plugin]
    pytest.main([*arguments, *run.options, *run.paths], plugins=[Probe(run, report)])


def _use_for_temporary_files(folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder))
    tempfile.tempdir = None


def tail_of(output: Path) -> str:
    """Return the end of what a run has printed."""
    with contextlib.suppress(OSError):
        return output.read_bytes()[-_OUTPUT:].decode("utf-8", "replace")
    return ""


def main() -> None:
    """Do one run, as a program of its own, and end without ceremony."""
    run, report = sys.argv[1:]
    try:
        run_suite(SuiteRun.from_json(json.loads(Path(run).read_text("utf-8"))), Path(report))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
