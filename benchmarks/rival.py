"""pythonlings, the fastest Python rival at one exercise, in an environment of its own.

Its exercises are scripts that are executed with a check behind them. So that both do the same work, one of them is
replaced by the app of our kata, and its check by the requests that the kata's checks send.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from series import Series

EXERCISE = "variables/variables1.py"
CHECK = """\
from fastapi.testclient import TestClient

client = TestClient(app)
for name in ("ada", "grace", "alan"):
    answer = client.get(f"/greetings/{name}")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"hello": name}, answer.text
assert client.get("/greetings/nobody").status_code == 404
assert set(client.get("/openapi.json").json()["paths"]) == {"/greetings/{name}"}
"""


class Rival:
    """pythonlings with a workspace in which one exercise is an app."""

    def __init__(self, folder: Path, app: Path) -> None:
        self.folder = folder
        python = folder / "environment" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "pythonlings", "fastapi", "httpx", "httpx2"]
        subprocess.run(install, check=True)
        self.command = [str(python.with_name("pythonlings"))]
        subprocess.run([*self.command, "init", "--path", folder / "workspace"], check=True, capture_output=True)
        (folder / "workspace" / "exercises" / EXERCISE).write_text(app.read_text("utf-8"), encoding="utf-8")
        (folder / "workspace" / "checks" / EXERCISE).write_text(CHECK, encoding="utf-8")

    @property
    def version(self) -> str:
        """The version of pythonlings."""
        done = subprocess.run([*self.command, "--version"], check=True, capture_output=True, text=True)
        return done.stdout.split()[-1]

    def add(self, series: Series) -> None:
        """Check the exercise once."""
        series.add([*self.command, "dry-run", Path(EXERCISE).stem], self.folder / "workspace", os.environ)
