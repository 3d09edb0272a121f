"""Importing the learner's files: always anew, never from stale bytecode, with errors that name the remedy."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from pytest_fastapi_kata.exceptions import LearnerError

_NOTHING = object()


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles the source itself.

    Bytecode files are compared by size and by whole seconds, so a quick second
    save of equal length would run the first version.
    """

    def __init__(self, fullname: str, path: str, compiled: dict[tuple[str, bytes], CodeType]) -> None:
        super().__init__(fullname, path)
        self._compiled = compiled

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        key = (path, source)
        if key not in self._compiled:
            self._compiled[key] = self.source_to_code(source, path)
        return self._compiled[key]


class _FolderFinder:
    """Finds top-level modules in one folder, ahead of everything but the standard library.

    Standard modules stay what they are: the kit and pytest import some of them
    late, and a file ``pprint.py`` of the learner's must not end up there.
    """

    def __init__(self, folder: Path) -> None:
        compiled: dict[tuple[str, bytes], CodeType] = {}

        def loader(fullname: str, path: str) -> _FreshLoader:
            return _FreshLoader(fullname, path, compiled)

        self.folder = folder
        self._hook = importlib.machinery.FileFinder.path_hook((loader, [".py"]))  # type: ignore[arg-type]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del target
        if path is None:
            if fullname in sys.stdlib_module_names:
                return None
            places = [str(self.folder)]
        else:
            places = [place for place in path if Path(place).is_relative_to(self.folder)]
        for place in places:
            if Path(place).is_dir():
                spec = self._hook(place).find_spec(fullname)
                if spec is not None and spec.loader is not None:
                    return spec
        return None


class AppLoader:
    """Imports the modules of one kata's folder, each time as if for the first time."""

    def __init__(self, folder: Path, entry: str, app_kind: str = "fastapi", pristine: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.entry = entry
        self.app_kind = app_kind
        self.pristine = pristine
        self._prefix = f"{self.folder}{os.sep}"
        self._finder = _FolderFinder(self.folder)
        self._given: set[str] = set()

    def install(self) -> None:
        """Make the folder's modules importable by plain name."""
        sys.meta_path.insert(0, self._finder)
        # Behind the standard library: this entry serves packages without an __init__.py.
        sys.path.append(str(self.folder))

    def uninstall(self) -> None:
        """Undo ``install`` and forget the folder's modules."""
        self.forget()
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if str(self.folder) in sys.path:
            sys.path.remove(str(self.folder))

    def forget(self) -> None:
        """Drop the learner's modules and all replaced given files from the interpreter's memory."""
        for name in self._given:
            sys.modules.pop(name, None)
        self._given.clear()
        self.forget_learners()

    def forget_learners(self) -> None:
        """Drop the learner's modules only; replaced given files stay in place."""
        for name, module in list(sys.modules.items()):
            if name not in self._given and self._is_own(module):
                del sys.modules[name]

    def _is_own(self, module: ModuleType) -> bool:
        # All modules of the interpreter are asked this for every check, so texts are compared, not paths.
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            return file.startswith(self._prefix)
        # A namespace package has no file, only places.
        places = getattr(module, "__path__", None)
        try:
            return places is not None and any(str(place).startswith(self._prefix) for place in places)
        except TypeError:
            return False

    def give(self, name: str, attributes: dict[str, Any]) -> ModuleType:
        """Put the kit's own copy of a given file, with attributes of the check's own, in the learner's way.

        The learner's next import of ``name`` gets it, whatever stands in the
        file of that name in their folder. A name that the kit has no file for
        becomes an empty module with these attributes.
        """
        module = ModuleType(name)
        sys.modules[name] = module
        self._given.add(name)
        source = self._given_file(name)
        if source is not None and self.pristine is not None:
            place = self.folder / source.relative_to(self.pristine)
            module.__file__ = str(place)
            if place.name == "__init__.py":
                module.__path__ = [str(place.parent)]
            code = compile(source.read_bytes(), str(place), "exec")
            exec(code, module.__dict__)  # noqa: S102 - the kit's own file
        for key, value in attributes.items():
            setattr(module, key, value)
        return module

    def _given_file(self, name: str) -> Path | None:
        place = name.replace(".", "/")
        files = [self.pristine / f"{place}.py", self.pristine / place / "__init__.py"] if self.pristine else []
        return next((file for file in files if file.is_file()), None)

    @property
    def module_name(self) -> str:
        """The name under which the entry is imported."""
        return self.entry.removesuffix(".py")

    def load(self, name: str | None = None) -> ModuleType:
        """Import the entry, or the named module, anew.

        Raises:
            LearnerError: the file is missing, no text, or no module at all.
            BaseException: whatever the learner's code raises while it is imported.
        """
        wanted = name or self.module_name
        self.forget_learners()
        importlib.invalidate_caches()
        if name is None:
            check_entry(self.folder / self.entry)
        return importlib.import_module(wanted)

    def app(self, module: ModuleType, name: str = "app") -> Any:
        """Return the module's app.

        Raises:
            LearnerError: there is none, or it is of another type.
        """
        app = getattr(module, name, _NOTHING)
        if app is _NOTHING:
            msg = f"{self.entry} has no `{name}`; {_what_it_has(module)}"
            raise LearnerError(msg, f"Create it at the top level of the file: {name} = FastAPI()")
        if self.app_kind == "asgi":
            if not callable(app):
                msg = f"`{name}` in {self.entry} is {_a_type(app)}, and that cannot be called"
                raise LearnerError(msg, "An ASGI app is a callable that takes scope, receive and send.")
            return app
        from fastapi import FastAPI  # a kata may do without it

        if not isinstance(app, FastAPI):
            msg = f"`{name}` in {self.entry} is {_a_type(app)}, not a FastAPI application"
            remedy = f"Let it be the application itself: {name} = FastAPI()"
            if isinstance(app, type) and issubclass(app, FastAPI):
                remedy = f"That is the class; call it: {name} = FastAPI()"
            raise LearnerError(msg, remedy)
        return app


def check_entry(file: Path) -> None:
    """Look at the learner's entry file before it is imported.

    Raises:
        LearnerError: it is not there, not a file, empty, or not UTF-8 text.
    """
    name = file.name
    restore = "`fastapi-kata reset` lays the stub out again and keeps a backup."
    if file.is_symlink() and not file.exists():
        msg = f"{name} is a link that leads nowhere"
        raise LearnerError(msg, restore)
    if file.is_dir():
        msg = f"{name} is a folder, not a file"
        raise LearnerError(msg, f"Move it away, then: {restore}")
    if not file.is_file():
        msg = f"{name} is missing"
        raise LearnerError(msg, restore)
    try:
        source = file.read_bytes()
    except OSError as error:
        msg = f"{name} cannot be read: {error.strerror}"
        raise LearnerError(msg, "Look at the file's permissions.") from None
    if not source.strip():
        msg = f"{name} is empty"
        raise LearnerError(msg, restore)
    if b"\0" in source:
        msg = f"{name} is not Python source: it holds binary data"
        raise LearnerError(msg, f"Save it as UTF-8 text. {restore}")
    try:
        importlib.util.decode_source(source)
    except (UnicodeDecodeError, SyntaxError, LookupError) as error:
        msg = f"{name} is not text in the encoding that it claims, UTF-8 by default ({error})"
        raise LearnerError(msg, "Save the file as UTF-8.") from None


def _a_type(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _what_it_has(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if _is_of_its_own(name, value, module)]
    return f"it has {', '.join(f'`{name}`' for name in names[:6])}" if names else "it defines nothing"


def _is_of_its_own(name: str, value: Any, module: ModuleType) -> bool:
    if name.startswith("_") or isinstance(value, ModuleType | type):
        return False
    return getattr(value, "__module__", module.__name__) in {module.__name__, "fastapi.applications"}
