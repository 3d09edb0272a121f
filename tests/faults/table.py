"""Writes docs/trust.md: what is promised, and the table of all cases. ``python -m tests.faults.table``."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.faults.cases import Case, all_cases

FILE = Path(__file__).resolve().parents[2] / "docs" / "trust.md"
ISOLATIONS = ("fork", "spawn")
GROUPS = {
    "crashes": "Crashes",
    "endings": "Exits and exceptions",
    "escapes": "Terminal escapes and markup",
    "floods": "Floods",
    "forging": "Forged results",
    "hangs": "Hangs",
    "interference": "Interference: wrong answers that change what is around them",
    "killing": "Killing",
    "names": "Links, names and contents",
    "workspace": "Other files of the workspace",
}
WORDS = {
    "failing": "failing",
    "broken": "broken",
    "timeout": "timeout",
    "not_started": "not started",
}
INTRODUCTION = """\
# What a verdict is worth

*This page is written by `python -m tests.faults.table` from the cases in `tests/faults/cases`. The suite runs each of
them for real and compares the outcome with what stands here.*

## What is promised

- **An honest verdict on one's own machine.** A kata is solved when every one of its checks was run to its end and has
  passed, by the count of the process that judges. That process never imports a learner's code: each kata runs in a
  process of its own, which reports through a pipe with a token that the learner's code is not given.
- **A fault costs its own kata.** Whatever one kata does (ends, hangs, crashes, floods, kills), the others get the
  verdict that they deserve, the record keeps what was solved, and the run comes to its end.
- **Bounded.** A check has its limit (10 s, if its kata says nothing else), a kata four times that. Where the platform
  has limits, a kata gets 4 GB of address space, 64 MB a file, and room for 1,000 processes and threads.
- **Nothing is left.** On Linux every process that a kata has started ends with it, also one that left its group. On
  macOS this holds for its process group, on Windows for the process itself. Its temporary files go, too.
- **Changed tools are noticed.** What the checks rely on (pytest, the client, JSON, builtins, the kit itself) is
  compared before and after each check. If the learner's code has changed any of it, the check fails and names it.
- **What comes from a learner's code is shown as text.** Escapes never reach the terminal raw; pages and XML escape
  them.

## What is not promised

The kit is no security boundary against the owner of the machine. A kata's code runs with its owner's rights: it can
read and delete their files, use the network, and fill the disk with many files. Its process also holds the checks, so
that somebody who reads the kit's source can write code that deceives it; and `.kata/progress.json` is a text file that
an editor opens. A class in which marks hang on it should run the submissions anew, in containers or on a machine of
their own, and look at the record of that run.

## The cases

Each case is the kata between two good ones, in a run of `pytest --kata-progress`. In each of them both neighbours come
out solved, the record is right, the learner's files are as they were, the exit code is right, and no process and no
temporary file is left.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [INTRODUCTION]
    cases = all_cases()
    for group, some in groupby(cases, key=lambda case: case.group):
        lines += [f"### {GROUPS[group]}", "", "| Case | fork | spawn | What the learner is told |", "|---|---|---|---|"]
        lines += [_row(case) for case in some]
        lines.append("")
    lines.append(f"{len(cases)} cases in {len(ISOLATIONS)} isolations.")
    return "\n".join(lines) + "\n"


def _row(case: Case) -> str:
    outcome = " or ".join(WORDS[one] for one in sorted(case.statuses))
    only = f" ({case.facts['only']} only)" if "only" in case.facts else ""
    told = " or ".join(f"… {_cell(part)} …" for part in case.says if part)
    return f"| {_cell(case.title)}{only} | {outcome} | {outcome} | {told} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
