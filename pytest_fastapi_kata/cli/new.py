"""``fastapi-kata new``: a fresh workspace from the template that comes with the kit."""

from __future__ import annotations

import logging
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pytest_fastapi_kata.content import template_root
from pytest_fastapi_kata.exceptions import KataError, WorkspaceError


class Editor(StrEnum):
    """The editors that a workspace can be set up for."""

    VSCODE = "vscode"
    NONE = "none"


class Ci(StrEnum):
    """The services that can run the progress on each push."""

    NONE = "none"
    GITHUB = "github"


class PackageManager(StrEnum):
    """The tools that can install a workspace's packages."""

    PIP = "pip"
    UV = "uv"


def new(  # noqa: PLR0913, PLR0917 - one parameter for each option
    name: Annotated[
        str | None, typer.Argument(help="The new folder, or a path to it; without it, you are asked for everything.")
    ] = None,
    topics: Annotated[str | None, typer.Option(help='"all", or some: "basics, routing".')] = None,
    levels: Annotated[str | None, typer.Option(help='"all", or some: "basic, intermediate".')] = None,
    editor: Annotated[Editor | None, typer.Option(help="Whose settings to add.")] = None,
    ci: Annotated[Ci | None, typer.Option(help="Where to run the progress on each push.")] = None,
    package_manager: Annotated[PackageManager | None, typer.Option(help="What installs the packages.")] = None,
    output_dir: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="The folder in which to make the new one.")
    ] = Path(),
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing, even without a name.")] = False,
) -> None:
    """Make a workspace: a folder with the katas, ready for `pytest --kata-progress`.

    Example: fastapi-kata new my-katas --topics "basics, routing" --package-manager uv
    """
    if name is not None:
        output_dir, name = _divided(output_dir / name)
    answers = {"workspace_name": name, "workspace_slug": name, "topics": topics, "levels": levels}
    answers |= {"editor": editor, "ci": ci, "package_manager": package_manager}
    given = {key: str(value) for key, value in answers.items() if value is not None}
    with _errors_in_words():
        _bake(given, output_dir, ask=name is None and not no_input)


def _divided(target: Path) -> tuple[Path, str]:
    """Return the folder in which the new one is made, and the new one's name."""
    if not target.parent.is_dir():
        msg = f"there is no folder {str(target.parent)!r} to make {target.name!r} in"
        raise WorkspaceError(msg, f"Make it first: mkdir -p {shlex.quote(str(target.parent))}")
    return target.parent, target.name


def _bake(answers: dict[str, str], output_dir: Path, *, ask: bool) -> None:
    from cookiecutter.main import cookiecutter

    with tempfile.TemporaryDirectory() as scratch:
        cookiecutter(
            str(template_root()),
            no_input=not ask,
            extra_context=answers,
            output_dir=str(output_dir),
            # Neither the user's own defaults for other templates nor traces in their home.
            default_config={"replay_dir": scratch, "cookiecutters_dir": scratch},  # type: ignore[arg-type, unused-ignore]
        )


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """Turn what cookiecutter raises into the kit's errors, and keep its log off the screen."""
    from cookiecutter import exceptions

    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())
    try:
        yield
    except exceptions.OutputDirExistsException as error:
        msg = str(error).removeprefix("Error: ")
        raise WorkspaceError(msg, "It was left as it is. Choose another name.") from error
    except exceptions.FailedHookException as error:
        if isinstance(error.__cause__, KataError):  # an answer was refused
            raise error.__cause__ from None
        msg = "no workspace was made, for the reason above"
        raise WorkspaceError(msg) from error
    except exceptions.CookiecutterException as error:
        msg = f"the template cannot be used: {error}"
        raise WorkspaceError(msg, "Install the kit again: pip install --force-reinstall pytest-fastapi-kata") from error
    except EOFError as error:
        typer.echo()  # the question stands on this line
        msg = "the questions were not answered, so no workspace was made"
        raise WorkspaceError(msg, "Give a name to be asked nothing: fastapi-kata new my-katas") from error
    except OSError as error:
        msg = f"the workspace cannot be written: {error}"
        raise WorkspaceError(msg, "Remove what is there of it, and try again with --output-dir elsewhere.") from error
