"""``fastapi-kata check``: pytest on one kata."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.exceptions import WorkerError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import line
from pytest_fastapi_kata.scaffold import check_command, configuration_options
from pytest_fastapi_kata.workspace import Workspace


def check(
    kata: Name = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Explain every check that failed.")] = False,
    seed: Annotated[int | None, typer.Option(help="Make up the same values as the run that showed this seed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON instead.")] = False,
) -> None:
    """Check one kata, as `pytest` on its file does; exit code 0 if it is solved, 1 if not.

    Example: fastapi-kata check q011
    """
    context = open_context()
    found = context.kata(kata)
    options = [*(["--kata-verbose"] if verbose else []), *([f"--kata-seed={seed}"] if seed is not None else [])]
    code = _as_json(context.workspace, found, options) if as_json else _as_text(context.workspace, found, options)
    raise typer.Exit(code)


def _as_text(workspace: Workspace, kata: Kata, options: list[str]) -> int:
    reason = why_unavailable(kata)
    if reason:
        echo([line((reason, "warn"))])
        return 1
    echo([line((f"{check_command(kata)} {' '.join(options)}".rstrip(), "dim"))])
    sys.stdout.flush()
    return run_pytest(workspace, [kata], options)


def _as_json(workspace: Workspace, kata: Kata, options: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="fastapi-kata-") as scratch:
        report = Path(scratch, "report.json")
        with Path(scratch, "output").open("w+b") as output:
            run_pytest(workspace, [kata], [*options, f"--kata-json={report}"], output)
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        result = _result(report, kata)
        if result is None:
            msg = f"pytest brought no result for {kata.id}; it said:\n{said[-2000:].strip()}"
            raise WorkerError(msg)
    typer.echo(json.dumps(result, indent=2))
    return int(result["status"] != "solved")


def _result(report: Path, kata: Kata) -> dict[str, Any] | None:
    try:
        found: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["katas"]
    except (OSError, ValueError):
        return None
    return next((one for one in found if one["id"] == kata.id), None)


def run_pytest(workspace: Workspace, katas: list[Kata], options: list[str], output: IO[bytes] | None = None) -> int:
    """Run pytest on katas, as the learner would, and return its exit code."""
    # -P, as the command `pytest` has it: the current folder is not a place to import from.
    command = [sys.executable, "-P", "-m", "pytest", *(str(workspace.entry(kata)) for kata in katas), *options]
    command += next(filter(None, map(configuration_options, katas)), [])
    process = subprocess.Popen(command, cwd=workspace.root, stdout=output, stderr=output)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # pytest was interrupted by the same key; it ends in its own way.
            continue
