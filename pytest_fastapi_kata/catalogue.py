"""All katas of all packs, and everything that is wrong with them, found in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path

from pytest_fastapi_kata.content import content_root
from pytest_fastapi_kata.exceptions import CatalogueError
from pytest_fastapi_kata.kata import Kata, Topic, read_kata, read_topic
from pytest_fastapi_kata.tables import Problem

PACKS = "pytest_fastapi_kata.packs"
"""The entry point group under which a distribution offers a pack: a package with ``katas/`` and ``solutions/``."""


@dataclass(frozen=True)
class Pack:
    """A set of katas: ``root`` holds ``katas/`` and ``solutions/``."""

    name: str
    root: Path


@dataclass
class Catalogue:
    """The katas in their order, the topics by folder, and the problems that kept others out."""

    katas: list[Kata] = field(default_factory=list)
    topics: dict[str, Topic] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Kata]:
        return iter(self.katas)

    def __len__(self) -> int:
        return len(self.katas)

    def find(self, name: str) -> Kata:
        """Return the kata of an id (``q011``), a slug, or a number (``11``).

        Raises:
            CatalogueError: there is none; the message names similar ones.
        """
        wanted = id_or_slug(name)
        kata = self._by_name.get(wanted)
        if kata is not None:
            return kata
        msg = f"there is no kata {name!r}"
        raise CatalogueError(msg, self._suggestion(wanted))

    def _suggestion(self, wanted: str) -> str:
        import difflib  # only on the way to an error

        names = [name for kata in self.katas for name in (kata.id, kata.slug)]
        close = difflib.get_close_matches(wanted, names, n=3) or [n for n in names if wanted in n][:3]
        return f"Did you mean {', '.join(close)}?" if close else "`fastapi-kata list` shows all katas."

    def in_folder(self, folder: str) -> Kata | None:
        """Return the kata of a folder such as ``02_routing/q011_define_routes``, or None."""
        return self._by_folder.get(folder)

    # Once read, a catalogue stays as it is.
    @cached_property
    def _by_name(self) -> dict[str, Kata]:
        return {name: kata for kata in reversed(self.katas) for name in (kata.slug, kata.id)}

    @cached_property
    def _by_folder(self) -> dict[str, Kata]:
        return {kata.folder: kata for kata in reversed(self.katas)}

    def raise_problems(self) -> None:
        """Raise a CatalogueError that lists every problem, if there is any."""
        if self.problems:
            lines = "\n".join(f"  - {problem}" for problem in self.problems)
            msg = f"{len(self.problems)} problem{'s' * (len(self.problems) > 1)} in the katas:\n{lines}"
            raise CatalogueError(msg)


def id_or_slug(name: str) -> str:
    """Return what is meant by an id, a slug, a number or a path, as id or slug."""
    wanted = name.strip().strip("/").rpartition("/")[2].lower()
    return f"q{int(wanted):03d}" if wanted.isdecimal() else wanted


def own_pack() -> Pack:
    """Return the kit's own pack, ``fastapi``."""
    return Pack("fastapi", content_root())


def installed_packs() -> list[Pack]:
    """Return the kit's own pack and those of other installed distributions."""
    from importlib import resources  # needed only where a pack is installed

    entries = metadata.entry_points(group=PACKS)
    return [own_pack(), *(Pack(entry.name, Path(str(resources.files(entry.module)))) for entry in entries)]


def load_catalogue(packs: Iterable[Pack] | None = None) -> Catalogue:
    """Read every kata of the packs (all installed ones by default).

    A kata with problems is left out and its problems are listed, so that the
    others can be used.
    """
    catalogue = Catalogue()
    for pack in installed_packs() if packs is None else packs:
        _read_pack(pack, catalogue)
    _refuse_doubles(catalogue)
    catalogue.katas.sort(key=_place)
    return catalogue


def _place(kata: Kata) -> tuple[str, int, str]:
    order = kata.topic.order
    return kata.topic.folder, order.index(kata.id) if kata.id in order else len(order), kata.id


def _read_pack(pack: Pack, catalogue: Catalogue) -> None:
    root = pack.root / "katas"
    if not root.is_dir():
        catalogue.problems.append(Problem(root, "", f"is missing, so pack {pack.name!r} has no katas"))
        return
    for folder in _folders(root):
        topic = read_topic(folder, catalogue.problems)
        if topic is None:
            continue
        catalogue.topics[topic.folder] = topic
        for kata_folder in _folders(folder):
            kata = read_kata(kata_folder, topic, pack.root / "solutions", pack.name, catalogue.problems)
            if kata is not None:
                catalogue.katas.append(kata)


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))


def _refuse_doubles(catalogue: Catalogue) -> None:
    first: dict[str, Kata] = {}
    for kata in list(catalogue.katas):
        other = first.setdefault(kata.id, kata)
        if other is not kata:
            catalogue.katas.remove(kata)
            what = f"{kata.id!r} is the id of {other.path / 'kata.toml'} already"
            catalogue.problems.append(Problem(kata.path / "kata.toml", "id", what, "give it another number"))
