"""Finds the katas of the workspace, and leaves out those that need not run."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from pytest_fastapi_kata.plugin.items import CheckItem, KataFolder
from pytest_fastapi_kata.plugin.plan import Plan
from pytest_fastapi_kata.plugin.running import Runner


class Collection:
    """The plugin that collects."""

    def __init__(self, config: pytest.Config, plan: Plan, runner: Runner) -> None:
        self.config = config
        self.plan = plan
        self.runner = runner
        self.left_out = 0

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> KataFolder | None:
        """Take over the folders of katas."""
        kata = self.plan.catalogue.in_folder(f"{path.parent.name}/{path.name}")
        # Editors may give the root folder through a link, and pytest the folders in it without.
        if kata is None or path.parent.parent.resolve() != self.plan.workspace.katas_root.resolve():
            return None
        return KataFolder.create(parent, path, kata, self.plan, self.runner)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Keep each kata's checks together, and leave out what need not run, after -k and -m have chosen."""
        yield
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            (kept if self._is_wanted(item) else left_out).append(item)
        if left_out and not self.config.option.collectonly:
            self.left_out = len(left_out)
            items[:] = kept
            self.config.hook.pytest_deselected(items=left_out)

    def _is_wanted(self, item: pytest.Item) -> bool:
        return not isinstance(item, CheckItem) or self.plan.decide(item.kata) in ("run", "unavailable")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell the runner what was selected, and let the workers warm up."""
        items = [item for item in session.items if isinstance(item, CheckItem)]
        self.runner.plan([(item.kata, item.check.name) for item in items])
        if self._wants_one_process(items):
            self.runner.in_process = True
        if items and not self.config.option.collectonly:
            self.runner.warm()

    def _wants_one_process(self, items: list[CheckItem]) -> bool:
        option = self.config.option
        interactive = getattr(option, "usepdb", False) or option.capture == "no"
        return (
            bool(interactive) and len({item.kata.id for item in items}) == 1 and not hasattr(self.config, "workerinput")
        )
