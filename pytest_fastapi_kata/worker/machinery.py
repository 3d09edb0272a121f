"""Notices when the learner's code has changed what judges it.

A check believes the client, the JSON that it reads, pytest and the kit itself.
These live in the same process as the learner's code, so their functions are
remembered before it runs, and compared after each check.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

_WHOLE = (
    "pytest_fastapi_kata.", "_pytest.runner", "_pytest.reports", "_pytest.python", "_pytest.outcomes", "_pytest.main",
    "_pytest.nodes", "_pytest.fixtures", "_pytest.skipping", "_pytest.assertion", "_pytest.unittest", "pluggy.",
    "pytest_timeout", "anyio.pytest_plugin", "httpx.", "httpx2.", "starlette.testclient", "json.",
)  # fmt: skip
"""Modules, or the beginnings of packages, whose functions and classes all count."""
_CLASSES = {
    "starlette.responses": ("Response", "JSONResponse", "HTMLResponse", "PlainTextResponse"),
    "starlette.requests": ("Request",),
    "fastapi": ("FastAPI",),
    "pydantic.main": ("BaseModel",),
}
"""Of what the learner builds with, the classes whose functions count: others are instrumented by honest libraries."""
_INSTRUMENTED = {"FastAPI": frozenset({"__call__", "build_middleware_stack"})}
"""Functions that honest instrumentation replaces."""


_FUNCTIONS = (FunctionType, BuiltinFunctionType)
_CALLED = (*_FUNCTIONS, property, classmethod, staticmethod)
# The ones in `builtins` may have been replaced by the time when they are needed.
_type, _function = type, FunctionType


@dataclass(frozen=True)
class _Part:
    """A function or class, in which name space it stands, and what it does."""

    name: str
    space: Mapping[str, object]
    attribute: str
    value: object
    code: CodeType | None = None

    def is_as_before(self) -> bool:
        now = self.space.get(self.attribute)
        return now is self.value and _code(now) is self.code


class Machinery:
    """What judges, as it was when this was made."""

    def __init__(self) -> None:
        self._parts = tuple(_parts())

    def changes(self) -> list[str]:
        """Return the dotted names of what is not as it was."""
        return [part.name for part in self._parts if not part.is_as_before()]


@cache
def machinery() -> Machinery:
    """Return what judges as it was at the first call in this process."""
    return Machinery()


def change_in_words(names: list[str]) -> str:
    """Tell the learner what was changed, and what to do."""
    shown = ", ".join(f"`{name}`" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as are shown
    return (
        f"Your code has changed {shown}{more}, which the checks rely on, so that they cannot judge any more. "
        "Leave it as it is: the app has to do without."
    )


def _parts() -> Iterator[_Part]:
    for name, module in sorted(sys.modules.items()):
        if isinstance(module, ModuleType) and _counts(name):
            yield from _of_module(name, module)
            yield _Part(f"sys.modules['{name}']", sys.modules, name, module)
    for name, classes in _CLASSES.items():
        for cls in classes:
            yield from _of_class(f"{name}.{cls}", getattr(sys.modules.get(name), cls, None), _INSTRUMENTED.get(cls, ()))
    yield from _of_module("builtins", builtins)


def _counts(name: str) -> bool:
    return any(name == one.rstrip(".") or (one.endswith(".") and name.startswith(one)) for one in _WHOLE)


def _of_module(name: str, module: ModuleType) -> Iterator[_Part]:
    for attribute, value in list(vars(module).items()):
        if isinstance(value, (type, *_FUNCTIONS)):
            yield _Part(f"{name}.{attribute}", vars(module), attribute, value, _code(value))
        if isinstance(value, type) and value.__module__ == name and module is not builtins:
            yield from _of_class(f"{name}.{attribute}", value)


def _of_class(name: str, cls: type | None, besides: Iterable[str] = ()) -> Iterator[_Part]:
    for attribute, value in list(vars(cls).items()) if cls is not None else ():
        if attribute not in besides and isinstance(value, _CALLED) and not _comes_and_goes(value):
            yield _Part(f"{name}.{attribute}", vars(cls), attribute, value, _code(value))


def _comes_and_goes(value: object) -> bool:
    # pytest's own plugin sets these up anew for each run inside a run.
    function = value.fget if isinstance(value, property) else value
    return getattr(function, "__module__", None) == "_pytest.legacypath"


def _code(value: object) -> CodeType | None:
    # Not by attribute: what stands there now may be an object that answers to any name.
    return value.__code__ if _type(value) is _function else None  # type: ignore[attr-defined]
