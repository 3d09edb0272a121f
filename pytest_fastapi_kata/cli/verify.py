"""``fastapi-kata verify``: the authoring gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pytest_fastapi_kata.catalogue import Catalogue, Pack, id_or_slug, load_catalogue, own_pack
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.explained import failure_lines
from pytest_fastapi_kata.reports.lines import Line, line
from pytest_fastapi_kata.tables import Problem

if TYPE_CHECKING:
    from pytest_fastapi_kata.verify import KataReport, NearMissReport


def verify(  # noqa: PLR0913, PLR0917 - one parameter for each option
    katas: Annotated[list[str] | None, typer.Argument(help="Ids or slugs; all katas if none is named.")] = None,
    pack: Annotated[
        Path | None, typer.Option(help="A folder with katas/ and solutions/, instead of the kit's.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at a time; one for each core by default.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show for each near miss what a learner would see.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Try only this: stub, solution, variant, or the name of one candidate; may be repeated."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write down how each near miss fails, so that it is recognised.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")] = False,
) -> None:
    """Check katas for their readers: stub, solution, variants, near misses, texts.

    Example: fastapi-kata verify q011 --explain
    """
    from pytest_fastapi_kata.verify import verify as run_gate

    catalogue = load_catalogue([own_pack() if pack is None else Pack(pack.name, pack.resolve())])
    if katas:
        catalogue.problems = [problem for problem in catalogue.problems if _is_about(problem, katas)]
        # A kata that cannot be read is not there to be found; its problems say why.
        catalogue.raise_problems()
    wanted = list(dict.fromkeys(map(catalogue.find, katas))) if katas else catalogue.katas

    def done(report: KataReport) -> None:
        if not as_json:
            echo(_report_lines(report))
            if explain:
                echo(_explained(report))

    if only and record:
        msg = "--record needs every near miss, and --only tries some"
        raise KataError(msg, "Leave one of the two away.")
    reports = run_gate(wanted, jobs, record=record, only=only or (), done=done)
    if as_json:
        typer.echo(json.dumps(_as_json(reports, catalogue), indent=2, ensure_ascii=False))
    else:
        echo(_summary(reports, catalogue, whole=not katas))
    if catalogue.problems or any(not report.ok for report in reports) or not reports:
        raise typer.Exit(1)


def _is_about(problem: Problem, names: list[str]) -> bool:
    folder = problem.file.parent.name if problem.file.suffix else problem.file.name
    return any(id_or_slug(name) in (folder, folder[:4]) for name in names)


def _report_lines(report: KataReport) -> list[Line]:
    kata: Kata = report.kata
    mark = ("✓", "good") if report.ok else ("✗", "bad")
    facts = (
        f"{len(kata.checks)} checks · {len(report.near_misses)} near misses · "
        f"{report.variants} variant{'s' * (report.variants != 1)} · {report.seconds:.2f} s"
    )
    head = line(mark, f" {kata.slug:<32} ", (facts, "dim"))  # type: ignore[arg-type]
    return [head, *(line("    ", (str(finding), "bad")) for finding in report.findings)]


def _explained(report: KataReport) -> list[Line]:
    lines: list[Line] = []
    for shown in report.near_misses:
        lines += _near_miss(shown)
    return lines


def _near_miss(shown: NearMissReport) -> list[Line]:
    head = line((f"── near miss {shown.near_miss.name} ", "warn"))
    if not shown.result.failed:
        return [line(), head, line("  (passes)")]
    first = shown.result.failed[0]
    return [line(), head, line(), *failure_lines(shown.result, first, width()), line()]


def _summary(reports: list[KataReport], catalogue: Catalogue, *, whole: bool) -> list[Line]:
    good = sum(report.ok for report in reports)
    lines = [line("  ", (str(problem), "bad")) for problem in catalogue.problems]
    if not reports:
        return [*lines, line(("No katas found.", "bad"))]
    style = "good" if good == len(reports) and not catalogue.problems else "bad"
    text = f"{good} of {len(reports)} katas pass the gate"
    if whole and catalogue.problems:
        text += f"; {len(catalogue.problems)} problems keep others out"
    return [*lines, line(), line((text, style))]  # type: ignore[arg-type]


def _as_json(reports: list[KataReport], catalogue: Catalogue) -> dict[str, Any]:
    return {
        "format_version": 1,
        "problems": [str(problem) for problem in catalogue.problems],
        "katas": [
            {
                "id": report.kata.id,
                "slug": report.kata.slug,
                "ok": report.ok,
                "findings": [str(finding) for finding in report.findings],
                "checks": len(report.kata.checks),
                "near_misses": [
                    {
                        "name": one.near_miss.name,
                        "failed": sorted(one.result.failed_names),
                        "checks": [check.to_json() for check in one.result.failed],
                    }
                    for one in report.near_misses
                ],
                "variants": report.variants,
                "seconds": round(report.seconds, 4),
            }
            for report in reports
        ],
    }
