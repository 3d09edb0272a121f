"""``fastapi-kata answer`` and ``solution``: after solving, or when the learner insists."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_fastapi_kata.cli.context import Context, open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.interview import key_facts
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import harmless_lines, line
from pytest_fastapi_kata.reports.solution import solution_lines
from pytest_fastapi_kata.texts import files_in, model_answer

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON instead.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, even if the kata is not solved.")]


def answer(kata: Name = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Show the model answer to a kata's interview question.

    Example: fastapi-kata answer q011
    """
    context = open_context()
    found = context.kata(kata)
    _ask(context, found, "answer", yes=yes)
    text = model_answer(found)
    if as_json:
        facts = {"id": found.id, "question": found.question, "answer": text, "key_facts": key_facts(found)}
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    echo([line((found.question, "strong")), line(), *(line(one) for one in harmless_lines(text))])


def solution(
    kata: Name = None,
    yes: Yes = False,
    variant: Annotated[str | None, typer.Option(help="Show this variant instead of the solution.")] = None,
    as_json: AsJson = False,
    diff: Annotated[bool, typer.Option(help="Once you have solved it: compare it with what you wrote.")] = True,
) -> None:
    """Show the kit's own solution of a kata, beside yours once you have solved it, and name its variants.

    Example: fastapi-kata solution q011
    """
    context = open_context()
    found = context.kata(kata)
    folder = _variant(found, variant) if variant else found.solution
    _ask(context, found, "solution", yes=yes)
    if as_json:
        typer.echo(json.dumps(_facts(found, folder), indent=2, ensure_ascii=False))
        return
    own = context.workspace.folder(found) if diff and _is_solved(context, found) else None
    # A pipe has no columns to set texts side by side in.
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    echo(solution_lines(found, folder, own, room))


def _variant(kata: Kata, name: str) -> Path:
    for path in kata.variants():
        if path.name == name:
            return path
    known = ", ".join(path.name for path in kata.variants()) or "none"
    msg = f"{kata.id} has no variant {name!r}; it has: {known}"
    raise typer.BadParameter(msg)


def _facts(kata: Kata, folder: Path) -> dict[str, Any]:
    return {
        "id": kata.id,
        "shown": "solution" if folder == kata.solution else folder.name,
        "files": dict(files_in(folder)),
        "variants": [path.name for path in kata.variants()],
    }


def _is_solved(context: Context, kata: Kata) -> bool:
    return context.standing(kata).status == "solved" or "solved_at" in context.record.entry(kata)


def _ask(context: Context, kata: Kata, what: str, *, yes: bool) -> None:
    solved = _is_solved(context, kata)
    if not solved and not yes:
        typer.confirm(
            f"{kata.id} is not solved yet. Show the {what} all the same? (It is noted in your record.)", abort=True
        )
    if not solved:
        context.record.note_look(kata, what, 1)
