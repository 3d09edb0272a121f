"""The same checks as plain pytest, without isolation: one process, the app imported once for each kata.

Loaded with ``-p plain`` by run.py. It is the yardstick for the kit's own runs, and judges nothing: state leaks from
check to check, and a crash ends it all.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_fastapi_kata.apploader import AppLoader
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.worker import fixtures
from pytest_fastapi_kata.worker.fixtures import BENCH, Bench


class _OnceLoader(AppLoader):
    """Imports each module once, and never forgets it while its kata is running."""

    def __init__(self, job: Job) -> None:
        super().__init__(Path(job.folder), job.entry, job.app, Path(job.pristine))
        self._loaded: dict[str, ModuleType] = {}

    def load(self, name: str | None = None) -> ModuleType:
        key = name or self.module_name
        if key not in self._loaded:
            self._loaded[key] = super().load(name)
        return self._loaded[key]

    def forget(self) -> None:
        pass

    def leave(self) -> None:
        AppLoader.forget(self)
        self.uninstall()


class _Plain:
    def __init__(self) -> None:
        self.jobs = {job["acceptance"]: Job(**job) for job in json.loads(os.environ["PLAIN_JOBS"])}
        self.current: str | None = None
        self.bench: Bench | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        path = str(item.path)
        if path != self.current:
            if self.bench is not None:
                self.bench.loader.leave()
            job = self.jobs[path]
            self.current, self.bench = path, Bench(job, _OnceLoader(job))
            self.bench.loader.install()
            item.config.stash[BENCH] = self.bench


def pytest_configure(config: pytest.Config) -> None:
    """Take the place of the kit's own runner."""
    sys.dont_write_bytecode = False
    config.pluginmanager.register(_Plain())
    config.pluginmanager.register(fixtures)
