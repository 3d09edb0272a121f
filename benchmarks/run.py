"""Measures the kit beside plain pytest, in alternating runs, and writes results.md."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.isolation.scheduler import cores
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import installed
from pytest_fastapi_kata.verify.candidates import lay_out_solution

HERE = Path(__file__).resolve().parent
ROUNDS = 5
ONE = "q011"
PYTEST = [sys.executable, "-m", "pytest", "-q"]


@dataclass
class Series:
    """The runs of one kind: wall and CPU time in seconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, command: list[str], cwd: Path, environment: dict[str, str], expect: int = 0) -> None:
        """Run once and note how long it took; processor time is that of all processes it waited for."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        self.wall.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode != expect:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")

    def median(self, what: Callable[[Series], list[float]]) -> float:
        """Return the median of the wall or CPU times."""
        return statistics.median(what(self))


def wall(series: Series) -> list[float]:
    """Return the wall times."""
    return series.wall


def cpu(series: Series) -> list[float]:
    """Return the CPU times."""
    return series.cpu


def in_process_katas() -> list[Kata]:
    """Return the katas whose checks start no server."""
    katas = load_catalogue([own_pack()]).katas
    return [kata for kata in katas if "live_server" not in kata.acceptance.read_text("utf-8")]


def solved_workspace(katas: list[Kata], root: Path) -> None:
    """Make a workspace in which every kata is solved."""
    root.mkdir()
    (root / "pyproject.toml").write_text(
        f'[tool.fastapi-kata]\nformat_version = 1\nkit = "{__version__}"\n'
        '[tool.pytest.ini_options]\ntestpaths = ["katas"]\n'
    )
    for kata in katas:
        folder = lay_out_solution(kata, root / "scratch" / kata.id).folder
        target = root / "katas" / kata.topic.folder / kata.slug
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
    shutil.rmtree(root / "scratch")


def plain_environment(katas: list[Kata], root: Path) -> dict[str, str]:
    """Return the environment of plain pytest, with what plain.py has to know."""
    jobs = [
        Job(
            kata_id=kata.id,
            folder=str((root / "katas" / kata.topic.folder / kata.slug).resolve()),
            entry=kata.entry,
            app=kata.app,
            acceptance=str(kata.acceptance),
            pristine=str(kata.stub),
            solution=str(kata.solution),
            checks=kata.check_names,
            timeout=0,
            seed=1,
            token="",
            stacks=os.devnull,
        )
        for kata in katas
    ]
    return {**os.environ, "PLAIN_JOBS": json.dumps([asdict(job) for job in jobs]), "PYTHONPATH": str(HERE)}


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


def measure(folder: Path) -> tuple[dict[str, Series], int]:
    """Run everything in turn, ROUNDS times; return the series by name, and the number of katas."""
    root, empty = folder / "katas", folder / "empty"
    empty.mkdir()
    every = in_process_katas()
    solved_workspace(every, root)
    katas = plain_enough(every, root, empty)
    shutil.rmtree(root)
    solved_workspace(katas, root)
    one = next(kata for kata in katas if kata.id == ONE)
    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    series = {name: Series() for name in ("plain", "cold", "cached", "one", "nothing")}
    for _ in range(ROUNDS):
        series["plain"].add(plain_command(katas, empty), empty, plain_environment(katas, root))
        series["cold"].add([*PYTEST, "--kata-progress", "--kata-fresh"], root, own)
        series["cached"].add([*PYTEST, "--kata-progress"], root, own)
        series["one"].add([*PYTEST, f"katas/{one.folder}/{one.entry}"], root, own)
        series["nothing"].add(PYTEST, empty, own, expect=5)
    return series, len(katas)


def report(series: dict[str, Series], katas: int) -> str:
    """Return the report as Markdown."""
    names = {
        "plain": f"{katas} katas, plain pytest: one process, no isolation, each app imported once",
        "cold": f"{katas} katas, `--kata-progress --kata-fresh`",
        "cached": f"{katas} katas, `--kata-progress`, nothing changed",
        "one": f"one kata, `pytest …/{ONE}…/app.py`",
        "nothing": "pytest that collects nothing, outside a workspace",
    }
    rows = [
        f"| {names[name]} | {one.median(wall):.2f} | {min(one.wall):.2f}-{max(one.wall):.2f} | {one.median(cpu):.2f} |"
        for name, one in series.items()
    ]
    ratio = series["cold"].median(wall) / series["plain"].median(wall)
    cpu_ratio = series["cold"].median(cpu) / series["plain"].median(cpu)
    idle = series["cached"].median(wall) / series["nothing"].median(wall)
    versions = f"FastAPI {installed('fastapi')}, pytest {installed('pytest')}, Python {platform.python_version()}"
    return "\n".join(
        [
            "# Measured",
            "",
            f"Kit {__version__}, {versions}, {platform.system()} on {platform.machine()} with {cores()} cores.",
            f"Medians of {ROUNDS} alternating runs, in seconds; `make bench` writes this file.",
            "",
            "| Run | wall | from-to | CPU |",
            "|---|---|---|---|",
            *rows,
            "",
            f"- In isolation: {ratio:.2f} times plain pytest's wall time, {cpu_ratio:.2f} times its CPU time.",
            f"- With nothing changed, a run takes {idle:.2f} times a pytest run that collects nothing.",
            "",
        ]
    )


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory() as folder:
        series, katas = measure(Path(folder).resolve())
    text = report(series, katas)
    (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
