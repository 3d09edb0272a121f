"""What an update plans for each file of a workspace."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pytest_fastapi_kata import __version__, scaffold, updating
from pytest_fastapi_kata.exceptions import KataError, WorkspaceError
from pytest_fastapi_kata.progress import checks_digest
from pytest_fastapi_kata.scaffold import MANIFEST
from pytest_fastapi_kata.updating import Update, plan_update
from pytest_fastapi_kata.workspace import read_workspace
from tests.unit.conftest import PackFolder

STUB = "from fastapi import FastAPI\n\n# Greet here.\n\napp = FastAPI()\n\n# The end.\n"
ENTRY = "katas/90_tiny/q901_greeting/app.py"


class Place:
    """A pack that goes on, and a workspace that was made from an earlier state of it."""

    def __init__(self, pack: PackFolder, root: Path) -> None:
        self.pack = pack
        self.root = root
        pack.file("stub/app.py").write_text(STUB, "utf-8")
        katas = pack.load().katas
        scaffold.lay_out(katas, root)
        scaffold.write_manifest(katas, root)
        self.settings(f'kit = "{__version__}"')

    def settings(self, *lines: str) -> None:
        """Write pyproject.toml."""
        text = "\n".join(
            ["# Mine.", "[tool.fastapi-kata]", "format_version = 1", *lines, "", "[tool.mine]", 'kit = "x"']
        )
        (self.root / "pyproject.toml").write_text(f"{text}\n", "utf-8")

    def write(self, text: str | bytes, name: str = ENTRY) -> None:
        """Write a file of the learner's."""
        (self.root / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def improve(self, text: str | bytes, name: str = "stub/app.py") -> None:
        """Change a file of the first kata in the pack."""
        (self.pack.root / "katas/90_tiny/q901_greeting" / name).write_bytes(
            text if isinstance(text, bytes) else text.encode()
        )

    def plan(self) -> Update:
        """Return what an update would do."""
        return plan_update(read_workspace(self.root), self.pack.load())

    def changes(self) -> dict[str, tuple[str, str]]:
        """Return action and text by path."""
        return {one.path: (one.action, one.content.decode()) for one in self.plan().changes}


@pytest.fixture
def place(pack: PackFolder, tmp_path: Path) -> Place:
    """A workspace of the tiny pack."""
    return Place(pack, tmp_path / "desk")


def test_nothing_to_do(place: Place) -> None:
    """A workspace that was just made is up to date, whatever the learner did in it."""
    place.write("mine")
    place.write("mine", "katas/90_tiny/q902_counter/more.py")
    update = place.plan()
    assert (True, [], [], []) == (update.is_empty, update.added, update.unknown, update.retired)


NEW = STUB.replace("Greet here", "Greet here, please")


@pytest.mark.parametrize(("ours", "new", "planned"), [
    (STUB, NEW, ("replace", NEW)),
    (STUB.replace("The end.", "Mine."), NEW, ("merge", NEW.replace("The end.", "Mine."))),
    (STUB.replace("Greet here.", "Mine."), NEW, ("conflict", NEW)),
    (NEW, NEW, None),
    (STUB.replace("\n", "\r\n"), NEW, ("replace", NEW.replace("\n", "\r\n"))),
    (STUB.replace("The end.", "Mine.").replace("\n", "\r\n"), NEW,
     ("merge", NEW.replace("The end.", "Mine.").replace("\n", "\r\n"))),
    (b"\xff\xfe" + STUB.encode("utf-16-le"), NEW, ("conflict", NEW)),
    ("", STUB.replace("The end.", "An end."), ("conflict", STUB.replace("The end.", "An end."))),
])  # fmt: skip
def test_a_file_that_the_kit_improved(
    place: Place, ours: str | bytes, new: str, planned: tuple[str, str] | None
) -> None:
    """Replaced if untouched, merged if the changes do not meet, left to the learner otherwise."""
    place.write(ours)
    place.improve(new)
    assert ({} if planned is None else {ENTRY: planned}) == place.changes()


def test_a_merge_that_is_no_python_is_none(place: Place) -> None:
    """Two good texts can make a bad one; then the learner's stays."""
    base = "x = 1\n\n\ny = 2\n\n\nz = 3\n"
    place.improve(base)
    place.write(base)
    scaffold.write_manifest(place.pack.load(), place.root)
    place.write(base.replace("x = 1", "x = dict(").replace("z = 3", ")"))
    place.improve(base.replace("y = 2", "y = 22; w = 3"))
    assert {"conflict"} == {action for action, _ in place.changes().values()}
    place.write("not python at all (\n" + base)
    assert {"merge"} == {action for action, _ in place.changes().values()}


def test_files_that_come_and_go(place: Place) -> None:
    """New files are added, unless the learner has one there; old ones go, unless they are the learner's by now."""
    folder = Path(ENTRY).parent
    place.improve("b = 1\n", "stub/b.py")
    place.improve("c = 1\n", "stub/c.py")
    place.write("c = 'mine'\n", f"{folder}/c.py")
    assert {f"{folder}/b.py": ("add", "b = 1\n"), f"{folder}/c.py": ("conflict", "c = 1\n")} == place.changes()
    scaffold.write_manifest(place.pack.load(), place.root)
    place.write("b = 1\n", f"{folder}/b.py")
    for name in ("b", "c"):
        place.pack.file(f"stub/{name}.py").unlink()
    assert {f"{folder}/b.py": ("remove", "")} == place.changes()


def test_what_the_learner_removed(place: Place) -> None:
    """A kata that is gone stays away; a file that is gone is offered when the kit has improved it."""
    shutil.rmtree(place.root / "katas/90_tiny/q902_counter")
    (place.root / ENTRY).unlink()
    place.improve("# Better.\n" + STUB)
    update = place.plan()
    assert ([], ["q901"], {"q902"}) == (update.added, [k.id for k in update.katas], update.kept.keys())
    assert {(ENTRY, "conflict")} == {(c.path, c.action) for c in update.changes if c.kata}


def test_a_link_is_left_alone(place: Place) -> None:
    """Where it leads is the learner's affair."""
    (place.root / ENTRY).unlink()
    (place.root / ENTRY).symlink_to(place.root / "elsewhere.py")
    place.improve(NEW)
    assert {ENTRY: ("conflict", NEW)} == place.changes()


def test_instructions(place: Place) -> None:
    """A README is replaced if it is as it was handed out, else the new one is laid beside it."""
    readme = "katas/90_tiny/q901_greeting/README.md"
    place.improve("# Better\n", "README.md")
    assert "replace" == place.changes()[readme][0]
    place.write("My notes", readme)
    assert "conflict" == place.changes()[readme][0]
    (place.root / readme).unlink()
    assert {} == place.changes()


def test_the_page_of_a_topic(place: Place) -> None:
    """It follows the katas that are there."""
    page = "katas/90_tiny/README.md"
    place.pack.edit("katas/90_tiny/topic.toml", 'title = "', 'title = "Very ')
    assert {page: "replace"} == {name: action for name, (action, _) in place.changes().items()}
    place.write("Mine", page)
    assert {page: "conflict"} == {name: action for name, (action, _) in place.changes().items()}


def test_new_katas_arrive(place: Place) -> None:
    """Those of the topics and levels that were chosen, with all their files."""
    manifest = json.loads((place.root / MANIFEST).read_text("utf-8"))
    del manifest["katas"]["q902"]
    (place.root / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    shutil.rmtree(place.root / "katas/90_tiny/q902_counter")
    update = place.plan()
    assert ["q902"] == [kata.id for kata in update.added]
    files = {one.path.rpartition("/")[2] for one in update.of(update.added[0])}
    assert ({"README.md", "app.py"}, {"add"}) == (files, {one.action for one in update.of(update.added[0])})
    level = next(kata.level for kata in place.pack.load() if kata.id == "q901")
    other = next(one for one in ("basic", "intermediate", "advanced") if one != update.added[0].level)
    place.settings(f'kit = "{__version__}"', 'topics = ["all"]', f'levels = ["{other}"]')
    if other == level:
        assert [] == place.plan().added
    place.settings(f'kit = "{__version__}"', 'topics = ["nonsense"]')
    with pytest.raises(KataError, match="no topic 'nonsense'"):
        place.plan()


def test_a_kata_that_moved(place: Place) -> None:
    """The learner's folder goes with it."""
    katas = place.pack.root / "katas/90_tiny"
    (katas / "q901_greeting").rename(katas / "q901_hello")
    (place.pack.root / "solutions/90_tiny/q901_greeting").rename(place.pack.root / "solutions/90_tiny/q901_hello")
    toml = katas / "q901_hello/kata.toml"
    toml.write_text(toml.read_text("utf-8").replace("q901_greeting", "q901_hello"), "utf-8")
    place.write("mine")
    update = place.plan()
    assert [("q901", "90_tiny/q901_greeting")] == [(kata.id, folder) for kata, folder in update.moved]
    assert [] == update.conflicts


def test_a_kata_that_the_kit_has_no_more(place: Place) -> None:
    """It stays, and is named."""
    shutil.rmtree(place.pack.root / "katas/90_tiny/q902_counter")
    update = place.plan()
    assert (["q902"], {"q902"}) == (update.retired, update.kept.keys())
    assert not [one for one in update.changes if "q902" in one.path]


@pytest.mark.parametrize("text", [None, "{", "[]", '{"katas": 1}', '{"katas": {"q901": 5, "q902": {"files": 3}}}'])
def test_without_a_manifest(place: Place, text: str | None) -> None:
    """Nothing that exists is touched, for nobody knows whose it is."""
    (place.root / MANIFEST).unlink() if text is None else (place.root / MANIFEST).write_text(text, "utf-8")
    place.improve(NEW)
    update = place.plan()
    assert (["q901", "q902"], []) == ([kata.id for kata in update.unknown], update.changes)


@pytest.mark.parametrize(("kit", "is_refused"), [("0.0.1", False), ("99.0", True), ("nonsense", False)])
def test_kits(place: Place, kit: str, is_refused: bool) -> None:
    """A workspace is not taken back; its own file names the kit afterwards, and keeps its other lines."""
    place.settings('topics = ["all"]', f'kit = "{kit}"')
    if is_refused:
        with pytest.raises(WorkspaceError, match="Update the kit first"):
            place.plan()
        return
    before = (place.root / "pyproject.toml").read_text("utf-8")
    assert {"pyproject.toml": ("replace", before.replace(f'"{kit}"', f'"{__version__}"'))} == place.changes()


def test_the_requirement(place: Place) -> None:
    """It asks for this kit from now on; what else is required stays."""
    place.write("# mine\npytest-fastapi-kata[katas]~=0.0.9\nrich\n", "requirements.txt")
    assert {"requirements.txt": ("replace", f"# mine\n{scaffold.requirement()}\nrich\n")} == place.changes()


def test_solved_against_older_checks(place: Place) -> None:
    """They are named, so that they can be checked again."""
    now = {kata.id: checks_digest(kata)[:16] for kata in place.pack.load()}
    entries = {"q901": {"solved_at": "t", "checks": "0" * 16}, "q902": {"solved_at": "t", "checks": now["q902"]}}
    (place.root / ".kata/progress.json").write_text(json.dumps({"format_version": 1, "katas": entries}), "utf-8")
    katas = place.pack.load().katas
    older = updating.solved_against_older_checks(read_workspace(place.root), katas)
    assert ["q901"] == [kata.id for kata in older]
