"""Gathers results from pytest's reports, keeps the record, and writes reports to files."""

from __future__ import annotations

import platform
from collections.abc import Generator
from pathlib import Path

import pytest

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.plugin.collection import Collection
from pytest_fastapi_kata.plugin.items import CheckFailedError, CheckItem, explained
from pytest_fastapi_kata.plugin.plan import Plan
from pytest_fastapi_kata.plugin.running import Runner
from pytest_fastapi_kata.progress import Record, installed, result_key
from pytest_fastapi_kata.reports.jsonreport import json_report
from pytest_fastapi_kata.reports.page import html_page, svg_badge
from pytest_fastapi_kata.results import CheckResult, KataResult, RunInfo
from pytest_fastapi_kata.verdict import conclude

ATTRIBUTE = "fastapi_kata"
"""The attribute under which a report carries a check's result, also from the workers of pytest-xdist."""


class Reporting:
    """The plugin that reports; with pytest-xdist it works in the first process only."""

    def __init__(
        self, config: pytest.Config, plan: Plan, record: Record, collection: Collection, runner: Runner
    ) -> None:
        self.config = config
        self.plan = plan
        self.record = record
        self.collection = collection
        self.runner = runner
        self.is_worker = hasattr(config, "workerinput")
        self.checks: dict[str, dict[str, CheckResult]] = {}
        self.recorded: set[str] = set()
        self.just_solved: list[Kata] = []
        self._keys: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the check's result to the report of its call, and see that the report tells the same."""
        report = yield
        if isinstance(item, CheckItem) and report.when == "call" and item.result is not None:
            report.duration = item.result.seconds
            setattr(report, ATTRIBUTE, {"kata": item.kata.id, "result": item.result.to_json()})
            if call.excinfo is not None and not isinstance(call.excinfo.value, CheckFailedError):
                setattr(report, ATTRIBUTE, None)
            elif item.result.outcome != "passed" and not report.failed:
                # A mark or a hook of the workspace's own has made something else of it.
                report.outcome, report.longrepr = "failed", explained(item.result)
        return report

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Take the key of a kata's files before its first check runs: the result holds for this state."""
        if isinstance(item, CheckItem):
            self._key(item.kata)

    def _key(self, kata: Kata) -> str:
        if kata.id not in self._keys:
            self._keys[kata.id] = result_key(self.plan.workspace, kata)
        return self._keys[kata.id]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect results; a kata whose checks are all in is recorded at once."""
        data = getattr(report, ATTRIBUTE, None)
        if not data or self.is_worker:
            return
        result = CheckResult.from_json(data["result"])
        if report.failed:
            # pytest-xdist brings a bare text; the explanation has more to show.
            report.longrepr = explained(result)
        kata = self.plan.catalogue.find(data["kata"])
        self.checks.setdefault(kata.id, {})[result.name] = result
        if len(self.checks[kata.id]) == len(kata.checks):
            self._keep(kata)

    def _keep(self, kata: Kata) -> None:
        if kata.id in self.recorded:
            return
        self.recorded.add(kata.id)
        result, key = self.result(kata), self._key(kata)
        changed = self.plan.cache.has_changed(kata, key)
        # A kata that was asked for by name is confirmed also when it was solved before.
        if result.status == "solved" and ("solved_at" not in self.record.entry(kata) or self.plan.is_named(kata)):
            self.just_solved.append(kata)
        self.record.note_results([(result, changed)])
        if len(result.checks) == len(kata.checks) and key == result_key(self.plan.workspace, kata):
            self.plan.cache.put([(result, key)])

    def result(self, kata: Kata) -> KataResult:
        """Return where a kata stands after what has run so far."""
        found = self.checks.get(kata.id)
        if not found:
            return self.plan.standing(kata)
        checks = [found[name] for name in kata.check_names if name in found]
        result = conclude(kata, checks, sum(check.seconds for check in checks))
        if result.status == "partial":
            known = self.plan.cache.get(kata)
            if known is not None and known.status == "solved":
                return known
        return result

    def results(self) -> list[KataResult]:
        """Return where every kata of the workspace stands, in order."""
        return [self.result(kata) for kata in self.plan.katas]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Record what is left, write the reports, and turn "nothing collected" into success where it is one."""
        self.runner.close()
        if not self.is_worker:
            for name in list(self.checks):
                self._keep(self.plan.catalogue.find(name))
            self._write_reports()
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._nothing_to_do():
            session.exitstatus = pytest.ExitCode.OK
        yield
        if session.exitstatus == pytest.ExitCode.OK and self._has_failed():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _has_failed(self) -> bool:
        return any(check.outcome != "passed" for found in self.checks.values() for check in found.values())

    def _nothing_to_do(self) -> bool:
        return bool(self.collection.left_out) or (self._has_xdist() and bool(self.plan.katas))

    def _has_xdist(self) -> bool:
        return bool(getattr(self.config.option, "numprocesses", None)) and not self.is_worker

    def _write_reports(self) -> None:
        if self.config.option.collectonly:
            return
        settings = self.plan.settings
        info = RunInfo(__version__, installed("fastapi"), platform.python_version(), settings.seed)
        if settings.json_path is not None:
            self._write(settings.json_path, "JSON report", json_report(self.results(), info))
        if settings.html_path is not None:
            self._write(settings.html_path, "HTML page", html_page(self.results(), info))
        if settings.badge_path is not None:
            self._write(settings.badge_path, "badge", svg_badge(self.results()))

    def _write(self, path: Path, what: str, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.record.notes.append(f"The {what} could not be written to {path} ({error.strerror}).")
