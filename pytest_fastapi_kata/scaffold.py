"""Lays out a workspace: which katas it holds, and the files that the learner starts from.

The template runs this from a clone, a zip or a wheel, in an interpreter where the kit may not be installed. So this
module, and all that it imports, needs nothing but the standard library.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.exceptions import KataError, WorkspaceError
from pytest_fastapi_kata.kata import LEVELS, Kata, Topic
from pytest_fastapi_kata.suites import CONFIGURATION

MANIFEST = Path(".kata", "stubs.json")
"""Where a workspace keeps the texts that its learner started from."""

MANIFEST_VERSION = 1
ALL = "all"
LONGEST_NAME = 100
PAGE_WIDTH = 118

_FOLDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_WINDOWS = {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}


def requirement() -> str:
    """Return what a workspace asks pip or uv for: this kit, or a later one that fits."""
    return f"pytest-fastapi-kata[katas]~={__version__.partition('+')[0]}"


def check_folder_name(name: str) -> None:
    """Refuse a workspace's folder name that some shell, system or tool would stumble over.

    Raises:
        WorkspaceError: it says what is wrong and, where it can, a similar name that works.
    """
    if name.partition(".")[0].lower() in _WINDOWS:
        msg = f"{name!r} cannot be the folder's name: Windows keeps it for itself"
        raise WorkspaceError(msg, "Choose another one, such as my-katas.")
    if not _FOLDER.fullmatch(name):
        msg = f"{name!r} cannot be the folder's name"
        rule = "Use letters from a to z, digits, '-', '_' and '.', with a letter or digit at both ends"
        raise WorkspaceError(msg, f"{rule}, such as {_similar(name)}.")
    if len(name) > LONGEST_NAME:
        msg = f"the folder's name has {len(name)} characters"
        raise WorkspaceError(msg, f"Choose one of at most {LONGEST_NAME}.")


def _similar(name: str) -> str:
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return words if words and words.lower() not in _WINDOWS else "my-katas"


def choose(catalogue: Catalogue, topics: str = ALL, levels: str = ALL) -> list[Kata]:
    """Return the katas of these topics and levels, in the catalogue's order.

    Args:
        catalogue: All katas there are.
        topics: ``all``, or names, folders or numbers of topics: ``basics, 02_routing``.
        levels: ``all``, or names of levels: ``basic, intermediate``.

    Raises:
        KataError: a topic or level is not known, or there is no such kata.
    """
    folders = {topic.folder for topic in choose_topics(catalogue, topics)}
    wanted = choose_levels(levels)
    katas = [kata for kata in catalogue if kata.topic.folder in folders and kata.level in wanted]
    if not katas:
        msg = f"there is no kata of level {' or '.join(wanted)} in {topics}"
        raise KataError(msg, "Choose more topics or levels, or all.")
    return katas


def choose_topics(catalogue: Catalogue, wanted: str = ALL) -> list[Topic]:
    """Return the topics that are named, in the catalogue's order; KataError if one is not known."""
    with_katas = {kata.topic.folder for kata in catalogue}
    known = [topic for folder, topic in sorted(catalogue.topics.items()) if folder in with_katas]
    names = _names(wanted, "topic", [topic.name for topic in known])
    if ALL in names:
        return known
    chosen = {_topic(name, known).folder for name in names}
    return [topic for topic in known if topic.folder in chosen]


def _topic(name: str, known: list[Topic]) -> Topic:
    plain = name.replace("-", "_")
    for topic in known:
        number = topic.folder.partition("_")[0]
        if plain in (topic.name, topic.folder) or (plain.isdecimal() and int(plain) == int(number)):
            return topic
    msg = f"there is no topic {name!r}"
    raise KataError(msg, f"Known topics: {', '.join(topic.name for topic in known)}; or all.")


def choose_levels(wanted: str = ALL) -> list[str]:
    """Return the levels that are named, from basic to advanced; KataError if one is not known."""
    names = _names(wanted, "level", LEVELS)
    for name in names:
        if name not in (*LEVELS, ALL):
            msg = f"there is no level {name!r}"
            raise KataError(msg, f"Known levels: {', '.join(LEVELS)}; or all.")
    return [level for level in LEVELS if level in names or ALL in names]


def _names(text: str, what: str, known: Iterable[str]) -> list[str]:
    names = re.split(r"[\s,;]+", text.strip(" \t\r\n,;").lower())
    if names == [""]:
        msg = f"no {what} is named"
        raise KataError(msg, f"Say all, or some of: {', '.join(known)}.")
    return names


def lay_out(katas: Iterable[Kata], workspace: Path) -> None:
    """Write the katas into a workspace, a page for each topic among them.

    A file that exists is left as it is.
    """
    for topic, of_topic in by_topic(katas):
        folder = workspace / "katas" / topic.folder
        _write_new(folder / "README.md", topic_page(topic, of_topic).encode())
        for kata in of_topic:
            lay_out_kata(kata, folder / kata.slug)


def lay_out_kata(kata: Kata, folder: Path) -> None:
    """Write one kata's instructions and stub into its folder of a workspace; existing files stay as they are."""
    _write_new(folder / "README.md", readme_page(kata).encode())
    for name, content in stub_contents(kata).items():
        _write_new(folder / name, content)


def readme_page(kata: Kata) -> str:
    """Return what the learner reads: the kata's README, and how to check it, get help and read on."""
    steps = [f"- Check it, from the workspace's folder: `{check_command(kata)}`"]
    if kata.entry == "app.py":
        steps.append(
            f"- See it run: `cd katas/{kata.folder}`, then `uvicorn app:app --reload`, and open <http://127.0.0.1:8000/docs>"
        )
    steps.append(f"- Stuck? `fastapi-kata hint {kata.id}` gives a nudge first, and more each time.")
    links = ", ".join(f"<{url}>" for url in kata.docs)
    text = _content(kata.readme).decode().rstrip()
    return "\n".join([text, "", "---", "", *steps, f"- To read: {links}", ""])


def check_command(kata: Kata) -> str:
    """Return what runs a kata's checks, typed in the workspace's folder."""
    return " ".join(["pytest", *configuration_options(kata), f"katas/{kata.folder}/{kata.entry}"])


def configuration_options(kata: Kata) -> list[str]:
    """Return the options of pytest that make the workspace's configuration count.

    They are needed where the learner writes a configuration: it would make their folder the root of the run.
    """
    return ["-c", "pyproject.toml"] if kata.entry in CONFIGURATION else []


def topic_page(topic: Topic, katas: Iterable[Kata]) -> str:
    """Return the page of a topic: what it is about, and its katas with their levels."""
    arc = "\n\n".join(textwrap.fill(part, PAGE_WIDTH, break_on_hyphens=False) for part in topic.arc.split("\n\n"))
    rows = [f"| [{kata.id} · {_cell(kata.title)}]({kata.slug}/README.md) | {kata.level} |" for kata in katas]
    return "\n".join([f"# {topic.title}", "", arc, "", "| Kata | Level |", "|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def write_manifest(katas: Iterable[Kata], workspace: Path, kept: Mapping[str, Any] | None = None) -> None:
    """Note the texts that the learner starts from, as the base of a later three-way merge.

    ``.kata/stubs.json`` is replaced in one step, so that it is never half-written.

    Args:
        katas: Those that were laid out, or brought up to this kit.
        workspace: The workspace's folder.
        kept: Entries of an earlier manifest that still hold, by the kata's id.
    """
    katas = list(katas)
    entries = {kata.id: manifest_entry(kata) for kata in katas}
    manifest = {
        "format_version": MANIFEST_VERSION,
        "kit": __version__,
        "katas": entries | {name: entry for name, entry in (kept or {}).items() if name not in entries},
        "pages": {topic.folder: digest(topic_page(topic, of_topic)) for topic, of_topic in by_topic(katas)},
    }
    target = workspace / MANIFEST
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())


def replace_file(target: Path, content: bytes) -> None:
    """Write a file in one step: whatever happens, the old content is there, or the new one."""
    fresh = target.with_name(f".{target.name}.tmp")
    try:
        fresh.write_bytes(content)
        fresh.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def by_topic(katas: Iterable[Kata]) -> Iterator[tuple[Topic, list[Kata]]]:
    """Yield each topic with its katas; they have to be in the catalogue's order."""
    for topic, group in groupby(katas, key=lambda kata: kata.topic):
        yield topic, list(group)


def digest(text: str) -> str:
    """Return by what the manifest knows a page of instructions: the SHA-256 of its text."""
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_entry(kata: Kata) -> dict[str, Any]:
    r"""Return what the manifest says about a kata: its folder, and what was handed out to the learner.

    A file of the stub stands there as its text, with newlines as ``\n``, or as ``{"base64": …}`` if it is no text. Of
    the instructions, which learners seldom change, the SHA-256 is enough to see whether they did.
    """
    return {
        "folder": kata.folder,
        "readme": digest(readme_page(kata)),
        "files": {name: _pristine(content) for name, content in stub_contents(kata).items()},
    }


def stub_contents(kata: Kata) -> dict[str, bytes]:
    r"""Return what the learner starts from, by file; a text's newlines are ``\n``."""
    return {file.as_posix(): _content(kata.stub / file) for file in kata.stub_files()}


def _pristine(content: bytes) -> str | dict[str, str]:
    text = _as_text(content)
    return {"base64": base64.b64encode(content).decode("ascii")} if text is None else text


def _content(file: Path) -> bytes:
    r"""Return a file's bytes; a text's newlines as ``\n``, however the kit came onto this machine."""
    content = file.read_bytes()
    return content if _as_text(content) is None else content.replace(b"\r\n", b"\n")


def _as_text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return


def next_steps(folder: str, package_manager: str, *, windows: bool) -> list[str]:
    """Return the commands that lead from a new workspace to its first kata."""
    into = f'cd "{folder}"' if re.search(r"[^\w./\\:~-]", folder) else f"cd {folder}"
    if package_manager == "uv":
        return [into, "uv sync", "uv run pytest --kata-progress"]
    if windows:
        own = ["py -m venv .venv", r".venv\Scripts\activate"]
    else:
        own = ["python3 -m venv .venv", ". .venv/bin/activate"]
    return [into, *own, "python -m pip install -r requirements.txt", "pytest --kata-progress"]
