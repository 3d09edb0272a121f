"""With pytest-xdist: a kata's checks stay on one worker, and all workers use one seed."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_fastapi_kata.plugin.settings import Settings


class TogetherOnOneWorker:
    """The plugin for the first process of a distributed run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def pytest_configure_node(self, node: Any) -> None:
        """Hand the seed to a worker."""
        node.workerinput["kata_seed"] = self.settings.seed

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Distribute whole files, which are whole katas."""
        from xdist.scheduler import LoadFileScheduling  # only there with pytest-xdist

        return LoadFileScheduling(config, log)
