"""The three-way merge of texts."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_fastapi_kata.merging import merge

BASE = "import a\n\napp = a.App()\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"


@pytest.mark.parametrize(("ours", "theirs", "merged"), [
    (BASE, BASE, BASE),
    (BASE.replace("1", "11"), BASE, BASE.replace("1", "11")),
    (BASE, BASE.replace("2", "22"), BASE.replace("2", "22")),
    (BASE.replace("1", "11"), BASE.replace("2", "22"), BASE.replace("1", "11").replace("2", "22")),
    (BASE.replace("1", "9"), BASE.replace("1", "9"), BASE.replace("1", "9")),
    (BASE.replace("1", "11"), BASE.replace("1", "111"), None),
    (BASE.replace("def one", "def eins"), BASE.replace("return 1", "return 7"), None),
    (f"# mine\n{BASE}", f"{BASE}# theirs\n", f"# mine\n{BASE}# theirs\n"),
    ("", BASE, ""),
    ("", BASE.replace("1", "2"), None),
    (BASE.replace("\n\n\ndef two():\n    return 2", ""), BASE.replace("import a", "import a, b"),
     BASE.replace("\n\n\ndef two():\n    return 2", "").replace("import a", "import a, b")),
    (BASE.rstrip("\n"), BASE.replace("import a", "import b"), BASE.rstrip("\n").replace("import a", "import b")),
])  # fmt: skip
def test_a_merge(ours: str, theirs: str, merged: str | None) -> None:
    """Both sides' changes are in it, or there is none where they meet."""
    assert merged == merge(BASE, ours, theirs)


def test_from_nothing() -> None:
    """Two texts that have no common base are merged only if they are the same."""
    assert ("x\n", None, "x\n") == (merge("", "x\n", "x\n"), merge("", "x\n", "y\n"), merge("", "x\n", ""))


def _edited(lines: list[str], rng: random.Random) -> list[str]:
    found = list(lines)
    for _ in range(rng.randint(0, 3)):
        place = rng.randrange(len(found) + 1)
        found[place : place + rng.randint(0, 2)] = [f"new {rng.randint(0, 9)}\n"] * rng.randint(0, 2)
    return found


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge here")
@pytest.mark.parametrize("seed", range(40))
def test_as_git_merges(tmp_path: Path, seed: int) -> None:
    """Wherever this merges at all, git comes to the same text."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    base = [f"line {number}\n" for number in range(12)]
    texts = {"ours": _edited(base, rng), "base": base, "theirs": _edited(base, rng)}
    for name, lines in texts.items():
        (tmp_path / name).write_text("".join(lines), "utf-8", newline="\n")
    merged = merge("".join(base), "".join(texts["ours"]), "".join(texts["theirs"]))
    done = subprocess.run(["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True)  # noqa: PLW1510
    assert (0, merged) == (done.returncode, done.stdout.decode()) or merged is None
