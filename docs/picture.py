"""Draws docs/terminal.svg from a real run: one kata solved, one with a near miss, the others untouched."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.scaffold import choose, lay_out
from pytest_fastapi_kata.workspace import read_workspace

WIDTH = 100
SOLVED, IN_THE_MAKING = "q011", "q012"
NEAR_MISS = ("number: Annotated[int, Path(ge=1)]", "number: Annotated[int, Path(ge=0)]")


def main() -> None:
    """Make a workspace, run pytest in it, and write the picture."""
    catalogue = load_catalogue([own_pack()])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "my-katas")
        root.mkdir()
        (root / "pyproject.toml").write_text('[tool.fastapi-kata]\nformat_version = 1\nkit = "0.1.0"\n')
        lay_out(choose(catalogue), root)
        workspace = read_workspace(root)
        for name in (SOLVED, IN_THE_MAKING):
            kata = catalogue.find(name)
            source = (kata.solution / kata.entry).read_text("utf-8")
            workspace.entry(kata).write_text(source.replace(*NEAR_MISS) if name == IN_THE_MAKING else source)
        command = [sys.executable, "-m", "pytest", "--kata-progress", "--color=yes", "--kata-seed=2026", "katas"]
        environment = {**os.environ, "COLUMNS": str(WIDTH)}
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    shown = run.stdout[run.stdout.index("=== FAILURES") - 50 :].replace("rootdir: " + folder, "")
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"))  # noqa: SIM115 - ends with the script
    console.print(Text.from_ansi("$ pytest --kata-progress\n…\n" + shown[shown.index("\n") + 1 :]))
    Path(__file__).with_name("terminal.svg").write_text(console.export_svg(title="my-katas"), encoding="utf-8")


if __name__ == "__main__":
    main()
