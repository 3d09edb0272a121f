"""Importing the learner's files: always anew, and with words for what cannot be imported."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI

from pytest_fastapi_kata.apploader import AppLoader, check_entry
from pytest_fastapi_kata.exceptions import LearnerError

RESTORE = "`fastapi-kata reset` lays the stub out again and keeps a backup."
Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The learner's folder of a kata, and one with the files that were given."""
    for name in ("kata", "given"):
        (tmp_path / name).mkdir()
    return tmp_path / "kata"


@pytest.fixture
def write(folder: Path) -> Write:
    """``write("a.py", "x = 1")`` writes a file of the learner's."""

    def put(name: str, text: str) -> Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return put


@pytest.fixture
def loader(folder: Path) -> Iterator[AppLoader]:
    """A loader that is installed."""
    one = AppLoader(folder, "kata_app.py", pristine=folder.parent / "given")
    one.install()
    yield one
    one.uninstall()


def test_the_entry_is_imported_anew(loader: AppLoader, write: Write) -> None:
    """Each time it is another module, with nothing left of the last one."""
    write("kata_app.py", "SEEN = []")
    first = loader.load()
    first.SEEN.append(1)
    assert "kata_app" == first.__name__
    assert first is not loader.load()
    assert [] == loader.load().SEEN


def test_a_quick_second_save_of_the_same_length_counts(loader: AppLoader, write: Write, folder: Path) -> None:
    """Neither time nor size of the file tells the two apart."""
    file = write("kata_app.py", "value = 1")
    os.utime(file, (1, 1))
    assert 1 == loader.load().value
    write("kata_app.py", "value = 2")
    os.utime(file, (1, 1))
    assert 2 == loader.load().value


def test_no_bytecode_is_written_or_read(loader: AppLoader, write: Write, folder: Path) -> None:
    """The learner's folder holds the learner's files only."""
    write("kata_app.py", "import kata_helper\nvalue = kata_helper.value")
    write("kata_helper.py", "value = 1")
    assert 1 == loader.load().value
    assert {"kata_app.py", "kata_helper.py"} == {path.name for path in folder.iterdir()}


def test_helpers_and_packages_are_imported_anew_as_well(loader: AppLoader, write: Write) -> None:
    """Also from a folder without an __init__.py."""
    write("kata_app.py", "import kata_one, kata_package.part, kata_space.part as space")
    write("kata_one.py", "SEEN = []")
    write("kata_package/__init__.py", "SEEN = []")
    write("kata_package/part.py", "SEEN = []")
    write("kata_space/part.py", "SEEN = []")

    def parts() -> list[list[int]]:
        module = loader.load()
        return [module.kata_one.SEEN, module.kata_package.SEEN, module.kata_package.part.SEEN, module.space.SEEN]

    for seen in parts():
        seen.append(1)
    assert [[], [], [], []] == parts()


def test_another_module_can_be_loaded(loader: AppLoader, write: Write) -> None:
    """It need not be the entry, and the entry need not be there."""
    write("kata_other.py", "value = 3")
    assert 3 == loader.load("kata_other").value


def test_a_file_that_appears_is_found(loader: AppLoader, write: Write) -> None:
    """The interpreter remembers folders, and has to look again."""
    write("kata_app.py", "try:\n    import kata_late\nexcept ImportError:\n    kata_late = None")
    assert loader.load().kata_late is None
    write("kata_late.py", "")
    assert loader.load().kata_late is not None


def test_the_learners_own_exceptions_pass_through(loader: AppLoader, write: Write) -> None:
    """They are explained elsewhere; the file can be loaded once it is mended."""
    write("kata_app.py", "1 / 0")
    with pytest.raises(ZeroDivisionError):
        loader.load()
    write("kata_app.py", "def (")
    with pytest.raises(SyntaxError):
        loader.load()
    write("kata_app.py", "value = 1")
    assert 1 == loader.load().value


def test_the_folder_comes_before_other_distributions(loader: AppLoader, write: Write) -> None:
    """A learner's module may be called like one that is installed."""
    name = "iniconfig"
    installed = sys.modules.pop(name, None)
    try:
        write(f"{name}.py", "mine = True")
        write("kata_app.py", f"import {name}")
        assert loader.load().iniconfig.mine
    finally:
        loader.forget()
        if installed is not None:
            sys.modules[name] = installed


def test_the_folder_does_not_hide_the_standard_library(loader: AppLoader, write: Write) -> None:
    """The kit and pytest import parts of it late, and must not get the learner's file."""
    name = "colorsys"
    before = sys.modules.pop(name, None)
    try:
        write(f"{name}.py", "mine = True")
        assert not hasattr(importlib.import_module(name), "mine")
    finally:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before


def test_uninstall_leaves_no_trace(folder: Path, write: Write) -> None:
    """Neither modules nor ways to find them; once more does no harm."""
    write("kata_app.py", "import kata_helper")
    write("kata_helper.py", "")
    path, finders = list(sys.path), list(sys.meta_path)
    loader = AppLoader(folder, "kata_app.py")
    loader.install()
    loader.load()
    loader.give("kata_made", {})
    loader.uninstall()
    loader.uninstall()
    assert (path, finders) == (sys.path, sys.meta_path)
    assert not {"kata_app", "kata_helper", "kata_made"} & sys.modules.keys()


def test_foreign_modules_stay(loader: AppLoader, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever strange things lie among them."""

    class Odd(ModuleType):
        __file__ = None
        __path__ = 3  # type: ignore[assignment]

    monkeypatch.setitem(sys.modules, "kata_odd", Odd("kata_odd"))
    monkeypatch.setitem(sys.modules, "kata_none", None)  # type: ignore[arg-type]
    write("kata_app.py", "x = 1")
    loader.load()
    loader.forget()
    assert {"kata_odd", "kata_none", "fastapi"} <= sys.modules.keys()
    assert "kata_app" not in sys.modules


def test_a_given_file_gets_the_checks_data(loader: AppLoader, write: Write, folder: Path) -> None:
    """Its code is the kit's, whatever the learner made of it, and its attributes are the check's."""
    (folder.parent / "given/kata_depot.py").write_text("STOCK = {}\ndef count():\n    return len(STOCK)\n", "utf-8")
    write("kata_depot.py", "1 / 0")
    write("kata_app.py", "from kata_depot import STOCK, count\nvalue = count()")
    given = loader.give("kata_depot", {"STOCK": {"a": 1, "b": 2}, "EXTRA": 3})
    assert 2 == loader.load().value
    assert 2 == loader.load().value
    assert (3, str(folder / "kata_depot.py")) == (given.EXTRA, given.__file__)


def test_a_given_package(loader: AppLoader, write: Write, folder: Path) -> None:
    """Its modules are found in the learner's folder."""
    (folder.parent / "given/kata_yard").mkdir()
    (folder.parent / "given/kata_yard/__init__.py").write_text("SIZE = 1\n", "utf-8")
    write("kata_yard/__init__.py", "1 / 0")
    write("kata_yard/crane.py", "LOAD = 5")
    write("kata_app.py", "from kata_yard import SIZE, crane\nvalue = (SIZE, crane.LOAD)")
    given = loader.give("kata_yard", {"SIZE": 3})
    assert (3, 5) == loader.load().value
    assert str(folder / "kata_yard/__init__.py") == given.__file__


def test_a_given_name_without_a_file(loader: AppLoader, write: Write) -> None:
    """It is a module of these attributes alone, until the check ends."""
    write("kata_app.py", "import kata_made\nvalue = kata_made.VALUE")
    loader.give("kata_made", {"VALUE": 7})
    assert 7 == loader.load().value
    loader.forget()
    with pytest.raises(ModuleNotFoundError):
        loader.load()


def test_a_loader_without_given_files(folder: Path) -> None:
    """It can give attributes all the same."""
    loader = AppLoader(folder, "kata_app.py")
    assert 1 == loader.give("kata_made", {"VALUE": 1}).VALUE
    loader.forget()


def test_the_app(loader: AppLoader, write: Write) -> None:
    """It goes by the name of app, or by another one that the check knows."""
    write("kata_app.py", "from fastapi import FastAPI\napp = FastAPI()\nadmin = FastAPI()")
    module = loader.load()
    assert isinstance(loader.app(module), FastAPI)
    assert module.admin is loader.app(module, "admin")


@pytest.mark.parametrize(
    ("source", "problem", "remedy"),
    [
        ("# nothing", "kata_app.py has no `app`; it defines nothing",
         "Create it at the top level of the file: app = FastAPI()"),
        ("import os\nclass A: ...\n_x = 1\nx = 1\ndef f(): ...\nfrom math import pi",
         "kata_app.py has no `app`; it has `x`, `f`, `pi`", "top level"),
        ("a = b = c = d = e = f = g = 1", "it has `a`, `b`, `c`, `d`, `e`, `f`", "top level"),
        ("from fastapi import FastAPI\nmain = FastAPI()", "it has `main`", "top level"),
        ("app = 3", "`app` in kata_app.py is an int, not a FastAPI application", "app = FastAPI()"),
        ("app = {}", "`app` in kata_app.py is a dict, not", "Let it be the application itself"),
        ("from fastapi import FastAPI as app", "`app` in kata_app.py is the class FastAPI, not",
         "That is the class; call it: app = FastAPI()"),
        ("class app: ...", "`app` in kata_app.py is the class app, not", "Let it be the application itself"),
    ],
)  # fmt: skip
def test_a_module_without_an_app(loader: AppLoader, write: Write, source: str, problem: str, remedy: str) -> None:
    """What there is instead is said, and what to do."""
    write("kata_app.py", source)
    with pytest.raises(LearnerError) as error:
        loader.app(loader.load())
    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_an_app_that_is_none(loader: AppLoader, write: Write) -> None:
    """The name is there, so it is not said to be missing."""
    write("kata_app.py", "app = None")
    with pytest.raises(LearnerError, match=r"`app` in kata_app\.py is "):
        loader.app(loader.load())


def test_an_app_of_a_derived_class(loader: AppLoader, write: Write) -> None:
    """It is a FastAPI application."""
    write("kata_app.py", "from fastapi import FastAPI\nclass Mine(FastAPI): ...\napp = Mine()")
    assert loader.app(loader.load())


def test_an_asgi_app_is_anything_that_can_be_called(folder: Path, write: Write) -> None:
    """Nothing else is."""
    write("kata_app.py", "async def app(scope, receive, send): ...\nnumber = 3")
    loader = AppLoader(folder, "kata_app.py", "asgi")
    loader.install()
    module = loader.load()
    loader.uninstall()
    assert module.app is loader.app(module)
    with pytest.raises(LearnerError, match=r"`number` in kata_app\.py is an int, and that cannot be called"):
        loader.app(module, "number")


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (None, "app.py is missing", RESTORE),
        (b"", "app.py is empty", RESTORE),
        (b" \r\n\t\n", "app.py is empty", RESTORE),
        (b"\x7fELF\0", "app.py is not Python source: it holds binary data", RESTORE),
        ("x = 'é'".encode("latin-1"), "app.py is not text in the encoding that it claims", "Save the file as UTF-8."),
        ("x = 1".encode("utf-16"), "app.py is not Python source: it holds binary data", "Save it as UTF-8 text."),
        (b"# coding: martian\n", "app.py is not text in the encoding that it claims", "Save the file as UTF-8."),
    ],
)
def test_an_entry_that_cannot_be_imported(tmp_path: Path, content: bytes | None, problem: str, remedy: str) -> None:
    """The file is named, and the way out."""
    if content is not None:
        (tmp_path / "app.py").write_bytes(content)
    with pytest.raises(LearnerError) as error:
        check_entry(tmp_path / "app.py")
    assert error.value.problem.startswith(problem)
    assert remedy in error.value.remedy


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfx = 1", "# coding: latin-1\nx = 'é'".encode("latin-1"), b"def (:"])
def test_an_entry_that_python_can_read(tmp_path: Path, content: bytes) -> None:
    """Whether it is right is another question."""
    (tmp_path / "app.py").write_bytes(content)
    check_entry(tmp_path / "app.py")


def test_other_things_in_the_entrys_place(tmp_path: Path) -> None:
    """A dangling link and a folder are called what they are; a link to a file is fine."""
    file = tmp_path / "app.py"
    file.symlink_to("real.py")
    with pytest.raises(LearnerError, match=r"app\.py is a link that leads nowhere"):
        check_entry(file)
    (tmp_path / "real.py").write_text("x = 1", "utf-8")
    check_entry(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(LearnerError, match=r"app\.py is a folder, not a file") as error:
        check_entry(file)
    assert "Move it away" in error.value.remedy


def test_an_entry_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is passed on."""

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "app.py").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(LearnerError, match=r"app\.py cannot be read: Permission denied"):
        check_entry(tmp_path / "app.py")


def test_load_looks_at_the_entry_first(loader: AppLoader) -> None:
    """Instead of Python's own error there are words."""
    with pytest.raises(LearnerError, match=r"kata_app\.py is missing"):
        loader.load()
