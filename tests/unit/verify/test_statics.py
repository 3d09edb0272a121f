"""What can be said of a kata without running it."""

from __future__ import annotations

import re
import shutil

import pytest

from pytest_fastapi_kata.kata import read_near_misses
from pytest_fastapi_kata.verify.statics import static_findings
from tests.unit.conftest import PackFolder


def findings(pack: PackFolder) -> list[str]:
    """Return what is found in q901."""
    kata = pack.load().find("q901")
    return list(static_findings(kata, read_near_misses(kata, [])))


def test_a_kata_without_fault(pack: PackFolder) -> None:
    """By-products and hidden files do not count, nor do folders with a meaning of their own."""
    folder = pack.root / "katas/90_tiny/q901_greeting"
    (folder / ".DS_Store").touch()
    (folder / "__pycache__").mkdir()
    (folder / "data").mkdir()
    assert [] == findings(pack)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("katas/90_tiny/q901_greeting/README.md", "README.md: is missing"),
        ("katas/90_tiny/q901_greeting/acceptance.py", "acceptance.py: is missing"),
        ("katas/90_tiny/q901_greeting/answer.md", "answer.md: is missing"),
        ("katas/90_tiny/q901_greeting/stub/app.py", "app.py: is missing"),
        ("katas/90_tiny/q901_greeting/near_misses.toml", "near_misses.toml: has no usable near miss"),
        ("solutions/90_tiny/q901_greeting/variants",
         "q901_greeting/variants: has no variant, so only one style is known to pass"),
    ],
)  # fmt: skip
def test_what_is_missing(pack: PackFolder, path: str, problem: str) -> None:
    """Each file has its use, and one that is not there is the one finding."""
    place = pack.root / path
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    assert [problem] == findings(pack)


def test_a_missing_solution(pack: PackFolder) -> None:
    """Then there is no variant either."""
    shutil.rmtree(pack.root / "solutions/90_tiny/q901_greeting")
    assert ["q901_greeting: is missing", "has no variant, so only one style is known to pass"] == [
        findings(pack)[0], findings(pack)[1].partition(": ")[2],
    ]  # fmt: skip


def test_a_stray_file(pack: PackFolder) -> None:
    """It would be shipped to everybody."""
    (pack.root / "katas/90_tiny/q901_greeting/notes.txt").touch()
    assert ["notes.txt: does not belong into a kata's folder"] == findings(pack)


def test_a_readme_without_the_question(pack: PackFolder) -> None:
    """Word for word."""
    pack.edit("q901_greeting/README.md", "How do you greet?", "How would you greet?")
    assert ["README.md: does not quote the interview question"] == findings(pack)


@pytest.mark.parametrize("name", ["README.md", "answer.md", "acceptance.py"])
def test_a_text_in_another_encoding(pack: PackFolder, name: str) -> None:
    """The file is named, instead of a traceback."""
    file = pack.file(f"q901_greeting/{name}")
    file.write_bytes(file.read_bytes() + "# é\n".encode("latin-1"))
    assert [name] == [finding.partition(":")[0] for finding in findings(pack)]


BLOCK = "```python\nwords in code count for nothing\n```\n"
READING = "\nFurther reading: https://fastapi.tiangolo.com/ and many words about it\n"


@pytest.mark.parametrize(
    ("words", "block", "reading", "problems"),
    [
        (150, BLOCK, READING, []),
        (250, BLOCK, READING, []),
        (200, BLOCK, READING.replace("Further", "## Further"), []),
        (149, BLOCK, READING, ["answer.md: has 149 words, not 150 to 250"]),
        (251, BLOCK, READING, ["answer.md: has 251 words, not 150 to 250"]),
        (200, "", READING, ["answer.md: has 0 code blocks, not one"]),
        (200, BLOCK * 2, READING, ["answer.md: has 2 code blocks, not one"]),
        (200, BLOCK, "", ["answer.md: has no further reading"]),
        (0, "", "", ["answer.md: has 0 code blocks, not one", "answer.md: has 0 words, not 150 to 250",
                     "answer.md: has no further reading"]),
    ],
)  # fmt: skip
def test_the_model_answer(pack: PackFolder, words: int, block: str, reading: str, problems: list[str]) -> None:
    """Its length is that of an answer in an interview, with one piece of code and a way to read on."""
    text = "word " * (words // 2) + "\n\n" + block + "\n" + "word " * (words - words // 2) + "\n" + reading
    pack.file("q901_greeting/answer.md").write_text(text, "utf-8")
    assert problems == findings(pack)


def test_a_check_that_acceptance_lacks(pack: PackFolder) -> None:
    """Nobody could solve the kata."""
    pack.edit("q901_greeting/acceptance.py", "def test_nobody_is_unknown", "def test_nobody_is_known")
    assert [
        "acceptance.py: has no test_nobody_is_unknown, which kata.toml names",
        "kata.toml: does not name the check test_nobody_is_known",
    ] == findings(pack)


def test_a_parametrized_check_is_one_function(pack: PackFolder) -> None:
    """Its names in kata.toml end in brackets."""
    text = pack.file("q901_greeting/kata.toml").read_text("utf-8")
    one = '[[checks]]\nname = "test_nobody_is_unknown[{}]"\ntitle = "T"\n'
    text = text.replace('"test_nobody_is_unknown"', '"test_nobody_is_unknown[a]"') + one.format("b")
    pack.file("q901_greeting/kata.toml").write_text(text, "utf-8")
    pack.file("q901_greeting/near_misses.toml").write_text(
        pack.file("q901_greeting/near_misses.toml").read_text("utf-8").replace("_unknown", "_unknown[a]"), "utf-8"
    )
    assert [] == findings(pack)


def test_a_check_without_a_requirement(pack: PackFolder) -> None:
    """The docstring is what a learner reads first; an asynchronous check has one, too."""
    file = pack.file("q901_greeting/acceptance.py")
    text = file.read_text("utf-8").replace("def test_nobody", "async def test_nobody")
    file.write_text(re.sub(r'    """.GET /greetings/nobody.*?"""\n', "", text), "utf-8")
    assert ["acceptance.py: test_nobody_is_unknown has no docstring that states its requirement"] == findings(pack)


def test_helpers_of_checks_are_no_checks(pack: PackFolder) -> None:
    """Nor are methods."""
    file = pack.file("q901_greeting/acceptance.py")
    more = "\n\ndef helper(): ...\n\n\nclass Shed:\n    def test_it(self): ...\n"
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    assert [] == findings(pack)


def test_checks_that_are_no_python(pack: PackFolder) -> None:
    """The place is told."""
    pack.file("q901_greeting/acceptance.py").write_text("def (:\n", "utf-8")
    assert 1 == len(findings(pack))
    assert findings(pack)[0].startswith("acceptance.py: invalid syntax")


def test_every_finding_begins_with_a_file(pack: PackFolder) -> None:
    """All of them come at once."""
    folder = pack.root / "katas/90_tiny/q901_greeting"
    for name in ("README.md", "answer.md", "acceptance.py", "near_misses.toml"):
        (folder / name).write_text("x = 1\n", "utf-8")
    assert {"README.md", "answer.md", "acceptance.py", "near_misses.toml"} == {
        finding.partition(": ")[0] for finding in findings(pack)
    }
