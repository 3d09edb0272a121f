"""All katas of all packs: their order, how they are found, and what keeps some of them out."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_fastapi_kata import catalogue as catalogue_module
from pytest_fastapi_kata.catalogue import Catalogue, Pack, installed_packs, load_catalogue, own_pack
from pytest_fastapi_kata.exceptions import CatalogueError
from pytest_fastapi_kata.kata import Topic
from tests.conftest import PACKS, REPOSITORY
from tests.unit.conftest import PackFolder
from tests.unit.samples import MODELS, a_kata


@pytest.fixture
def three() -> Catalogue:
    """Three katas in two topics."""
    return Catalogue([a_kata("q011_define_routes"), a_kata("q012_path"), a_kata("q021_booking", topic=MODELS)])


def add_kata(pack: PackFolder, slug: str, kata_id: str, topic: str = "90_tiny") -> Path:
    """Copy q902 under another name."""
    folder = pack.root / "katas" / topic / slug
    shutil.copytree(pack.root / "katas/90_tiny/q902_counter", folder)
    pack.edit(f"{slug}/kata.toml", '"q902_counter"', f'"{slug}"')
    pack.edit(f"{slug}/kata.toml", '"q902"', f'"{kata_id}"')
    return folder


def test_a_pack(tiny: Catalogue) -> None:
    """Katas and topics are read, and remember their pack."""
    assert [("q901", "tiny"), ("q902", "tiny")] == [(kata.id, kata.pack) for kata in tiny]
    assert ["90_tiny"] == list(tiny.topics)
    assert (2, []) == (len(tiny), tiny.problems)


@pytest.mark.parametrize(
    "name",
    [
        "q011", "Q011", " q011 ", "11", "011", "q011_define_routes", "Q011_Define_Routes",
        "katas/02_routing/q011_define_routes", "./katas/02_routing/q011_define_routes/", "q011/",
    ],
)  # fmt: skip
def test_find(three: Catalogue, name: str) -> None:
    """A kata goes by id, number, slug and path."""
    assert "q011" == three.find(name).id


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("q12", "Did you mean q012?"),
        ("q021_boking", "Did you mean q021_booking?"),
        ("routes", "Did you mean q011_define_routes?"),
        ("zzz", "`fastapi-kata list` shows all katas."),
        ("99999", "`fastapi-kata list` shows all katas."),
    ],
)
def test_find_suggests_what_is_similar(three: Catalogue, name: str, remedy: str) -> None:
    """The name is repeated as it was given; the remedy names katas that look like it."""
    with pytest.raises(CatalogueError, match="there is no kata") as error:
        three.find(name)
    assert (f"there is no kata {name!r}", remedy) == (error.value.problem, error.value.remedy)


def test_nothing_is_found_in_an_empty_catalogue() -> None:
    """There is nothing to suggest either."""
    with pytest.raises(CatalogueError, match="shows all katas"):
        Catalogue().find("q011")


def test_in_folder(three: Catalogue) -> None:
    """The folder below katas/ leads to the kata."""
    assert three.katas[2] is three.in_folder("03_data_models/q021_booking")
    assert three.in_folder("02_routing/q021_booking") is None


def test_raise_problems_lists_all(pack: PackFolder) -> None:
    """Each problem has a line with file, key and remedy."""
    pack.edit("q901_greeting/kata.toml", '"basic"', '"easy"')
    pack.edit("q901_greeting/kata.toml", "Think of a word.", "")
    broken = pack.file("q902_counter/kata.toml")
    broken.write_text("[[", "utf-8")
    with pytest.raises(CatalogueError) as error:
        pack.load().raise_problems()
    first, *others = str(error.value).splitlines()
    file = pack.file("q901_greeting/kata.toml")
    assert "3 problems in the katas:" == first
    assert [
        f"  - {file}: level: 'easy' is not known (one of: basic, intermediate, advanced)",
        f'  - {file}: hints: must be a list of texts, none of them empty (add hints = ["…"])',
    ] == others[:2]
    assert others[2].startswith(f"  - {broken}: is not valid TOML")


def test_one_problem_is_singular(pack: PackFolder) -> None:
    """And no problem is no error."""
    pack.load().raise_problems()
    pack.file("q901_greeting/kata.toml").unlink()
    with pytest.raises(CatalogueError, match=r"^1 problem in the katas:"):
        pack.load().raise_problems()


def test_a_kata_with_a_problem_leaves_the_others(pack: PackFolder) -> None:
    """What can be used is used."""
    pack.edit("q901_greeting/kata.toml", '"basic"', '"easy"')
    assert ["q902"] == [kata.id for kata in pack.load()]


def test_a_topic_with_a_problem_leaves_out_its_katas(pack: PackFolder) -> None:
    """There is one problem, the topic's."""
    pack.file("topic.toml").write_text("", "utf-8")
    catalogue = pack.load()
    assert ([], {}) == (catalogue.katas, catalogue.topics)
    assert [("title", pack.file("topic.toml")), ("arc", pack.file("topic.toml"))] == [
        (problem.key, problem.file) for problem in catalogue.problems
    ]


def test_folders_for_tools_are_no_katas(pack: PackFolder) -> None:
    """Neither hidden ones nor those with an underscore, nor stray files."""
    for name in (".git", "__pycache__", "90_tiny/.idea", "90_tiny/__pycache__"):
        (pack.root / "katas" / name).mkdir()
    (pack.root / "katas/notes.md").touch()
    (pack.root / "katas/90_tiny/notes.md").touch()
    assert (2, []) == (len(pack.load()), pack.load().problems)


def test_a_pack_without_katas(tmp_path: Path) -> None:
    """The missing folder is named, with the pack that it belongs to."""
    catalogue = load_catalogue([Pack("mine", tmp_path)])
    assert [f"{tmp_path / 'katas'}: is missing, so pack 'mine' has no katas"] == [str(p) for p in catalogue.problems]


def test_the_second_kata_of_an_id_is_left_out(pack: PackFolder) -> None:
    """The problem names both files."""
    second = add_kata(pack, "q902_tally", "q902")
    catalogue = pack.load()
    first = pack.file("q902_counter/kata.toml")
    assert ["q901_greeting", "q902_counter"] == [kata.slug for kata in catalogue]
    assert [f"{second / 'kata.toml'}: id: 'q902' is the id of {first} already (give it another number)"] == [
        str(problem) for problem in catalogue.problems
    ]


def test_packs_cannot_take_each_others_ids(pack: PackFolder) -> None:
    """The pack that comes first keeps them."""
    catalogue = load_catalogue([Pack("tiny", PACKS / "tiny"), Pack("mine", pack.root)])
    assert ["tiny", "tiny"] == [kata.pack for kata in catalogue]
    assert ["id", "id"] == [problem.key for problem in catalogue.problems]


def test_katas_come_in_the_order_of_their_topic(pack: PackFolder) -> None:
    """Topics by number; in a topic first those that it lists, then the others by id."""
    for slug in ("q905_e", "q904_d", "q903_c"):
        add_kata(pack, slug, slug[:4])
    shutil.copytree(pack.root / "katas/90_tiny", pack.root / "katas/10_early", ignore=shutil.ignore_patterns("q*"))
    add_kata(pack, "q999_early", "q999", "10_early")
    text = pack.file("90_tiny/topic.toml").read_text("utf-8")
    pack.file("90_tiny/topic.toml").write_text(text.replace('["q901", "q902"]', '["q904", "q902"]'), "utf-8")
    assert ["q999", "q904", "q902", "q901", "q903", "q905"] == [kata.id for kata in pack.load()]


def test_topics_are_kept_by_folder(pack: PackFolder) -> None:
    """Also those without any kata."""
    (pack.root / "katas/95_empty").mkdir()
    (pack.root / "katas/95_empty/topic.toml").write_text('title = "T"\narc = "A"\n', "utf-8")
    assert Topic("95_empty", "T", "A") == pack.load().topics["95_empty"]


def test_the_kits_own_pack() -> None:
    """In a clone its content is the repository."""
    assert Pack("fastapi", REPOSITORY) == own_pack()


def test_packs_of_other_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point names a package, and the folder of that package is the pack."""
    entry = metadata.EntryPoint("tiny", "tests.packs.tiny", catalogue_module.PACKS)
    asked: list[str] = []

    def entry_points(*, group: str) -> list[metadata.EntryPoint]:
        asked.append(group)
        return [entry]

    monkeypatch.setattr(catalogue_module, "metadata", SimpleNamespace(entry_points=entry_points))
    assert [own_pack(), Pack("tiny", PACKS / "tiny")] == installed_packs()
    assert ["pytest_fastapi_kata.packs"] == asked
    assert {"q901", "q902"} <= {kata.id for kata in load_catalogue()}
