"""Commands that are imported when they are called, and parameters that cost no further import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class AsItIs:
    """A parameter's value, taken as it is where nothing needs converting.

    Newer typers hand every parameter, ``--help`` included, to pydantic, whose
    import takes as long as all the rest of a short command. A text is a text
    and a flag is a flag without that. Older typers do not look at this at all.
    """

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """Return the value, converted only if it is of another type than was asked for."""
        if value is None or isinstance(value, self.annotation):
            return value
        param._runtime_param = None  # noqa: SLF001 - typer makes its own, which knows the way
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _spare_pydantic(params: list[Any]) -> list[Any]:
    for param in params:
        annotation = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if annotation in (str, bool, int, float) and param.nargs == 1 and not param.multiple:
            param._runtime_param = AsItIs(annotation)  # noqa: SLF001 - there is no public way
    return params


class QuickCommand(TyperCommand):
    """A command that starts quickly."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters."""
        return _spare_pydantic(super().get_params(ctx))


class LazyCommands(MutableMapping[str, Any]):
    """The commands by name, each imported when it is first asked for.

    ``places`` are ``module:function`` below this package, in the order of the help.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _command(name, self._places[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._places.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _command(name: str, place: str) -> Any:
    module, _, function = place.partition(":")
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    single.command(name, cls=QuickCommand)(getattr(import_module(f"{__package__}.{module}"), function))
    return get_command(single)


def group_of(places: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group that has these commands."""

    class Group(TyperGroup):
        """The commands, imported when they are called."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = LazyCommands(places)

        def get_params(self, ctx: Any) -> list[Any]:
            """Return the parameters."""
            return _spare_pydantic(super().get_params(ctx))

    return Group
