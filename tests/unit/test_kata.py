"""Reading kata.toml, topic.toml and near_misses.toml: every problem is found, and each names its remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_fastapi_kata.kata import (
    Check,
    Edit,
    Kata,
    NearMiss,
    Topic,
    is_source,
    read_kata,
    read_near_misses,
    read_topic,
)
from pytest_fastapi_kata.tables import Problem, read_toml
from tests.unit.conftest import PackFolder
from tests.unit.samples import a_kata

KEYS = [
    "app", "checks", "docs", "entry", "format_version", "hints", "id", "judged", "level", "minimum_fastapi", "needs",
    "question", "slug", "timeout", "title",
]  # fmt: skip
EITHER_OR = "near_miss[2].edit[0].find: an edit has either find and put, or whole ()"
TOPIC = Topic("90_tiny", "Tiny things", "Two katas.")


@pytest.fixture
def pack(pack: PackFolder) -> PackFolder:
    """The tiny pack, with a limit of its own in q901."""
    file = pack.file("q901_greeting/kata.toml")
    file.write_text(re.sub(r"^timeout = .*$", "timeout = 2", file.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    return pack


def read(pack: PackFolder, name: str = "q901_greeting") -> tuple[Kata | None, list[str]]:
    """Read a kata, and return it with its problems; their file must be the kata's own."""
    problems: list[Problem] = []
    folder = pack.root / "katas/90_tiny" / name
    kata = read_kata(folder, TOPIC, pack.root / "solutions", "mine", problems)
    assert all(folder / "kata.toml" == problem.file for problem in problems)
    return kata, [f"{one.key}: {one.what} ({one.remedy})" for one in problems]


def misses(pack: PackFolder) -> tuple[tuple[NearMiss, ...], list[str]]:
    """Read the near misses of q901, and return them with their problems."""
    problems: list[Problem] = []
    kata, _ = read(pack)
    assert kata is not None
    found = read_near_misses(kata, problems)
    return found, [f"{one.key}: {one.what} ({one.remedy})" for one in problems]


def test_a_kata_as_its_file_has_it(pack: PackFolder) -> None:
    """Every value is taken over, and what is not named has its default."""
    kata, problems = read(pack)
    root = pack.root / "katas/90_tiny/q901_greeting"
    assert [] == problems
    assert kata is not None
    assert ("q901", "q901_greeting", "A greeting", "How do you greet?") == (
        kata.id, kata.slug, kata.title, kata.question,
    )  # fmt: skip
    assert ("basic", TOPIC, root, pack.root / "solutions/90_tiny/q901_greeting") == (
        kata.level, kata.topic, kata.path, kata.solution,
    )  # fmt: skip
    assert (
        Check("test_a_guest_is_greeted", "A guest is greeted by name", "The name stands in the path.")
        == (kata.checks[0])
    )
    assert ("Think of a word.", "Think of a path.", "Think of both.") == kata.hints
    assert ("https://fastapi.tiangolo.com/tutorial/path-params/",) == kata.docs
    assert ("app.py", "fastapi", (), 2.0, "", "mine") == (
        kata.entry, kata.app, kata.needs, kata.timeout, kata.minimum_fastapi, kata.pack,
    )  # fmt: skip


def test_optional_values(pack: PackFolder) -> None:
    """Entry, kind of app, needs, timeout and minimum are the file's, without blanks around them."""
    extra = 'entry = " main.py "\napp = "asgi"\nneeds = ["flask>=3"]\nminimum_fastapi = "0.110"\ntimeout = 0.5'
    pack.edit("q901_greeting/kata.toml", "timeout = 2", extra)
    kata, problems = read(pack)
    assert [] == problems
    assert kata is not None
    assert ("main.py", "asgi", ("flask>=3",), "0.110", 0.5) == (
        kata.entry, kata.app, kata.needs, kata.minimum_fastapi, kata.timeout,
    )  # fmt: skip


def test_places_and_names(tmp_path: Path) -> None:
    """Stub, checks and README lie in the kata's folder; names follow the file's order."""
    kata = a_kata("q011_one", path=tmp_path)
    assert (tmp_path / "stub", tmp_path / "acceptance.py", tmp_path / "README.md") == (
        kata.stub, kata.acceptance, kata.readme,
    )  # fmt: skip
    assert "02_routing/q011_one" == kata.folder
    assert ("test_1", "test_2") == kata.check_names
    assert Check("test_2", "Requirement 2") == kata.check("test_2")
    with pytest.raises(KeyError, match="test_3"):
        kata.check("test_3")


def test_the_name_of_a_topic_has_no_number() -> None:
    """It is the pytest marker."""
    assert "data_models" == Topic("03_data_models", "", "").name


def test_stub_files_are_content_only(tmp_path: Path) -> None:
    """What running the stub leaves behind is not handed out."""
    for name in ("b.py", "a/deep.txt", "__pycache__/b.cpython-311.pyc", "a/stray.pyc", "a/__pycache__/note.txt"):
        file = tmp_path / "stub" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert (Path("a/deep.txt"), Path("b.py")) == a_kata(path=tmp_path).stub_files()
    assert not is_source(tmp_path / "stub")
    assert not is_source(tmp_path / "missing.py")


@pytest.mark.parametrize(
    ("find", "put", "problem"),
    [
        ("format_version = 1\n", "", "format_version: is None, and this kit reads 1 (update the kit, or the kata)"),
        ("format_version = 1", "format_version = 2",
         "format_version: is 2, and this kit reads 1 (update the kit, or the kata)"),
        ("format_version = 1", 'format_version = "1"',
         "format_version: is '1', and this kit reads 1 (update the kit, or the kata)"),
        ("timeout = 2", "tiemout = 2",
         f"tiemout: is not a key of this file (known: {', '.join(KEYS)})"),
        ('title = "A greeting"\n', "", 'title: is missing (add title = "…")'),
        ('"A greeting"', '"  "', "title: must be a text that is not empty, not '  ' (add title = \"…\")"),
        ('"A greeting"', "7", 'title: must be a text that is not empty, not 7 (add title = "…")'),
        ('"basic"', '"easy"', "level: 'easy' is not known (one of: basic, intermediate, advanced)"),
        ("timeout = 2", 'app = "django"', "app: 'django' is not known (one of: fastapi, asgi, none)"),
        ("timeout = 2", 'entry = ""', "entry: must be a text that is not empty, not '' (add entry = \"…\")"),
        ("timeout = 2", 'entry = "src/app.py"',
         "entry: 'src/app.py' is not a file of the kata's own folder (name a file at its top)"),
        ("timeout = 2", "entry = 'src\\app.py'",
         "entry: 'src\\\\app.py' is not a file of the kata's own folder (name a file at its top)"),
        ("timeout = 2", 'needs = "flask"',
         'needs: must be a list of texts, none of them empty (add needs = ["…"])'),
        ("timeout = 2", "minimum_fastapi = 0.1",
         'minimum_fastapi: must be a text that is not empty, not 0.1 (add minimum_fastapi = "…")'),
        ('hints = ["Think of a word.", "Think of a path.", "Think of both."]\n', "",
         'hints: is missing (add hints = ["…"])'),
        (', "Think of both."]', "]", "hints: has 2 entries (write exactly 3, from a nudge to nearly all)"),
        ('"Think of both."]', '""]', 'hints: must be a list of texts, none of them empty (add hints = ["…"])'),
        ('["https://fastapi.tiangolo.com/tutorial/path-params/"]', "[]",
         'docs: must be a list of texts, none of them empty (add docs = ["…"])'),
        ("https://fastapi.tiangolo.com/tutorial/path-params/", "http://x",
         "docs: 'http://x' is not an https address (link to the official page)"),
        ('"q901_greeting"', '"q901_hello"',
         "slug: is 'q901_hello', but the folder is 'q901_greeting' (make them equal)"),
        ('id = "q901"', 'id = "q902"', "id: is 'q902', but the folder begins with 'q901' (make them equal)"),
        ('title = "A guest is greeted by name"\n', "", 'checks[0].title: is missing (add title = "…")'),
        ("hint = ", "hitn = ", "checks[0].hitn: is not a key of this file (known: hint, name, title)"),
        ('"test_nobody_is_unknown"', '"nobody_is_unknown"',
         "checks[1].name: 'nobody_is_unknown' is no name of a check (test_ and a sentence)"),
        ('"test_nobody_is_unknown"', '"test_a_guest_is_greeted"',
         "checks[1].name: 'test_a_guest_is_greeted' is there twice (names are unique in a kata)"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_key_and_remedy(pack: PackFolder, find: str, put: str, problem: str) -> None:
    """The kata is left out, with this one problem."""
    pack.edit("q901_greeting/kata.toml", find, put)
    assert (None, [problem]) == read(pack)


@pytest.mark.parametrize("value", ["0", "-1", "true", '"10"', "nan", "inf", "[]"])
def test_a_timeout_is_a_number_of_seconds(pack: PackFolder, value: str) -> None:
    """Nothing else can be waited for."""
    pack.edit("q901_greeting/kata.toml", "timeout = 2", f"timeout = {value}")
    kata, problems = read(pack)
    assert kata is None
    assert ["timeout: must be a number of seconds above 0"] == [problem.partition(", not")[0] for problem in problems]


@pytest.mark.parametrize("value", ["soon", "0.110 or so", ">=0.110"])
def test_the_minimum_of_fastapi_is_a_version(pack: PackFolder, value: str) -> None:
    """It is compared with the installed one, so it must be a version."""
    pack.edit("q901_greeting/kata.toml", "timeout = 2", f'minimum_fastapi = "{value}"')
    kata, problems = read(pack)
    assert kata is None
    assert ["minimum_fastapi"] == [problem.partition(":")[0] for problem in problems]


def test_a_check_of_one_parameter_set_is_a_check(pack: PackFolder) -> None:
    """Names as pytest writes them for parametrized tests are names of checks."""
    pack.edit("q901_greeting/kata.toml", '"test_nobody_is_unknown"', '"test_nobody_is_unknown[post-1]"')
    kata, problems = read(pack)
    assert [] == problems
    assert kata is not None
    assert "test_nobody_is_unknown[post-1]" == kata.check_names[1]


@pytest.mark.parametrize("checks", ["", "checks = []\n", "checks = [3]\n", 'checks = "all"\n'])
def test_a_kata_has_checks(pack: PackFolder, checks: str) -> None:
    """Without a table of them there is nothing to solve."""
    file = pack.file("q901_greeting/kata.toml")
    file.write_text(checks + file.read_text("utf-8").partition("[[checks]]")[0], "utf-8")
    assert (None, ["checks: is missing or not a list of tables (add [[checks]])"]) == read(pack)


def test_every_problem_of_a_kata_is_told_at_once(pack: PackFolder) -> None:
    """An author need not run the reader once for each mistake."""
    pack.file("q901_greeting/kata.toml").write_text('id = "x"\nlevel = 3\ncolour = "red"\n', "utf-8")
    kata, problems = read(pack)
    assert kata is None
    wrong = {"colour", "id", "level"}
    missing = {"format_version", "slug", "title", "question", "checks", "hints", "docs"}
    assert wrong | missing == {problem.partition(":")[0] for problem in problems}


def test_the_folder_of_a_kata_has_a_number_and_a_name(pack: PackFolder) -> None:
    """Any other name could not be found again."""
    folder = pack.root / "katas/90_tiny/q901_greeting"
    folder.rename(folder.with_name("Q901-Greeting"))
    pack.edit("Q901-Greeting/kata.toml", '"q901_greeting"', '"Q901-Greeting"')
    assert (None, ["slug: 'Q901-Greeting' is no name for a kata (qNNN_name, in small letters)"]) == read(
        pack, "Q901-Greeting"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_both_kinds(pack: PackFolder, newline: str) -> None:
    """A pack that was checked out on Windows reads the same."""
    for file in (pack.file("q901_greeting/kata.toml"), pack.file("q901_greeting/near_misses.toml")):
        file.write_bytes(file.read_text("utf-8").replace("\n", newline).encode())
    kata, problems = read(pack)
    found, more = misses(pack)
    assert [] == problems + more
    assert kata is not None
    assert (3, 3) == (len(kata.checks), len(found))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"title = ", "is not valid TOML: Invalid value"),
        (b"a = 1\na = 2", "is not valid TOML: Cannot overwrite a value"),
        (b'title = "\xff"', "cannot be read: 'utf-8' codec can't decode byte 0xff"),
        (None, "is missing"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes | None, what: str) -> None:
    """It is one problem, which names the file."""
    file = tmp_path / "kata.toml"
    if content is not None:
        file.write_bytes(content)
    problems: list[Problem] = []
    assert read_toml(file, problems) is None
    assert [(file, "")] == [(problem.file, problem.key) for problem in problems]
    assert problems[0].what.startswith(what)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """The operating system's words say what is wrong."""
    (tmp_path / "kata.toml").mkdir()
    problems: list[Problem] = []
    assert read_toml(tmp_path / "kata.toml", problems) is None
    assert problems[0].what.startswith("cannot be read: ")


def test_a_problem_in_words() -> None:
    """File, key, what and remedy stand in one line; what there is not leaves no trace."""
    assert "k.toml: a.b: is odd (mend it)" == str(Problem(Path("k.toml"), "a.b", "is odd", "mend it"))
    assert "k.toml: is missing" == str(Problem(Path("k.toml"), "", "is missing"))


def a_topic(root: Path, folder: str, text: str) -> tuple[Topic | None, list[str]]:
    """Write and read a topic's file, and return the topic with the problems."""
    (root / folder).mkdir()
    (root / folder / "topic.toml").write_text(text, "utf-8")
    problems: list[Problem] = []
    return read_topic(root / folder, problems), [f"{one.key}: {one.what} ({one.remedy})" for one in problems]


def test_a_topic(tmp_path: Path) -> None:
    """Title, arc and order are the file's."""
    text = 'title = "Routing"\narc = """\nOne.\n\nTwo.\n"""\norder = ["q012", "q011"]\n'
    topic = Topic("02_routing", "Routing", "One.\n\nTwo.", ("q012", "q011"))
    assert (topic, []) == a_topic(tmp_path, "02_routing", text)


@pytest.mark.parametrize(
    ("folder", "text", "problems"),
    [
        ("02_routing", "", ['title: is missing (add title = "…")', 'arc: is missing (add arc = "…")']),
        ("02_routing", 'title = "T"\narc = "A"\nicon = "I"\n',
         ["icon: is not a key of this file (known: arc, order, title)"]),
        ("02_routing", 'title = "T"\narc = "A"\norder = [1]\n',
         ['order: must be a list of texts, none of them empty (add order = ["…"])']),
        ("routing", 'title = "T"\narc = "A"\n',
         [": is not named like a topic (NN_name, such as 02_routing)"]),
    ],
)  # fmt: skip
def test_a_topic_of_no_use(tmp_path: Path, folder: str, text: str, problems: list[str]) -> None:
    """It is left out, and all its problems are told."""
    assert (None, problems) == a_topic(tmp_path, folder, text)


def test_a_folder_without_a_topic_file(tmp_path: Path) -> None:
    """The missing file is the problem."""
    problems: list[Problem] = []
    assert read_topic(tmp_path, problems) is None
    assert [tmp_path / "topic.toml"] == [problem.file for problem in problems]


def test_near_misses(pack: PackFolder) -> None:
    """Name, misconception, checks and edits are the file's."""
    found, problems = misses(pack)
    assert [] == problems
    assert ["greets_nobody", "hidden_route", "only_text"] == [miss.name for miss in found]
    assert (
        NearMiss(
            "greets_nobody",
            "Nobody is taken for a name like any other, so nobody is greeted.",
            frozenset({"test_nobody_is_unknown"}),
            (Edit("app.py", 'if name == "nobody":', "if not name:"),),
        )
        == found[0]
    )


def test_a_near_miss_that_replaces_a_whole_file(pack: PackFolder) -> None:
    """An empty file counts as one, too."""
    pack.edit("q901_greeting/near_misses.toml", "find = 'return {\"hello\": name}'\nput = 'return f\"hello {name}\"'",
              'whole = ""')  # fmt: skip
    found, problems = misses(pack)
    assert [] == problems
    assert (Edit("app.py", whole=""),) == found[2].edits


@pytest.mark.parametrize(
    ("find", "put", "problem"),
    [
        ('name = "only_text"\n', "", 'near_miss[2].name: is missing (add name = "…")'),
        ('"only_text"', '"hidden_route"',
         "near_miss[2].name: 'hidden_route' is there twice (names are unique in a kata)"),
        ('why = "The answer is a text, not an object."', 'why = ""',
         "near_miss[2].why: must be a text that is not empty, not '' (add why = \"…\")"),
        ('caught_by = ["test_a_guest_is_greeted"]', "caught_by = []",
         'near_miss[2].caught_by: must be a list of texts, none of them empty (add caught_by = ["…"])'),
        ('["test_a_guest_is_greeted"]', '["test_a_gust"]',
         "near_miss[2].caught_by: 'test_a_gust' is not a check of q901 (copy the name from kata.toml)"),
        ('why = "The answer is', 'becuase = 1\nwhy = "The answer is',
         "near_miss[2].becuase: is not a key of this file (known: caught_by, edit, name, why)"),
        ("put = 'return f\"hello {name}\"'\n", "", EITHER_OR),
        ("find = 'return {\"hello\": name}'\n", "", EITHER_OR),
        ("put = 'return f\"hello {name}\"'", "put = ''\nwhole = ''",
         EITHER_OR),
        ("put = 'return f\"hello {name}\"'", "put = ''\npath = ''",
         "near_miss[2].edit[0].path: is not a key of this file (known: file, find, put, whole)"),
    ],
)  # fmt: skip
def test_a_wrong_near_miss_is_left_out(pack: PackFolder, find: str, put: str, problem: str) -> None:
    """The problem names the entry by its number, and the others stay."""
    pack.edit("q901_greeting/near_misses.toml", find, put)
    found, problems = misses(pack)
    assert [problem] == problems
    assert ["greets_nobody", "hidden_route"] == [miss.name for miss in found]


def test_an_edit_names_its_file(pack: PackFolder) -> None:
    """Without a file there is nothing to edit."""
    text = pack.file("q901_greeting/near_misses.toml").read_text("utf-8")
    pack.file("q901_greeting/near_misses.toml").write_text(text.replace('file = "app.py"\n', "", 1), "utf-8")
    found, problems = misses(pack)
    assert ['near_miss[0].edit[0].file: is missing (add file = "…")'] == problems
    assert ["hidden_route", "only_text"] == [miss.name for miss in found]


@pytest.mark.parametrize("key", ["find", "put", "whole"])
def test_what_an_edit_puts_is_text(pack: PackFolder, key: str) -> None:
    """A number or a truth value is not quietly made a text of."""
    edit = {"find": "find = 1\nput = ''", "put": "find = 'name'\nput = true", "whole": "whole = 1"}[key]
    pack.edit(
        "q901_greeting/near_misses.toml",
        "find = 'return {\"hello\": name}'\nput = 'return f\"hello {name}\"'",
        edit,
    )
    found, problems = misses(pack)
    assert [f"near_miss[2].edit[0].{key}"] == [problem.partition(":")[0] for problem in problems]
    assert ["greets_nobody", "hidden_route"] == [miss.name for miss in found]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["near_miss"]),
        ("near_miss = 3", ["near_miss"]),
        ("[[near_misses]]\nname = 'x'", ["near_misses", "near_miss"]),
        ("[[near_miss]]\n", ["near_miss[0].name", "near_miss[0].caught_by", "near_miss[0].why", "near_miss[0].edit"]),
        ("[[", [""]),
    ],
)
def test_a_file_without_a_usable_near_miss(pack: PackFolder, text: str, keys: list[str]) -> None:
    """Nothing is found, and all problems are told."""
    pack.file("q901_greeting/near_misses.toml").write_text(text, "utf-8")
    found, problems = misses(pack)
    assert ((), keys) == (found, [problem.partition(": ")[0] for problem in problems])


def test_no_file_of_near_misses(pack: PackFolder) -> None:
    """That it is missing is the one problem."""
    pack.file("q901_greeting/near_misses.toml").unlink()
    assert ((), [": is missing (every kata has one)"]) == misses(pack)
