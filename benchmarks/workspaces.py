"""Workspaces to measure in: one in which our katas are solved, and one of a pack with many small katas."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.verify.candidates import lay_out_solution

TINY = Path(__file__).resolve().parent.parent / "tests" / "packs" / "tiny"


def in_process_katas() -> list[Kata]:
    """Return the katas whose checks start no server."""
    katas = load_catalogue([own_pack()]).katas
    return [kata for kata in katas if "live_server" not in kata.acceptance.read_text("utf-8")]


def mark(root: Path) -> None:
    """Make a folder a workspace."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").write_text(
        f'[tool.fastapi-kata]\nformat_version = 1\nkit = "{__version__}"\n'
        '[tool.pytest.ini_options]\ntestpaths = ["katas"]\naddopts = "-p no:schemathesis -p no:hypothesispytest"\n'
        'asyncio_default_fixture_loop_scope = "function"\n',
        encoding="utf-8",
    )


def solved_workspace(katas: list[Kata], root: Path) -> None:
    """Make a workspace in which every kata is solved."""
    mark(root)
    for kata in katas:
        folder = lay_out_solution(kata, root / "scratch" / kata.id).folder
        target = root / "katas" / kata.topic.folder / kata.slug
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
    shutil.rmtree(root / "scratch", ignore_errors=True)


def install_pack(name: str, site: Path) -> None:
    """Make ``site / (name + "pack")`` an installed distribution for whoever has ``site`` on PYTHONPATH."""
    info = site / f"{name}pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}pack\nVersion: 1.0\n", encoding="utf-8")
    entry = f"[pytest_fastapi_kata.packs]\n{name} = {name}pack\n"
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")


def many_katas(number: int, site: Path, root: Path) -> dict[str, str]:
    """Make a pack of many copies of a small kata, installed in ``site``, and a workspace in which all are solved.

    Returns the environment in which they are found.
    """
    pack, topic = site / "manypack", "90_tiny"
    source = "q901_greeting"
    for kind in ("katas", "solutions"):
        (pack / kind / topic).mkdir(parents=True)
    (pack / "__init__.py").touch()
    shutil.copy(TINY / "katas" / topic / "topic.toml", pack / "katas" / topic)
    mark(root)
    for index in range(number):
        name = f"q{1000 + index}"
        slug = f"{name}_greeting"
        for kind in ("katas", "solutions"):
            shutil.copytree(TINY / kind / topic / source, pack / kind / topic / slug)
        toml = pack / "katas" / topic / slug / "kata.toml"
        toml.write_text(toml.read_text("utf-8").replace("q901", name), encoding="utf-8")
        folder = root / "katas" / topic / slug
        folder.mkdir(parents=True)
        shutil.copy(TINY / "solutions" / topic / source / "app.py", folder)
    install_pack("many", site)
    return {**os.environ, "PYTHONPATH": str(site)}
