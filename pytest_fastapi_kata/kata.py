"""What a kata is: the facts of its ``kata.toml`` and ``near_misses.toml``, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from pytest_fastapi_kata.tables import Problem, Reader, read_toml

FORMAT_VERSION = 1
LEVELS = ("basic", "intermediate", "advanced")
HINTS = 3
DEFAULT_TIMEOUT = 10.0
APP_KINDS = ("fastapi", "asgi", "none")
JUDGED = ("app", "suite")

_FOLDER = re.compile(r"(q\d{3,5})_[a-z0-9_]+")
_TOPIC = re.compile(r"\d{2}_[a-z][a-z0-9_]*")
_VERSION = re.compile(r"\d+(\.\d+)*")
_CHECK = re.compile(r"test_\w+(\[[^\]]+\])?")


@dataclass(frozen=True)
class Topic:
    """A folder of katas, such as ``02_routing``; ``order`` lists ids in the order to solve them, if not by number."""

    folder: str
    title: str
    arc: str
    order: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name without its number, which is also the pytest marker."""
        return self.folder.partition("_")[2]


@dataclass(frozen=True)
class Check:
    """One hidden acceptance test, as far as the learner may know it."""

    name: str
    title: str
    hint: str = ""


@dataclass(frozen=True)
class Edit:
    """A change to one file: ``find`` replaced by ``put``, or the ``whole`` file."""

    file: str
    find: str = ""
    put: str = ""
    whole: str | None = None


@dataclass(frozen=True)
class NearMiss:
    """A plausible wrong answer: edits to the solution, and the checks that catch it."""

    name: str
    why: str
    caught_by: frozenset[str]
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Kata:
    """One exercise, as its folder describes it.

    ``timeout`` is in seconds and bounds a single check. ``path`` is the kata's
    folder in its pack, ``solution`` the folder of the kit's own answer.
    """

    id: str
    slug: str
    title: str
    question: str
    level: str
    topic: Topic
    path: Path
    solution: Path
    checks: tuple[Check, ...]
    hints: tuple[str, ...]
    docs: tuple[str, ...]
    entry: str = "app.py"
    app: str = "fastapi"
    needs: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    minimum_fastapi: str = ""
    judged: str = "app"
    pack: str = field(default="fastapi", compare=False)

    @property
    def stub(self) -> Path:
        """The folder of the files that the learner starts from."""
        return self.path / "stub"

    @property
    def acceptance(self) -> Path:
        """The file of the hidden checks."""
        return self.path / "acceptance.py"

    @property
    def readme(self) -> Path:
        """What the learner reads."""
        return self.path / "README.md"

    @property
    def folder(self) -> str:
        """The kata's folder below ``katas/``, with forward slashes."""
        return f"{self.topic.folder}/{self.slug}"

    @property
    def check_names(self) -> tuple[str, ...]:
        """The names of all checks, in the order of ``kata.toml``."""
        return tuple(check.name for check in self.checks)

    def check(self, name: str) -> Check:
        """Return the check of that name; KeyError if the kata has none."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def variants(self) -> list[Path]:
        """Return the folders of the solution's variants, sorted by name."""
        root = self.solution / "variants"
        return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    def stub_files(self) -> tuple[Path, ...]:
        """Return the stub's files, relative to the stub's folder, sorted."""
        return tuple(path.relative_to(self.stub) for path in sorted(self.stub.rglob("*")) if is_source(path))


def is_source(path: Path) -> bool:
    """Say whether a file of a stub or solution is content, not a by-product of running it."""
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"


def read_topic(folder: Path, problems: list[Problem]) -> Topic | None:
    """Read ``topic.toml`` of a topic's folder; None, with problems noted, if it is of no use."""
    file = folder / "topic.toml"
    table = read_toml(file, problems)
    if table is None:
        return None
    before = len(problems)
    reader = Reader(file, table, problems)
    reader.refuse_unknown({"title", "arc", "order"})
    topic = Topic(folder.name, reader.text("title"), reader.text("arc"), reader.texts("order", required=False))
    if not _TOPIC.fullmatch(folder.name):
        problems.append(Problem(folder, "", "is not named like a topic", "NN_name, such as 02_routing"))
    return topic if len(problems) == before else None


_KATA_KEYS = {
    "format_version", "id", "slug", "title", "question", "level", "entry", "app", "needs", "timeout",
    "minimum_fastapi", "judged", "docs", "hints", "checks",
}  # fmt: skip


def read_kata(folder: Path, topic: Topic, solutions: Path, pack: str, problems: list[Problem]) -> Kata | None:
    """Read ``kata.toml`` of a kata's folder; None, with all problems noted, if any value is wrong."""
    file = folder / "kata.toml"
    table = read_toml(file, problems)
    if table is None:
        return None
    before = len(problems)
    reader = Reader(file, table, problems)
    version = table.get("format_version")
    if version != FORMAT_VERSION:
        reader.problem(
            "format_version", f"is {version!r}, and this kit reads {FORMAT_VERSION}", "update the kit, or the kata"
        )
    reader.refuse_unknown(_KATA_KEYS)
    kata = Kata(
        id=reader.text("id"),
        slug=reader.text("slug"),
        title=reader.text("title"),
        question=reader.text("question"),
        level=reader.choice("level", LEVELS),
        topic=topic,
        path=folder,
        solution=solutions / topic.folder / folder.name,
        checks=_read_checks(reader),
        hints=reader.texts("hints", required=True),
        docs=reader.texts("docs", required=True),
        entry=reader.text("entry", "app.py"),
        app=reader.choice("app", APP_KINDS, "fastapi"),
        needs=reader.texts("needs", required=False),
        timeout=reader.number("timeout", DEFAULT_TIMEOUT),
        minimum_fastapi=reader.text("minimum_fastapi", ""),
        judged=reader.choice("judged", JUDGED, "app"),
        pack=pack,
    )
    _compare_names(kata, reader)
    return kata if len(problems) == before else None


def _compare_names(kata: Kata, reader: Reader) -> None:
    if kata.slug and kata.slug != kata.path.name:
        reader.problem("slug", f"is {kata.slug!r}, but the folder is {kata.path.name!r}", "make them equal")
    folder = _FOLDER.fullmatch(kata.path.name)
    if folder is None:
        reader.problem("slug", f"{kata.path.name!r} is no name for a kata", "qNNN_name, in small letters")
    elif kata.id and kata.id != folder[1]:
        reader.problem("id", f"is {kata.id!r}, but the folder begins with {folder[1]!r}", "make them equal")
    if kata.hints and len(kata.hints) != HINTS:
        reader.problem("hints", f"has {len(kata.hints)} entries", f"write exactly {HINTS}, from a nudge to nearly all")
    for url in kata.docs:
        if not url.startswith("https://"):
            reader.problem("docs", f"{url!r} is not an https address", "link to the official page")
    if kata.minimum_fastapi and not _VERSION.fullmatch(kata.minimum_fastapi):
        reader.problem("minimum_fastapi", f"{kata.minimum_fastapi!r} is not a version", "such as 0.115 or 0.115.2")
    if "/" in kata.entry or "\\" in kata.entry:
        reader.problem("entry", f"{kata.entry!r} is not a file of the kata's own folder", "name a file at its top")


def _read_checks(reader: Reader) -> tuple[Check, ...]:
    checks: list[Check] = []
    for number, table in enumerate(reader.tables("checks")):
        one = Reader(reader.file, table, reader.problems, f"checks[{number}].")
        one.refuse_unknown({"name", "title", "hint"})
        check = Check(name=one.text("name"), title=one.text("title"), hint=one.text("hint", ""))
        if check.name and not _CHECK.fullmatch(check.name):
            one.problem("name", f"{check.name!r} is no name of a check", "test_ and a sentence")
        if check.name in {c.name for c in checks}:
            one.problem("name", f"{check.name!r} is there twice", "names are unique in a kata")
        checks.append(check)
    return tuple(checks)


def read_near_misses(kata: Kata, problems: list[Problem]) -> tuple[NearMiss, ...]:
    """Read ``near_misses.toml`` of a kata; wrong entries are noted as problems and left out."""
    file = kata.path / "near_misses.toml"
    table = read_toml(file, problems)
    if table is None:
        return ()
    reader = Reader(file, table, problems)
    reader.refuse_unknown({"near_miss"})
    found: list[NearMiss] = []
    for number, entry in enumerate(reader.tables("near_miss")):
        before = len(problems)
        one = Reader(file, entry, problems, f"near_miss[{number}].")
        one.refuse_unknown({"name", "why", "caught_by", "edit"})
        name = one.text("name")
        if name in {miss.name for miss in found}:
            one.problem("name", f"{name!r} is there twice", "names are unique in a kata")
        caught_by = one.texts("caught_by", required=True)
        for check in caught_by:
            if check not in kata.check_names:
                one.problem("caught_by", f"{check!r} is not a check of {kata.id}", "copy the name from kata.toml")
        miss = NearMiss(name, one.text("why"), frozenset(caught_by), read_edits(one))
        if len(problems) == before:
            found.append(miss)
    return tuple(found)


def read_edits(reader: Reader) -> tuple[Edit, ...]:
    """Read the edits of a near miss, or of a mutant."""
    edits = []
    for number, table in enumerate(reader.tables("edit")):
        one = Reader(reader.file, table, reader.problems, f"{reader.prefix}edit[{number}].")
        one.refuse_unknown({"file", "find", "put", "whole"})
        whole = table.get("whole")
        if (whole is None) == ("find" not in table) or ("find" in table) != ("put" in table):
            one.problem("find", "an edit has either find and put, or whole")
            continue
        for key in ("find", "put", "whole"):
            if key in table and not isinstance(table[key], str):
                one.problem(key, f"must be a text, not {table[key]!r}")
        edits.append(
            Edit(
                file=one.text("file"),
                find=str(table.get("find", "")),
                put=str(table.get("put", "")),
                whole=None if whole is None else str(whole),
            )
        )
    return tuple(edits)
