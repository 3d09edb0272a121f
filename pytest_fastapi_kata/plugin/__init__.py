"""The pytest plugin: loaded in every pytest run on the machine, at work only in a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ISOLATIONS = ("auto", "fork", "spawn", "none")
_INI = (
    ("kata_progress", "bool", "run what was started or changed, and show the progress by topic and level"),
    ("kata_fresh", "bool", "run solved katas again, too"),
    ("kata_all", "bool", "run untouched stubs, too"),
    ("kata_verbose", "bool", "explain every failed check, not only the first of each kata"),
    ("kata_json", "string", "write the results to this file as JSON"),
    ("kata_html", "string", "write the results to this file as a page for a browser"),
    ("kata_badge", "string", "write how many katas are solved to this file as an SVG badge"),
    ("kata_seed", "string", "the number from which names and values are made up"),
    ("kata_isolation", "string", f"how katas are kept apart: {', '.join(ISOLATIONS)}"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, on the command line and, with the same meanings, in the ini file."""
    group = parser.getgroup("fastapi-kata", "katas (in a fastapi-kata workspace)")
    for name, kind, text in _INI:
        flag = f"--{name.replace('_', '-')}"
        if kind == "bool":
            group.addoption(flag, action="store_true", default=None, help=text)
            parser.addini(name, text, type="bool", default=False)
        elif name == "kata_isolation":
            group.addoption(flag, choices=ISOLATIONS, default=None, help=text)
            parser.addini(name, text, default="auto")
        elif name == "kata_seed":
            group.addoption(flag, type=int, metavar="N", default=None, help=text)
            parser.addini(name, text, default="")
        else:
            group.addoption(flag, metavar="PATH", default=None, help=text)
            parser.addini(name, text, default="")


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """In a workspace, leave the conftest.py of katas to those who run their checks."""
    from pytest_fastapi_kata.workspace import is_workspace  # only after the options are known

    if is_workspace(early_config.rootpath):
        from pytest_fastapi_kata.plugin.conftests import keep_out  # costs nothing elsewhere

        keep_out(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Go to work if the root folder is a workspace; otherwise leave pytest as it is."""
    from pytest_fastapi_kata.workspace import is_workspace  # only after the options are known

    if is_workspace(config.rootpath):
        from pytest_fastapi_kata.plugin.setup import set_up  # costs nothing elsewhere

        set_up(config)
