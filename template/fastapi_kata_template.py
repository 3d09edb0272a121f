"""What the template knows of the kit: cookiecutter loads this before it asks the first question.

It checks each answer right away, so that a wrong one ends in a message while nothing is written yet. It runs in
cookiecutter's interpreter, where the kit may not be installed: katas and code are taken from beside the template, as
a clone, a zip or a wheel has them. It has to be readable for Pythons that are too old, to be able to say so.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2.ext import Extension

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from jinja2 import Environment

HERE = Path(__file__).resolve().parent
STARTED_IN = os.getcwd()  # cookiecutter changes folders later on
OLDEST_PYTHON = (3, 11)  # the first with tomllib
PACKAGE = "pytest_fastapi_kata"

T = TypeVar("T")


class WorkspaceExtension(Extension):
    """Filters and names for cookiecutter.json, the hooks and the files of a workspace."""

    def __init__(self, environment: Environment) -> None:
        """Load the kit; ImportError, which cookiecutter shows as a plain message, if that cannot be."""
        super().__init__(environment)
        kit = load_kit()
        environment.globals.update(
            kit_requirement=kit.requirement(),
            kit_version=kit.__version__,
            template_folder=str(HERE),
            started_in=STARTED_IN,
        )
        environment.filters.update(
            checked_folder=lambda name: _or_say(lambda: _checked(kit, name)),
            topic_names=lambda text: _or_say(lambda: _topic_names(kit, text)),
            level_names=lambda text: _or_say(lambda: kit.choose_levels(text)),
            kata_count=lambda text, levels: _or_say(lambda: len(kit.choose(load_katas(), text, levels))),
        )


def load_kit() -> ModuleType:
    """Return the kit's module ``scaffold``, from the package that belongs to this template."""
    if sys.version_info < OLDEST_PYTHON:
        raise ImportError(_too_old())
    if PACKAGE not in sys.modules:
        _import_package(_package_folder())
    from pytest_fastapi_kata import scaffold  # noqa: PLC0415 - the lines above make it importable

    return scaffold


def _too_old() -> str:
    needed, here = (".".join(map(str, version)) for version in (OLDEST_PYTHON, sys.version_info[:3]))
    return (
        f"the katas need Python {needed} or newer, and this cookiecutter runs on Python {here}.\n"
        f"Run it with a newer one: `uvx --python {needed} cookiecutter ...`, or\n"
        f"`python{needed} -m pip install cookiecutter` and then `python{needed} -m cookiecutter ...`.\n"
        "Nothing was written."
    )


def _package_folder() -> Path:
    """Return the package's folder: beside the template in a clone or zip, two levels up in a wheel."""
    for folder in (HERE.parent / PACKAGE, HERE.parent.parent):
        if (folder / "scaffold.py").is_file() and (HERE.parent / "katas").is_dir():
            return folder
    msg = (
        f"the katas are missing beside the template (looked in {HERE.parent}).\n"
        "It needs the whole repository: `cookiecutter PATH_OR_URL --directory template`.\n"
        "Nothing was written."
    )
    raise ImportError(msg)


def _import_package(folder: Path) -> None:
    # By its file, not over sys.path: a kit of another version that is installed here must not come in between,
    # and nothing else that lies beside the package shall become importable.
    spec = importlib.util.spec_from_file_location(
        PACKAGE, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        msg = f"cannot load {folder}"
        raise ImportError(msg)
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def load_katas() -> Any:
    """Return the catalogue of the katas beside this template."""
    from pytest_fastapi_kata.catalogue import Pack, load_catalogue  # noqa: PLC0415 - needs load_kit() first

    return load_catalogue([Pack("fastapi", HERE.parent)])


def _topic_names(kit: ModuleType, text: str) -> list[str]:
    """Return the topics by name; all of them stay ``all``, so that an update brings those that come later."""
    chosen = [topic.name for topic in kit.choose_topics(load_katas(), text)]
    return [kit.ALL] if chosen == [topic.name for topic in kit.choose_topics(load_katas())] else chosen


def _checked(kit: ModuleType, name: str) -> str:
    kit.check_folder_name(name)
    return name


def _or_say(answer: Callable[[], T]) -> T:
    """Return the answer, or raise the kit's error as one that cookiecutter shows without a traceback."""
    from cookiecutter.exceptions import FailedHookException  # noqa: PLC0415 - the hook does without cookiecutter
    from pytest_fastapi_kata.exceptions import KataError  # noqa: PLC0415 - needs load_kit() first

    try:
        return answer()
    except KataError as error:
        msg = f"fastapi-kata: {error}\nNothing was written."
        raise FailedHookException(msg) from error
