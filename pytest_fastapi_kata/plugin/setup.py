"""Puts the plugin together for one run in a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_fastapi_kata.catalogue import Catalogue, load_catalogue
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.kata import LEVELS
from pytest_fastapi_kata.plugin.collection import Collection
from pytest_fastapi_kata.plugin.display import ClosingWords, Explanations
from pytest_fastapi_kata.plugin.plan import Plan
from pytest_fastapi_kata.plugin.reporting import Reporting
from pytest_fastapi_kata.plugin.running import Runner
from pytest_fastapi_kata.plugin.settings import read_settings
from pytest_fastapi_kata.plugin.xdist import TogetherOnOneWorker
from pytest_fastapi_kata.progress import Record, ResultCache
from pytest_fastapi_kata.workspace import Workspace, read_workspace


def set_up(config: pytest.Config) -> None:
    """Register what collects, runs and reports; UsageError if the workspace or the kit is of no use."""
    try:
        workspace, catalogue = read_workspace(config.rootpath), load_catalogue()
    except KataError as error:
        raise pytest.UsageError(str(error)) from None
    settings = read_settings(config)
    config.args[:] = [_entry_for(arg, config, workspace, catalogue) for arg in config.args]
    _add_markers(config, catalogue)
    distributed = bool(getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"))
    plan = Plan(workspace, catalogue, settings, ResultCache(workspace), _asked(config))
    runner = Runner(workspace, settings, one_at_a_time=distributed)
    collection = Collection(config, plan, runner)
    reporting = Reporting(config, plan, Record(workspace), collection, runner)
    config.pluginmanager.register(collection, "fastapi-kata-collection")
    config.pluginmanager.register(reporting, "fastapi-kata-reporting")
    explanations = Explanations(reporting)
    config.pluginmanager.register(explanations, "fastapi-kata-explanations")
    config.pluginmanager.register(ClosingWords(reporting, explanations), "fastapi-kata-closing-words")
    config.add_cleanup(runner.close)
    if distributed and config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(TogetherOnOneWorker(settings), "fastapi-kata-xdist")
    _quieten(config)


def _add_markers(config: pytest.Config, catalogue: Catalogue) -> None:
    config.addinivalue_line("markers", "kata(id): the checks of one kata")
    for topic in catalogue.topics.values():
        config.addinivalue_line("markers", f"{topic.name}: katas of the topic {topic.title}")
    for level in LEVELS:
        config.addinivalue_line("markers", f"{level}: katas of the level {level}")


def _entry_for(arg: str, config: pytest.Config, workspace: Workspace, catalogue: Catalogue) -> str:
    """Return the entry in place of another file of the same kata, so that naming any of them runs its checks.

    Test files keep their meaning: they are the learner's own.
    """
    name, colons, rest = arg.partition("::")
    path = Path(config.invocation_params.dir, name).resolve()
    if not path.is_file() or any(path.match(pattern) for pattern in config.getini("python_files")):
        return arg
    kata = next((kata for kata in catalogue if path.is_relative_to(workspace.folder(kata).resolve())), None)
    return arg if kata is None else f"{workspace.entry(kata)}{colons}{rest}"


def _asked(config: pytest.Config) -> tuple[Path, ...]:
    # Standing in a kata's folder names it as well as writing its path does.
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        return ()
    return tuple(Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args)


def _quieten(config: pytest.Config) -> None:
    # The explanations name each failed check; pytest's closing list would say it a second time.
    if getattr(config.option, "reportchars", "") == "fE":
        config.option.reportchars = "E"
