"""Katas in pytest's tree: a kata's folder, its entry file, and one item for each check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.kata import Check, Kata
from pytest_fastapi_kata.plugin.plan import Plan
from pytest_fastapi_kata.plugin.running import Runner
from pytest_fastapi_kata.plugin.terminal import StyledText
from pytest_fastapi_kata.reports.explained import explanation_lines
from pytest_fastapi_kata.results import CheckResult

WIDTH = 88
"""Columns of explanations that go to files, which know no terminal."""


class CheckFailedError(Exception):
    """A check did not pass; the result says why. It never carries the check's own frames to the reader."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result.explanation.headline if result.explanation else result.name)
        self.result = result


class KataFolder(pytest.Directory):
    """A kata's folder: its checks hang off its entry, whether that file is there or not."""

    kata: Kata
    plan: Plan
    runner: Runner

    @classmethod
    def create(cls, parent: pytest.Collector, path: Path, kata: Kata, plan: Plan, runner: Runner) -> KataFolder:
        """Return the node of a kata's folder."""
        node: KataFolder = cls.from_parent(parent, path=path)
        node.kata, node.plan, node.runner = kata, plan, runner
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the entry with the checks, and the learner's own tests if pytest was asked for them."""
        entry: KataEntry = KataEntry.from_parent(self, path=self.path / self.kata.entry)
        entry.kata, entry.runner = self.kata, self.runner
        yield entry
        yield from self._own_tests()

    def _own_tests(self) -> Iterator[pytest.Collector]:
        here = self.path.resolve()
        asked = [path for path in self.plan.asked if path.is_relative_to(here)]
        patterns = self.config.getini("python_files")
        for path in sorted(self.path.iterdir()) if asked else ():
            real = here / path.name
            if path.is_dir():
                if here in asked or any(one.is_relative_to(real) for one in asked):
                    yield from _directory(self.ihook.pytest_collect_directory(path=path, parent=self))
                continue
            # The entry's own path stands for its checks; the tests in it are asked for with their folder.
            wanted = real in asked and path.name != self.kata.entry
            wanted = wanted or (here in asked and any(path.match(pattern) for pattern in patterns))
            if wanted and path.suffix == ".py" and path.is_file():
                yield from self.ihook.pytest_collect_file(file_path=path, parent=self)


def _directory(found: pytest.Collector | None) -> Iterator[pytest.Collector]:
    if found is not None:
        yield found


class KataEntry(pytest.File):
    """A kata's entry file; it is never imported in this process."""

    kata: Kata
    runner: Runner

    def collect(self) -> Iterable[pytest.Item]:
        """Yield one item for each check of the kata."""
        self.add_marker(self.kata.topic.name)
        self.add_marker(self.kata.level)
        self.add_marker(pytest.mark.kata(self.kata.id))
        for check in self.kata.checks:
            yield CheckItem.create(self, self.kata, check, self.runner)


class CheckItem(pytest.Item):
    """One hidden check, run elsewhere; here it only gets its result."""

    kata: Kata
    check: Check
    runner: Runner
    result: CheckResult | None

    @classmethod
    def create(cls, parent: KataEntry, kata: Kata, check: Check, runner: Runner) -> CheckItem:
        """Return the item of a check."""
        item: CheckItem = cls.from_parent(parent, name=check.name)
        item.kata, item.check, item.runner, item.result = kata, check, runner, None
        return item

    def setup(self) -> None:
        """Skip the check if the kata needs something that is not installed."""
        reason = self.runner.why_unavailable(self.kata)
        if reason:
            pytest.skip(reason)

    def runtest(self) -> None:
        """Wait for the check's result and fail if it is anything but passed."""
        # Frames between here and the reader would show the kit, not the learner's code.
        __tracebackhide__ = True
        self.result = self.runner.result(self)
        if self.result.outcome != "passed":
            raise CheckFailedError(self.result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the explanation in place of any traceback, whatever ``--tb`` asks for."""
        if isinstance(excinfo.value, CheckFailedError):
            return explained(excinfo.value.result)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the check is said to be: in the learner's file."""
        return self.path, 0, f"{self.kata.id} · {self.check.title}"


def explained(result: CheckResult, width: int = WIDTH) -> StyledText:
    """Return a failed check's explanation as pytest prints and stores it."""
    explanation = result.explanation or Explanation(result.title, "missing", "The check reported nothing.")
    return StyledText(list(explanation_lines(explanation, width)), headline=explanation.headline)
