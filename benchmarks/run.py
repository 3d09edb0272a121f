"""Measures the kit beside plain pytest and a rival, in alternating runs, and writes results.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from growth import Growth
from rival import Rival
from series import Series
from watching import saves
from workspaces import TINY, in_process_katas, install_pack, mark, solved_workspace

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.isolation.scheduler import cores
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import installed

HERE = Path(__file__).resolve().parent
ONE = "q011"
# Two plugins that other distributions bring, and that a workspace switches off; here they would hide what is measured.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:hypothesispytest"]
OWN = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Goal:
    """What was wanted and what was measured; ``lines`` are rows of the table of runs."""

    what: str
    wanted: float
    measured: float
    lines: tuple[str, ...]
    unit: str = ""

    def line(self) -> str:
        """Return the goal's row."""
        met = "yes" if self.measured <= self.wanted else "**no**"
        return f"| {self.what} | {self.wanted:g}{self.unit} | {self.measured:.2f}{self.unit} | {met} |"


def plain_environment(katas: list[Kata], root: Path) -> dict[str, str]:
    """Return the environment of plain pytest, with what plain.py has to know."""
    how = {"timeout": 0, "seed": 1, "token": "", "stacks": os.devnull}
    jobs = [Job.of(kata, root / "katas" / kata.topic.folder / kata.slug, kata.check_names, **how) for kata in katas]
    return {**OWN, "PLAIN_JOBS": json.dumps([asdict(job) for job in jobs]), "PYTHONPATH": str(HERE)}


def plain_command(katas: list[Kata], empty: Path) -> list[str]:
    """Return the command that runs the checks of katas as plain pytest."""
    options = ["-p", "plain", "-p", "no:cacheprovider", "--import-mode=importlib", "-o", "anyio_mode=auto"]
    options += ["-p", "no:fastapi-kata", "--rootdir", str(empty), "-c", os.devnull]
    return [*PYTEST, *options, *(str(kata.acceptance) for kata in katas)]


def plain_enough(katas: list[Kata], root: Path, empty: Path) -> list[Kata]:
    """Return the katas whose checks pass without isolation, too: many need an app that was not used before."""
    environment = plain_environment(katas, root)

    def passes(kata: Kata) -> bool:
        command = plain_command([kata], empty)
        return not subprocess.run(command, cwd=empty, env=environment, capture_output=True, check=False).returncode

    return [kata for kata in katas if passes(kata)]


def against_plain(folder: Path, rounds: int) -> Iterator[Goal]:
    """Yield the goals of whole runs: all solved katas with isolation, and as plain pytest without."""
    root, empty = folder / "katas", folder / "empty"
    empty.mkdir()
    every = in_process_katas()
    solved_workspace(every, root)
    katas = plain_enough(every, root, empty)
    shutil.rmtree(root)
    solved_workspace(katas, root)
    plain, cold, cached, nothing = Series(), Series(), Series(), Series()
    for _ in range(rounds):
        plain.add(plain_command(katas, empty), empty, plain_environment(katas, root))
        cold.add([*PYTEST, "--kata-progress", "--kata-fresh"], root, OWN)
        cached.add([*PYTEST, "--kata-progress"], root, OWN)
        nothing.add(PYTEST, empty, OWN, expect=5)
    work = f"{len(katas)} of {len(every)} katas"
    rows = (
        plain.row(f"{work}, plain pytest: one process, no isolation, each app imported once"),
        cold.row(f"{work}, `--kata-progress --kata-fresh`"),
    )
    yield Goal("isolation beside plain pytest, wall time", 0.8, cold.wall_median / plain.wall_median, rows)
    yield Goal("isolation beside plain pytest, processor time", 1.3, cold.cpu_median / plain.cpu_median, ())
    rows = (
        cached.row(f"{work}, `--kata-progress`, nothing changed"),
        nothing.row("pytest that collects nothing, outside a workspace"),
    )
    yield Goal(
        "nothing changed, beside pytest that collects nothing", 1.4, cached.wall_median / nothing.wall_median, rows
    )


def one_kata(folder: Path, rounds: int) -> Iterator[Goal]:
    """Yield the goals of a single kata: in the watch, and beside the rival."""
    root = folder / "one"
    kata = next(kata for kata in in_process_katas() if kata.id == ONE)
    solved_workspace([kata], root)
    entry = root / "katas" / kata.folder / kata.entry
    cold = Series()
    for _ in range(rounds):
        cold.add([*PYTEST, str(entry)], root, OWN)
    watched = saves(ONE, entry, root, OWN, rounds)
    rows = (cold.row(f"`pytest {ONE}…/app.py`, cold"), watched.row(f"`fastapi-kata watch {ONE}`, save to verdict"))
    yield Goal(
        "watch, save to verdict, beside a cold `pytest app.py`", 1 / 7, watched.wall_median / cold.wall_median, rows
    )


def beside_rival(folder: Path, rounds: int) -> Iterator[Goal]:
    """Yield the goals beside pythonlings, at a small app of the same size."""
    root, site = folder / "greeting", folder / "site"
    shutil.copytree(TINY, site / "tinypack")
    install_pack("tiny", site)
    mark(root)
    solution = TINY / "solutions/90_tiny/q901_greeting/app.py"
    entry = root / "katas/90_tiny/q901_greeting/app.py"
    entry.parent.mkdir(parents=True)
    shutil.copy(solution, entry)
    environment = {**OWN, "PYTHONPATH": str(site)}
    rival, theirs, cold = Rival(folder, solution), Series(), Series()
    for _ in range(rounds):
        rival.add(theirs)
        cold.add([*PYTEST, str(entry)], root, environment)
    warm = saves("q901", entry, root, environment, rounds)
    rows = (
        theirs.row(f"pythonlings {rival.version}, `dry-run` of the same small app"),
        cold.row("`pytest app.py` of that app, cold"),
        warm.row("`fastapi-kata watch` of that app, save to verdict"),
    )
    yield Goal("ours cold, beside pythonlings", 1.0, cold.wall_median / theirs.wall_median, rows)
    yield Goal("ours warm, beside pythonlings", 1.0, warm.wall_median / theirs.wall_median, ())


def outside(folder: Path, rounds: int) -> Iterator[Goal]:
    """Yield what the plugin adds to pytest's start where there is no workspace, in processor time."""
    empty = folder / "nothing"
    empty.mkdir()
    with_plugin, without = Series(), Series()
    for _ in range(4 * rounds):
        without.add([*PYTEST, "-p", "no:fastapi-kata"], empty, OWN, expect=5)
        with_plugin.add(PYTEST, empty, OWN, expect=5)
    added = 1000 * (with_plugin.cpu_median - without.cpu_median)
    rows = (
        without.row("pytest that collects nothing, without the plugin"),
        with_plugin.row("the same, with the plugin"),
    )
    yield Goal("the plugin outside a workspace", 3.0, added, rows, " ms")


def growing(folder: Path, rounds: int) -> Iterator[Goal]:
    """Yield how time and memory for each kata grow from 100 to 1,000 katas."""
    none, hundred, thousand = (Growth(number, folder / f"grow{number}") for number in (0, 100, 1000))
    for _ in range(rounds):
        for one in (none, hundred, thousand):
            one.add()
    times = [one.milliseconds(none) for one in (hundred, thousand)]
    sizes = [one.kibibytes(none) for one in (hundred, thousand)]
    rows = tuple(one.series.row(f"{one.number} small katas, `--kata-fresh`") for one in (none, hundred, thousand))
    yield Goal("1,000 katas beside 100, time for each", 1.0, times[1] / times[0], rows)
    yield Goal("1,000 katas beside 100, memory for each", 1.0, sizes[1] / sizes[0], ())


Part = Callable[[Path, int], Iterator[Goal]]
PARTS: dict[str, Part] = {
    "plain": against_plain, "watch": one_kata, "outside": outside, "growth": growing, "rival": beside_rival,
}  # fmt: skip


def report(goals: list[Goal], rounds: int) -> str:
    """Return the report as Markdown."""
    versions = f"FastAPI {installed('fastapi')}, pytest {installed('pytest')}, Python {platform.python_version()}"
    return "\n".join(
        [
            "# Measured",
            "",
            f"Kit {__version__}, {versions}, {platform.system()} on {platform.machine()} with {cores()} cores.",
            f"Medians of {rounds} alternating runs; `make bench` writes this file. Times are in seconds.",
            "",
            "| Goal | at most | measured | met |",
            "|---|---|---|---|",
            *(goal.line() for goal in goals),
            "",
            "| Run | wall | from-to | CPU |",
            "|---|---|---|---|",
            *(line for goal in goals for line in goal.lines),
            "",
        ]
    )


def main() -> None:
    """Measure and write; with names of parts, only measure these and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; without any, all, and results.md is written")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    goals: list[Goal] = []
    for name in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            goals += PARTS[name](Path(folder).resolve(), arguments.rounds)
    text = report(goals, arguments.rounds)
    if not arguments.parts:
        (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
