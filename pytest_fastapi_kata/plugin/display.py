"""What the terminal shows: one explanation for each kata, then progress and the next step."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.plugin.items import explained
from pytest_fastapi_kata.plugin.reporting import ATTRIBUTE, Reporting
from pytest_fastapi_kata.plugin.terminal import StyledText, columns, write_lines
from pytest_fastapi_kata.progress import all_notes, installed
from pytest_fastapi_kata.reports.explained import failure_lines
from pytest_fastapi_kata.reports.lines import Line, flowing, line, wrapped
from pytest_fastapi_kata.reports.overview import next_step, overview_lines
from pytest_fastapi_kata.results import CheckResult


class Explanations:
    """Narrows pytest's section of failures to the first failed check of each kata."""

    def __init__(self, reporting: Reporting) -> None:
        self.reporting = reporting
        self.everything: list[Any] = []

    def pytest_report_header(self) -> str:
        """Say which kit and which FastAPI judge."""
        plan = self.reporting.plan
        count = len(plan.katas)
        text = f"fastapi-kata {__version__}, FastAPI {installed('fastapi')}, {count} kata{'s' * (count != 1)}"
        kit = plan.workspace.kit
        return text if kit == __version__ else f"{text} (workspace made with kit {kit or 'unknown'})"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, None, None]:
        """Keep the other failed checks of a kata out of the section of failures; the closing words put them back."""
        width = columns(self.reporting.config.get_terminal_writer())
        failed = terminalreporter.stats.get("failed", [])
        self.everything = list(failed)
        failed[:] = [report for report in failed if self._is_shown(report, width)]
        yield

    def _is_shown(self, report: pytest.TestReport, width: int) -> bool:
        data = getattr(report, ATTRIBUTE, None)
        if not data:
            return True
        result = self.reporting.result(self.reporting.plan.catalogue.find(data["kata"]))
        check = CheckResult.from_json(data["result"])
        if result.failed and result.failed[0].name == check.name:
            headline = check.explanation.headline if check.explanation else check.title
            report.longrepr = StyledText(list(failure_lines(result, check, width)), headline)
            return True
        report.longrepr = explained(check, width)
        return self.reporting.plan.settings.verbose

    def restore(self, terminalreporter: TerminalReporter) -> None:
        """Put the failed checks back that were kept out."""
        if self.everything:
            terminalreporter.stats["failed"][:] = self.everything


class ClosingWords:
    """Shows problems and notes, and with --kata-progress the map and the next step, after the failures."""

    def __init__(self, reporting: Reporting, explanations: Explanations) -> None:
        self.reporting = reporting
        self.explanations = explanations

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter, config: pytest.Config) -> None:
        """Write what there is to say."""
        self.explanations.restore(terminalreporter)
        reporting, writer = self.reporting, config.get_terminal_writer()
        plan, width = reporting.plan, columns(writer)
        for kata in reporting.just_solved:
            write_lines(writer, flowing(_solved_line(kata), width, "    "))
        if plan.settings.progress and not config.option.collectonly:
            terminalreporter.write_sep("=", "progress")
            write_lines(writer, overview_lines(reporting.results(), width))
            writer.line()
        elif reporting.just_solved:
            write_lines(writer, next_step(reporting.results(), width))
            writer.line()
        notes = [*map(str, plan.catalogue.problems), *all_notes(reporting.record, plan.cache)]
        if notes:
            write_lines(writer, _note_lines(notes, width))


def _solved_line(kata: Kata) -> Line:
    return line(
        ("  ✓ ", "good"),
        f"{kata.id} is solved. An answer to its question: ",
        (f"fastapi-kata answer {kata.id}", "code"),
    )


def _note_lines(notes: list[str], width: int) -> list[Line]:
    lines: list[Line] = []
    for note in notes:
        first, *rest = wrapped(note, width, "        ")
        lines += [line(("  note: ", "warn"), *first[1:]), *rest]
    return [*lines, line()]
