"""What can be said of a kata without running it: files, texts, names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_fastapi_kata.kata import Kata, NearMiss
from pytest_fastapi_kata.suites import FILE as MUTANTS
from pytest_fastapi_kata.suites import read_mutants
from pytest_fastapi_kata.tables import Problem
from pytest_fastapi_kata.verify.candidates import variants

ANSWER_WORDS = (150, 250)


def static_findings(kata: Kata, near_misses: tuple[NearMiss, ...]) -> Iterator[str]:
    """Yield what is missing or inconsistent in the kata's own files."""
    unreadable = [path for path in (kata.readme, kata.acceptance, kata.path / "answer.md") if not _is_text(path)]
    if unreadable:
        yield from (f"{path.name}: is not UTF-8 text" for path in unreadable)
        return
    yield from _files(kata)
    yield from _answer(kata)
    yield from _checks(kata)
    if kata.judged == "suite" and (kata.path / MUTANTS).exists():
        yield from _mutants(kata)
    if not near_misses:
        yield "near_misses.toml: has no usable near miss"
    if not variants(kata):
        yield f"{kata.solution.name}/variants: has no variant, so only one style is known to pass"


def _mutants(kata: Kata) -> Iterator[str]:
    problems: list[Problem] = []
    found = read_mutants(kata.path, problems)
    yield from (f"{MUTANTS}: {problem.key}: {problem.what}" for problem in problems)
    readme = kata.readme.read_text("utf-8") if kata.readme.is_file() else ""
    for name in found.given:
        if not (kata.stub / name).is_file():
            yield f"{MUTANTS}: the stub has no {name}, which is said to be given"
    for promise in found.promises:
        if promise not in readme:
            yield f"README.md: does not name the promise {promise}"


def _is_text(path: Path) -> bool:
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    except OSError:
        pass
    return True


def _files(kata: Kata) -> Iterator[str]:
    for path in (kata.readme, kata.acceptance, kata.path / "answer.md", kata.stub / kata.entry, kata.solution):
        if not path.exists():
            yield f"{path.name}: is missing"
    known = {
        "kata.toml",
        "README.md",
        "stub",
        "acceptance.py",
        "near_misses.toml",
        "answer.md",
        "symptoms.json",
        "__pycache__",
    }
    known |= {"mutants.toml", "rewrite", "data"}
    for path in sorted(kata.path.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            yield f"{path.name}: does not belong into a kata's folder"
    readme = kata.readme.read_text("utf-8") if kata.readme.is_file() else ""
    if readme and kata.question not in readme:
        yield "README.md: does not quote the interview question"


def _answer(kata: Kata) -> Iterator[str]:
    file = kata.path / "answer.md"
    if not file.is_file():
        return
    text = file.read_text("utf-8")
    blocks = re.findall(r"^```.*?^```", text, flags=re.MULTILINE | re.DOTALL)
    if len(blocks) != 1:
        yield f"answer.md: has {len(blocks)} code blocks, not one"
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.split(r"^(?:#+\s*)?Further reading", prose, flags=re.MULTILINE)[0]
    words = len(prose.split())
    if not ANSWER_WORDS[0] <= words <= ANSWER_WORDS[1]:
        yield f"answer.md: has {words} words, not {ANSWER_WORDS[0]} to {ANSWER_WORDS[1]}"
    if "https://" not in text:
        yield "answer.md: has no further reading"


def _checks(kata: Kata) -> Iterator[str]:
    if not kata.acceptance.is_file():
        return
    try:
        tree = ast.parse(kata.acceptance.read_text("utf-8"))
    except SyntaxError as error:
        yield f"acceptance.py: {error}"
        return
    functions = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }
    named = {name.partition("[")[0] for name in kata.check_names}
    for name in sorted(named - functions.keys()):
        yield f"acceptance.py: has no {name}, which kata.toml names"
    for name in sorted(functions.keys() - named):
        yield f"kata.toml: does not name the check {name}"
    for name, node in functions.items():
        if not ast.get_docstring(node):
            yield f"acceptance.py: {name} has no docstring that states its requirement"
