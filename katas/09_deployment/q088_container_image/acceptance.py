"""Checks of q088: a Dockerfile that is read, and what its image would start."""

import copy
import fnmatch
import http.server
import json
import os
import posixpath
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from starlette.testclient import httpx

from pytest_fastapi_kata.checks import exactly, quoted, told
from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.liveserver import LiveServer

STUB = Path(__file__).with_name("stub")
READY_SECONDS = 15
GONE_SECONDS = 8
PROBE_SECONDS = 10
PORT = "8000"
EVERYWHERE = ".".join("0000")
INSTRUCTIONS = {
    *("FROM", "ARG", "ENV", "RUN", "COPY", "ADD", "WORKDIR", "USER", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK"),
    *("LABEL", "SHELL", "STOPSIGNAL", "VOLUME", "ONBUILD", "MAINTAINER"),
}
SERVERS = ("uvicorn", "fastapi", "gunicorn", "hypercorn")
SHELLS = {"sh", "bash", "ash", "dash", "zsh", "busybox"}
INITS = {"tini", "tini-static", "dumb-init"}
SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|API_?KEY", re.IGNORECASE)
USUAL_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
HEREDOC = re.compile(r"(?<!<)<<(-?)([\"']?)([A-Za-z_]\w*)\2")
# What slim images have besides Python, as far as health checks need it.
SMALL_TOOLS = (
    "grep",
    "sed",
    "awk",
    "cat",
    "head",
    "tail",
    "test",
    "[",
    "true",
    "false",
    "sleep",
    "timeout",
    "tr",
    "env",
)


# --- Reading the Dockerfile


@dataclass
class Instruction:
    """One instruction; `words` is its JSON form, if it has one."""

    name: str
    line: int
    flags: list[tuple[str, str]]
    text: str
    words: list[str] | None
    heredocs: list[str]

    @property
    def opening(self):
        return f"L{self.shown[1:]}"

    @property
    def shown(self):
        text = " ".join(self.text.split())
        return f"line {self.line}, `{self.name} {text[:70]}{'…' if len(text) > 70 else ''}`"

    def flag(self, name):
        return next((value for key, value in self.flags if key == name), None)

    @property
    def mounts(self):
        """The bind mounts of a RUN, each as a dict."""
        found = []
        for key, value in self.flags:
            if key == "mount":
                parts = dict(part.partition("=")[::2] for part in value.split(","))
                if parts.get("type", "bind") == "bind":
                    target = parts.get("target") or parts.get("dst") or parts.get("destination") or ""
                    found.append(
                        {
                            "from": parts.get("from"),
                            "source": parts.get("source") or parts.get("src") or "",
                            "target": target,
                        }
                    )
        return found


def json_words(text):
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def instructions_of(text):
    """Split a Dockerfile into its instructions."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = "\\"
    for line in lines:
        directive = re.fullmatch(r"#\s*(\w+)\s*=\s*(\S+)\s*", line)
        if directive is None:
            break
        if directive[1].lower() == "escape":
            escape = directive[2]
    found = []
    at = 0
    while at < len(lines):
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        start, parts = at, []
        while at < len(lines):
            line = lines[at]
            at += 1
            if parts and (not line.strip() or line.lstrip().startswith("#")):
                continue
            if not line.rstrip().endswith(escape):
                parts.append(line)
                break
            parts.append(line.rstrip()[: -len(escape)])
        name, _, rest = "".join(parts).strip().partition(" ")
        name, rest = name.upper(), rest.strip()
        if name not in INSTRUCTIONS:
            raise AssertionError(f"Docker cannot read line {start + 1} of the Dockerfile: it knows no `{name}`.")
        flags = []
        while name in {"FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"} and rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            key, _, value = flag[2:].partition("=")
            flags.append((key, value))
            rest = rest.strip()
        heredocs = []
        for mark in HEREDOC.finditer(rest) if name in {"RUN", "COPY", "ADD"} else ():
            body = []
            while at < len(lines):
                line = lines[at].lstrip("\t") if mark[1] else lines[at]
                at += 1
                if line == mark[3]:
                    break
                body.append(line)
            heredocs.append("\n".join([*body, ""]))
        found.append(Instruction(name, start + 1, flags, rest, json_words(rest), heredocs))
    return found


def expand(text, values):
    """Replace variables as Docker does."""

    def value(match):
        if match[0] == r"\$":
            return "$"
        name, sign, other = match[1] or match[4], match[2] or "", match[3] or ""
        known = values.get(name)
        is_there = bool(known) if sign.startswith(":") else known is not None
        if sign.endswith("+"):
            return other if is_there else ""
        if sign.endswith("-"):
            return known if is_there else expand(other, values)
        return known or ""

    return re.sub(r"\\\$|\$\{(\w+)(?:(:?[-+?])([^}]*))?\}|\$(\w+)", value, text)


def words_of(text):
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def pairs_of(instruction):
    """Return the names and values of an ENV, an ARG or a LABEL."""
    first, _, value = instruction.text.partition(" ")
    if instruction.name == "ENV" and "=" not in first:
        return [(first, value.strip())]
    try:
        words = shlex.split(instruction.text)
    except ValueError:
        raise AssertionError(f"Docker cannot read {instruction.shown}: a quote is opened and not closed.") from None
    return [tuple(word.partition("=")[::2]) if "=" in word else (word, None) for word in words]


# --- The context and .dockerignore


def pattern_of(text):
    """Return an ignore pattern as a regular expression over a whole path."""
    out, at = "", 0
    while at < len(text):
        if text.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif text.startswith("**", at):
            out, at = out + ".*", at + 2
        elif text[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif text[at] == "?":
            out, at = out + "[^/]", at + 1
        elif text[at] == "[" and "]" in text[at:]:
            end = text.index("]", at)
            out, at = f"{out}[{text[at + 1 : end]}]", end + 1
        else:
            at += text[at] == "\\" and at + 1 < len(text)
            out, at = out + re.escape(text[at]), at + 1
    try:
        return re.compile(out)
    except re.error:
        return re.compile(re.escape(text))


def ignored_by(text):
    """Return a function that says whether `.dockerignore` keeps a path out."""
    rules = []
    for line in map(str.strip, text.removeprefix("\ufeff").splitlines()):
        if not line or line.startswith("#"):
            continue
        keeps = line.startswith("!")
        cleaned = posixpath.normpath(line.lstrip("!").strip().lstrip("/") or ".")
        if cleaned != ".":
            rules.append((pattern_of(cleaned), not keeps))

    def is_ignored(path):
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        verdict = False
        for pattern, ignores in rules:
            if any(pattern.fullmatch(one) for one in above):
                verdict = ignores
        return verdict

    return is_ignored


def files_of(folder):
    """Return the learner's files, the given ones as they were given."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name for name in folders if not name.startswith(".") and name not in {"__pycache__", "node_modules", "venv"}
        ]
        for name in files:
            path = Path(place, name)
            with suppress(OSError):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    for path in STUB.rglob("*"):
        name = path.relative_to(STUB).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and name not in {"Dockerfile", ".dockerignore"}:
            found[name] = path.read_bytes()
    return found


def text_of(name):
    try:
        return Path(name).read_text("utf-8")
    except FileNotFoundError:
        raise AssertionError(f"There is no `{name}` beside `app.py`.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AssertionError(f"`{name}` cannot be read: {error}") from None


# --- What installs, and where to


@dataclass(frozen=True)
class Place:
    """A folder with something installed: a `prefix` has bin and lib, `packages` and `scripts` are one of these, `wheels` are for later."""

    path: str
    kind: str
    is_environment: bool = False
    origin: str = ""
    python: str = ""


def python_of(image):
    """Return the Python of an image as far as its name says it: `3.13`, or `3.13 on Alpine`."""
    if debian := re.search(r"distroless/python3-debian(\d+)", image):
        return {"12": "3.11", "13": "3.13"}.get(debian[1], "")
    found = re.search(r"python:?(\d+\.\d+)", image.partition("@")[0])
    return f"{found[1]}{' on Alpine' if 'alpine' in image else ''}" if found else ""


def is_below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def moved(places, source, target):
    """Return the places that a copy of `source` to `target` makes."""
    found = []
    for place in places:
        if is_below(place.path, source):
            path = posixpath.normpath(target + place.path[len(source.rstrip("/")) :])
            found.append(replace(place, path=path))
        elif is_below(source, place.path):
            inner = source[len(place.path.rstrip("/")) :].strip("/").split("/")
            if place.kind == "wheels":
                found.append(Place(target, "wheels"))
            elif place.kind == "packages":
                found.append(Place(target, "packages", python=place.python))
            elif "bin" in inner:
                folder = target if inner[-1] == "bin" else posixpath.dirname(target.rstrip("/")) or "/"
                found.append(replace(place, path=folder, kind="scripts"))
            elif "lib" in inner:
                found.append(Place(target, "packages", python=place.python))
    return found


def simple_commands(instruction):
    """Return the simple commands of a RUN, each as a list of words."""
    words = instruction.words
    if words is not None:
        if not (posixpath.basename(words[0] if words else "") in SHELLS and "-c" in words[:-1]):
            return [words] if words else []
        script = words[words.index("-c") + 1]
    else:
        script = "\n".join(instruction.heredocs) if instruction.heredocs else instruction.text
    script = script.replace("\\\n", " ")
    script = " ; ".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))
    lexer = shlex.shlex(script, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        tokens = script.split()
    commands, current = [], []
    for token in tokens:
        if token and set(token) <= set(";&|()"):
            commands.append(current)
            current = []
        elif token not in {"then", "do", "if", "!", "exec", "else"} or current:
            current.append(token)
    return [command for command in [*commands, current] if command]


def option(arguments, *names):
    """Return the value of an option, in whichever way it is written, or None."""
    for at, word in enumerate(arguments):
        for name in names:
            if word == name and at + 1 < len(arguments):
                return arguments[at + 1]
            if name.startswith("--") and word.startswith(f"{name}="):
                return word[len(name) + 1 :]
            if (
                not name.startswith("--")
                and word.startswith(name)
                and len(word) > len(name)
                and not word.startswith("--")
            ):
                return word[len(name) :].removeprefix("=")
    return None


def is_set(value):
    return (value or "").lower() not in {"", "0", "false", "no", "off"}


@dataclass
class Installation:
    """A pip or uv command that installs, builds or loads packages."""

    instruction: Instruction
    takes_requirements: bool
    has_requirements: bool
    is_offline: bool


@dataclass
class Stage:
    """A stage of the build as it is at its end, what it took over from the stage below included."""

    name: str
    base: str
    is_on_stage: bool = False
    env: dict = field(default_factory=dict)
    args: dict = field(default_factory=dict)
    workdir: str = "/"
    workdir_is_set: bool = False
    workdir_is_relative: bool = False
    user: str | None = None
    users: set = field(default_factory=set)
    unmade_users: set = field(default_factory=set)
    exposed: set = field(default_factory=set)
    entrypoint: Instruction | None = None
    cmd: Instruction | None = None
    health: Instruction | None = None
    tree: dict = field(default_factory=dict)
    code_since: Instruction | None = None
    code_before_install: list = field(default_factory=list)
    installations: list = field(default_factory=list)
    places: list = field(default_factory=list)
    copied_places: list = field(default_factory=list)
    programs: set = field(default_factory=set)
    brought: str = ""
    asked_for: str = ""
    environments: list = field(default_factory=list)

    def path(self, text, folder=None):
        return posixpath.normpath(posixpath.join(folder or self.workdir, text))

    @property
    def values(self):
        return {"PATH": USUAL_PATH, **self.args, **self.env}

    @property
    def search_path(self):
        return [part.rstrip("/") for part in self.values["PATH"].split(":") if part]

    @property
    def home(self):
        if "HOME" in self.env:
            return self.env["HOME"]
        return "/root" if self.user in {None, "root", "0"} else f"/home/{self.user}"

    def starts_from(self):
        return posixpath.basename(self.base.partition("@")[0].rpartition(":")[0] or self.base)


class Build:
    """The whole build: its stages, its instructions, and the images that it takes from outside."""

    def __init__(self, text, files, is_ignored):
        self.text = text
        # uv can bring a Python that is not the one of the image.
        self.has_pythons_of_its_own = re.search(r"uv\s+python|UV_PYTHON\b|-p(ython)?[= ]+[\"']?\d", text) is not None
        self.files = {name: content for name, content in files.items() if not is_ignored(name)}
        self.instructions = instructions_of(text)
        self.app = (STUB / "app.py").read_bytes()
        self.requirements = (STUB / "requirements.txt").read_bytes()
        self.stages = []
        self.outside = []
        self.missing = []
        self.variables = []
        settings = {}
        stage = None
        for instruction in self.instructions:
            if instruction.name in {"ENV", "ARG"}:
                self.variables += [(name, instruction) for name, _ in pairs_of(instruction)]
            if instruction.name == "FROM":
                stage = self._begin(instruction, settings)
                self.stages.append(stage)
            elif stage is None:
                if instruction.name != "ARG":
                    raise AssertionError(
                        f"Docker cannot read the Dockerfile: before {instruction.shown} there is no FROM."
                    )
                settings.update((name, expand(value or "", settings)) for name, value in pairs_of(instruction))
            else:
                self._apply(stage, instruction, settings)
        if stage is None:
            raise AssertionError("The Dockerfile has no FROM, so there is no image.")
        self.last = stage

    def _begin(self, instruction, settings):
        words = expand(instruction.text, settings).split()
        base = words[0] if words else ""
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else str(len(self.stages))
        below = next((one for one in self.stages if one.name == base.lower()), None)
        if below is None:
            if base.lower() != "scratch":
                self.outside.append((base, instruction))
            return Stage(name, base)
        stage = copy.deepcopy(below)
        stage.name, stage.is_on_stage, stage.args = name, True, {}
        return stage

    def stage_of(self, name):
        """Return the earlier stage that a COPY or a mount means, or None for an image from outside."""
        name = name.lower()
        for at, one in enumerate(self.stages[:-1]):
            if name in {one.name, str(at)}:
                return one
        return None

    def _apply(self, stage, instruction, settings):
        text = expand(instruction.text, stage.values)
        match instruction.name:
            case "ARG":
                for name, value in pairs_of(instruction):
                    given = settings.get(name, "") if value is None else expand(value, stage.values)
                    stage.args[name] = given
            case "ENV":
                before = stage.values
                stage.env.update((name, expand(value or "", before)) for name, value in pairs_of(instruction))
            case "WORKDIR":
                folder = "".join(words_of(text)[:1]) or "/"
                if not stage.workdir_is_set:
                    stage.workdir_is_relative = not folder.startswith("/")
                stage.workdir, stage.workdir_is_set = stage.path(folder), True
            case "USER":
                stage.user = text.strip().strip("\"'").partition(":")[0]
            case "EXPOSE":
                stage.exposed |= {word.partition("/")[0] for word in text.split() if not word.endswith("/udp")}
            case "CMD":
                stage.cmd = instruction
            case "ENTRYPOINT":
                stage.entrypoint = instruction
                if stage.cmd is not None and self.instructions.index(stage.cmd) < self._start_of(instruction):
                    stage.cmd = None
            case "HEALTHCHECK":
                stage.health = instruction
            case "COPY" | "ADD":
                self._copy(stage, instruction)
            case "RUN":
                self._run(stage, instruction)

    def _start_of(self, instruction):
        at = self.instructions.index(instruction)
        return max(i for i, one in enumerate(self.instructions[:at]) if one.name == "FROM")

    # Copies

    def _copy(self, stage, instruction):
        words = instruction.words or words_of(HEREDOC.sub("", instruction.text))
        words = [expand(word, stage.values) for word in words]
        if not words:
            return
        *sources, target = words
        origin = instruction.flag("from")
        origin = expand(origin, stage.values) if origin else None
        stage.brought += f" {' '.join(words)}"
        is_folder = target.endswith("/") or target in {".", ".."} or len(sources) > 1
        if instruction.heredocs:
            name = HEREDOC.search(instruction.text)[3]
            place = stage.path(f"{target}/{name}" if is_folder else target)
            stage.tree[place] = instruction.heredocs[0].encode()
        if origin is None:
            tree = {f"/{name}": content for name, content in self.files.items()}
        else:
            below = self.stage_of(origin)
            if below is None:
                self.outside.append((origin, instruction))
                return
            tree = below.tree
        excluded = ignored_by("\n".join(value for key, value in instruction.flags if key == "exclude"))
        for source in sources:
            if origin is None and re.match(r"https?://|git@|git://", source):
                continue
            path = posixpath.normpath("/" + source.lstrip("/"))
            base = stage.path(target)
            if origin is not None:
                self._take_over(stage, below, path, base, is_folder)
            taken = self._matching(tree, path)
            if origin is None and not taken:
                self.missing.append((source, instruction))
            for name, rest in taken.items():
                if excluded(name.strip("/")):
                    continue
                if rest is None:
                    place = f"{base}/{posixpath.basename(name)}" if is_folder or self._is_folder(stage, base) else base
                else:
                    place = f"{base}/{rest}"
                self._put(stage, posixpath.normpath(place), tree[name], instruction)

    @staticmethod
    def _is_folder(stage, path):
        return path in {"/", stage.workdir} or any(name.startswith(f"{path}/") for name in stage.tree)

    @staticmethod
    def _matching(tree, path):
        """Return what a source names: files (None), or all in a folder with their places there."""
        if path == "/":
            return {name: name.strip("/") for name in tree}
        found = {}
        depth = path.count("/")
        for name in tree:
            parts = name.split("/")
            head = "/".join(parts[: depth + 1])
            fits = head == path or (any(sign in path for sign in "*?[") and fnmatch.fnmatchcase(head, path))
            if fits and head.count("/") == depth:
                found[name] = "/".join(parts[depth + 1 :]) or None
        return found

    def _take_over(self, stage, below, source, target, is_folder):
        if any(sign in source for sign in "*?["):
            source = posixpath.dirname(source)
        elif is_folder and posixpath.splitext(source)[1] == "" and "/bin/" in source:
            target = f"{target}/{posixpath.basename(source)}"
        found = moved(below.places, source, target)
        stage.places += found
        stage.copied_places += found
        if source.endswith("/passwd"):
            stage.users |= below.users

    def _put(self, stage, place, content, instruction):
        stage.tree[place] = content
        if content == self.app and stage.code_since is None:
            stage.code_since = instruction

    # Commands

    def _run(self, stage, instruction):
        stage.brought += f" {instruction.text} {' '.join(instruction.heredocs)}"
        folder = stage.workdir
        known = {posixpath.basename(path) for path, content in stage.tree.items() if content == self.requirements}
        mounted, brings_code = [], False
        for mount in instruction.mounts:
            source = posixpath.normpath("/" + expand(mount["source"], stage.values).lstrip("/"))
            target = stage.path(expand(mount["target"], stage.values) or ".")
            if mount["from"]:
                below = self.stage_of(expand(mount["from"], stage.values))
                if below is None:
                    self.outside.append((mount["from"], instruction))
                else:
                    mounted += moved(below.places, source, target)
                continue
            for name, rest in self._matching({f"/{one}": 0 for one in self.files}, source).items():
                content = self.files[name[1:]]
                if content == self.requirements:
                    known.add(posixpath.basename(name) if rest else posixpath.basename(target))
                brings_code |= content == self.app
        active = None
        for words in simple_commands(instruction):
            command = [expand(word, stage.values) for word in words]
            inline = {}
            while command and (re.match(r"\w+=", command[0]) or command[0] in {"env", "sudo"}):
                name, _, value = command.pop(0).partition("=")
                inline[name] = value
            if not command:
                continue
            program, arguments = posixpath.basename(command[0]), command[1:]
            plain = [word for word in arguments if not word.startswith("-")]
            module = option(arguments, "-m") if re.fullmatch(r"python[\d.]*", program) else None
            if module is not None:
                arguments = arguments[arguments.index(module) + 1 :] if module in arguments else []
                plain = [word for word in arguments if not word.startswith("-")]
                program = module
            if program == "export":
                stage.args.update(word.partition("=")[::2] for word in plain if "=" in word)
            elif program == "cd" and plain:
                folder = stage.path(plain[0], folder)
            elif program in {".", "source"} and plain and plain[0].endswith("/bin/activate"):
                active = stage.path(plain[0].removesuffix("/bin/activate"), folder)
            elif program in {"venv", "virtualenv"} and plain:
                stage.environments.append(stage.path(plain[-1], folder))
            elif program == "uv" and plain[:1] == ["venv"]:
                stage.environments.append(stage.path(plain[1] if len(plain) > 1 else ".venv", folder))
            elif program in {"cp", "mv"} and len(plain) > 1:
                target = stage.path(plain[-1], folder)
                for source in plain[:-1]:
                    stage.places += moved(stage.places, stage.path(source, folder), target)
            elif program == "useradd" and "alpine" in stage.base and "shadow" not in stage.programs:
                stage.unmade_users |= set(plain)
            elif program in {"useradd", "adduser"}:
                stage.users |= {word.partition(":")[0] for word in plain}
            elif program in {"apt-get", "apt", "apk", "microdnf", "dnf"} and {"install", "add"} & set(plain):
                stage.programs |= {word.partition("=")[0] for word in plain}
            elif program in {"pip", "uv"} or re.fullmatch(r"pip3[\d.]*", program):
                self._install(
                    stage, instruction, command[0], arguments, inline, folder, known, mounted, active, brings_code
                )
        script = f"{instruction.text} {' '.join(instruction.heredocs)}"
        if "/etc/passwd" in script:
            stage.users |= set(re.findall(r"([a-z_][\w-]*):", expand(script, stage.values)))

    def _install(self, stage, instruction, program, arguments, inline, folder, known, mounted, active, brings_code):
        is_uv = posixpath.basename(program) == "uv" or ("uv" in instruction.text.split() and "pip" in arguments[:2])
        verb = next((word for word in arguments if word in {"install", "wheel", "download", "sync"}), None)
        if verb is None:
            return
        names = {posixpath.basename(word.removeprefix("-r").rpartition("=")[2]) for word in arguments}
        values = {**stage.values, **inline}
        is_offline = {"--no-index", "--offline"} & set(arguments) or any(
            is_set(values.get(name)) for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE")
        )
        has = bool(names & known)
        takes = has or "requirements.txt" in names
        stage.installations.append(Installation(instruction, takes, has, bool(is_offline)))
        stage.asked_for += f" {' '.join(arguments)}"
        if takes and (stage.code_since is not None or brings_code):
            stage.code_before_install.append((instruction, stage.code_since or instruction))
        wheels = [place for place in [*stage.places, *mounted] if place.kind == "wheels"]
        if not takes and not (is_offline and wheels):
            return
        if verb in {"wheel", "download"}:
            where = option(arguments, "-w", "--wheel-dir", "-d", "--dest") or values.get("PIP_WHEEL_DIR") or "."
            stage.places.append(Place(stage.path(where, folder), "wheels"))
            return
        targets = self._targets(stage, program, arguments, values, folder, active, is_uv)
        python = "" if self.has_pythons_of_its_own else python_of(stage.base)
        found = [replace(place, python=python) for place in targets]
        stage.places += found
        if is_offline and any(place.kind == "wheels" for place in [*stage.copied_places, *mounted]):
            stage.copied_places += found

    @staticmethod
    def _targets(stage, program, arguments, values, folder, active, is_uv):
        """Return where an installation goes to."""
        if target := option(arguments, "--target", "-t") or values.get("PIP_TARGET"):
            return [Place(stage.path(target, folder), "packages")]
        if prefix := option(arguments, "--prefix") or values.get("PIP_PREFIX"):
            return [Place(stage.path(prefix, folder), "prefix")]
        if root := option(arguments, "--root"):
            return [Place(stage.path(f"{root}/usr/local", folder), "prefix")]
        if "--user" in arguments or is_set(values.get("PIP_USER")):
            home = values.get("PYTHONUSERBASE") or f"{stage.home}/.local"
            return [Place(stage.path(home, folder), "prefix")]
        found = set()
        python = option(arguments, "--python", "-p") if is_uv else option(arguments, "--python")
        for text in (program, python or ""):
            if "/" in text:
                path = stage.path(text, folder)
                found.add(path.partition("/bin/")[0] if "/bin/" in path else path)
        found -= {"/usr/local", "/usr", ""}
        if active:
            found.add(active)
        if not found and not (is_uv and ("--system" in arguments or is_set(values.get("UV_SYSTEM_PYTHON")))):
            if values.get("VIRTUAL_ENV") and (is_uv or f"{values['VIRTUAL_ENV']}/bin" in values["PATH"]):
                found.add(stage.path(values["VIRTUAL_ENV"], folder))
            elif is_uv:
                found.add(stage.path(".venv", folder))
            else:
                first = next((part for part in values["PATH"].split(":") if part.startswith("/")), "")
                first = first.rstrip("/")
                if first.endswith("/bin") and first not in USUAL_PATH.split(":"):
                    found.add(posixpath.normpath(first.removesuffix("/bin")))
        return [Place(path, "prefix", True, path) for path in found] or [Place("/usr/local", "prefix")]


# --- What the image starts


@dataclass
class Command:
    """What process 1 runs: a server and its arguments."""

    words: list[str]
    init: str | None
    program: str
    is_module: bool
    server: str
    arguments: list[str]

    @property
    def shown(self):
        return json.dumps(self.words)


def not_exec(instruction):
    is_list = instruction.text.startswith("[")
    return told(
        (
            is_list,
            f"In {instruction.shown}, the list is no JSON, so Docker takes the line for shell form and hands it to a shell: "
            "brackets, quotes and all.",
        ),
        f"{instruction.opening} is shell form: Docker starts a shell as process 1. Unless the shell gives way to the "
        "server, it is whom `docker stop` signals, and it does not hand that on.",
    )


def process_one(build):
    """Return the command of process 1; AssertionError if it is none of a server's."""
    stage = build.last
    words = []
    for instruction in (stage.entrypoint, stage.cmd):
        if instruction is not None:
            form = "exec form" if instruction.words is not None else "shell form"
            assert form == "exec form", not_exec(instruction)
            words += instruction.words
    if stage.entrypoint is None and stage.cmd is not None and "distroless" in stage.base:
        words = ["/usr/bin/python3", *words]  # the entry point of these images
    assert words != [], "The last stage says nothing about what it starts, neither by CMD nor by ENTRYPOINT."
    rest, init = list(words), None
    if posixpath.basename(rest[0]) in INITS:
        init = posixpath.basename(rest.pop(0))
        rest = rest[rest.index("--") + 1 :] if "--" in rest else rest
        while rest and rest[0].startswith("-"):
            rest.pop(0)
    while rest and (posixpath.basename(rest[0]) == "env" or re.match(r"[A-Z_]+=", rest[0])):
        rest.pop(0)
    program = rest[0] if rest else ""
    server, arguments = posixpath.basename(program), rest[1:]
    is_module = bool(re.fullmatch(r"python[\d.]*", server))
    if is_module and "-m" in arguments[:-1]:
        at = arguments.index("-m")
        server, arguments = arguments[at + 1], arguments[at + 2 :]
    is_shell = server in SHELLS
    assert server in SERVERS, told(
        (is_shell, "Process 1 is a shell, although the list itself is exec form."),
        (server == "uv", "Process 1 is `uv`, and the server only its child."),
        f"What process 1 would be, going by {json.dumps(words)}, is none of the servers that the README names.",
    )
    return Command(words, init, program, is_module, server, arguments)


def all_arguments(command, env):
    more = env.get("GUNICORN_CMD_ARGS", "") if command.server == "gunicorn" else ""
    return [*shlex.split(more), *command.arguments]


def listens_at(command, env):
    """Return host and port at which the server listens, going by its command and ENV."""
    arguments = all_arguments(command, env)
    if command.server in {"uvicorn", "fastapi"}:
        usual = "127.0.0.1" if command.server == "uvicorn" else EVERYWHERE
        prefix = "UVICORN_" if command.server == "uvicorn" else "FASTAPI_"
        host = option(arguments, "--host") or env.get(f"{prefix}HOST") or usual
        port = option(arguments, "--port") or env.get(f"{prefix}PORT") or PORT
    else:
        usual = (
            f"{EVERYWHERE}:{env['PORT']}" if command.server == "gunicorn" and env.get("PORT") else f"127.0.0.1:{PORT}"
        )
        host, _, port = (option(arguments, "--bind", "-b") or usual).rpartition(":")
    host = EVERYWHERE if host in {"", "*", "::", "[::]"} else host
    return {"host": host, "port": port}


def why_unfound(build, command):
    """Return why the program, or what it needs, is not in the image where it is looked for, or None."""
    stage = build.last
    reason = why_not_in(build, command, stage.places)
    if reason is not None:
        return reason
    is_root = stage.user in {None, "", "root", "0"}
    if not is_root and re.search(r"chmod\b.*/root", build.text) is None:
        readable = [place for place in stage.places if not is_below(place.path, "/root")]
        if why_not_in(build, command, readable) is not None:
            return (
                f"what it needs lies below /root, and into that folder nobody but root may look. `{stage.user}` may not"
            )
    python = python_of(stage.base)
    if python:
        fitting = [place for place in stage.places if place.python in {"", python}]
        other = next((place.python for place in stage.places if place not in fitting), "")
        if why_not_in(build, command, fitting) is not None:
            if other.partition(" ")[0] == python.partition(" ")[0]:
                return (
                    "only one of the two stages is on Alpine, which has another C library: compiled packages of the one do "
                    "not load in the other"
                )
            return f"its packages were installed for Python {other}, and this image has Python {python}, which cannot use them"
    return None


def why_not_in(build, command, places):
    """Return why the program is not found, or cannot run, if these places are all that the image has."""
    stage = build.last
    if command.init and command.init.removesuffix("-static") not in stage.brought:
        return f"nothing brings `{command.init}` into the last stage"
    prefixes = {place.path: place for place in places if place.kind == "prefix"}
    scripts = {f"{path.rstrip('/')}/bin": place for path, place in prefixes.items()}
    scripts |= {f"{place.path.rstrip('/')}/bin": place for place in places if place.kind == "packages"}
    scripts |= {place.path.rstrip("/"): place for place in places if place.kind == "scripts"}
    program = command.program
    folders = [posixpath.dirname(stage.path(program))] if "/" in program else stage.search_path
    home = next((place for folder in folders for place in [scripts.get(folder)] if place is not None), None)
    if not command.is_module:
        if home is None:
            return (
                f"no folder in which the container looks for `{program}` ({', '.join(folders[:3])}…) has come from the "
                "stage that installed it"
            )
        if home.is_environment and "relocatable" not in build.text:
            came = home.origin if home.kind == "prefix" else None
            if came not in {None, home.path}:
                return (
                    f"the virtual environment was made as {came} and lies at {home.path} now. Its programs begin with the "
                    f"path of their Python, and there is no {came}/bin/python"
                )
    if home is not None and home.is_environment and home.kind == "prefix":
        return None
    paths = [stage.path(part) for part in stage.values.get("PYTHONPATH", "").split(":") if part]
    if command.is_module:
        paths.append(stage.workdir)
    packages = [place.path for place in places if place.kind == "packages"]
    is_found = (
        any(
            path in {"/usr/local", "/usr"} or path.endswith(".local") or path == stage.env.get("PYTHONUSERBASE")
            for path in prefixes
        )
        or any(is_below(path, "/usr/local/lib") or is_below(path, "/usr/lib") for path in packages)
        or any(is_below(path, one) for path in paths for one in [*packages, *prefixes])
    )
    return None if is_found else f"the Python that starts {command.server} does not find the packages where they lie"


# --- Fixtures


@pytest.fixture
def build(kata_bench):
    """The learner's build, read."""
    del kata_bench  # it makes the learner's folder the working directory
    return Build(text_of("Dockerfile"), files_of(Path.cwd()), ignored_by(text_of(".dockerignore")))


@pytest.fixture
def root(build, tmp_path):
    """A folder with the files that the last stage has from the context."""
    root = tmp_path / "image"
    for path, content in build.last.tree.items():
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (root / build.last.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return root


def with_port(text, port):
    """Put a free port of this machine in the place of the container's."""
    text = re.sub(r"(?<!\d)8000(?!\d)", str(port), text)
    text = text.replace(EVERYWHERE, "127.0.0.1").replace("[::]", "127.0.0.1")
    text = re.sub(r"(^|=)::$", r"\g<1>127.0.0.1", text)
    return re.sub(rf"(^|=)\*?(:{port})$", r"\g<1>127.0.0.1\2", text)


def in_root(text, root):
    """Turn an absolute path of the image, in an argument, into the one of this machine."""
    head, sign, path = text.rpartition("=")
    return f"{head}{sign}{root}{path}" if path.startswith("/") and (root / path.lstrip("/")).exists() else text


def variables_of(stage, port):
    """Return the image's ENV as this machine takes it."""
    left_out = {"PATH", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "HOME", "PYTHONUSERBASE"}
    return {name: with_port(value, port) for name, value in stage.env.items() if name not in left_out}


# --- Checks


def test_image_is_built_in_stages(build):
    """The Dockerfile has two stages at least. What `requirements.txt` lists is installed in an earlier one and taken over by the last, which loads no Python packages itself."""
    count = len(build.stages)
    assert count >= 2, "Build in one stage, run in another: whatever the build needs stays behind there."
    earlier = [one for stage in build.stages[:-1] for one in stage.installations if one.takes_requirements]
    number = len(earlier)
    assert number >= 1, (
        "This many commands in the earlier stages install what `requirements.txt` lists, with pip or uv."
    )
    loading = [one.instruction.shown for one in build.last.installations if not one.is_offline]
    assert loading == [], told(
        (
            build.last.is_on_stage and len(loading) == len(earlier),
            "The last stage begins with all that is in the stage that it is based on, and this command ran there. So pip, its "
            "cache and whatever else the build needed are in the image.",
        ),
        "The last stage, or a stage that it is based on, loads packages from the network again.",
    )
    taken = sorted({place.path for place in build.last.copied_places if place.kind != "wheels"})
    is_taken = taken != []
    has_wheels = any(place.kind == "wheels" for place in build.last.copied_places)
    assert is_taken, told(
        (has_wheels, "The last stage has the wheels of the packages, but does not install them."),
        "The last stage takes over nothing of what was installed before it. Compare the place to which the packages went "
        "with the place from which something is copied.",
    )


def test_bases_are_pinned_and_small(build):
    """Every image from outside names a version of at least two numbers, or a digest, and none is `latest`. The last stage rests on a slim, alpine or distroless image of Python."""

    def pin(image):
        name, _, digest = image.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if digest.startswith("sha256:"):
            return "a digest"
        if not tag:
            return "no tag, which means latest"
        if "latest" in tag:
            return "latest"
        return "a version" if re.search(r"\d+\.\d+", tag) else f"the tag {tag}"

    assert len(build.outside) > 0, "No image from outside is named, so there is no Python in it."
    for image, instruction in build.outside:
        pinned = pin(image)
        assert pinned in ("a version", "a digest"), (
            f"`{image}` in line {instruction.line} means another image next year, or next week. The same Dockerfile should "
            "give the same image then."
        )
    base = build.last.base
    repository, _, tag = base.partition("@")[0].rpartition("/")[2].partition(":")
    is_small = "python" in base and (
        "slim" in tag or "alpine" in tag or "distroless" in base or "chainguard" in base or "slim" in repository
    )
    assert is_small, (
        f"The last stage rests on `{base}`. The full images of Python carry compilers and some hundred packages of the system "
        "that a service never needs; and other images have no Python."
    )


def test_dependencies_come_before_the_code(build):
    """In every stage, `requirements.txt` is brought in and installed before `app.py` comes in."""
    installing = [one for stage in build.stages for one in stage.installations if one.takes_requirements]
    number = len(installing)
    assert number >= 1, "This many commands of the whole Dockerfile install `requirements.txt`."
    for one in installing:
        is_there = one.has_requirements
        assert is_there, f"When {one.instruction.shown} runs, `requirements.txt` is not in that stage."
    for stage in build.stages:
        for install, code in stage.code_before_install:
            is_first = False
            assert is_first, told(
                (
                    install is code,
                    f"For {install.shown}, the whole context is mounted, `app.py` included. With each changed line of code, "
                    "Docker takes it for another command, and installs all anew.",
                ),
                f"`app.py` comes in by {code.shown}, and after that comes {install.shown}. With each changed line of code, "
                "Docker runs everything below it again: the slow layer is never taken from the cache.",
            )


def test_runs_as_an_ordinary_user(build):
    """The last USER is not root, and it exists: a number, `nobody`, `www-data`, `nonroot`, or created in the last stage."""
    stage = build.last
    user = stage.user
    if user is None and "nonroot" in stage.base:
        user = "nonroot"
    is_named = user is not None
    assert is_named, "No USER is set, and then the container runs as root."
    is_root = user in {"", "root"} or (user.isdigit() and int(user) == 0)
    assert not is_root, (
        f"The last USER of the image is `{user}`, and so is the user of its server."
        if user
        else ("The last USER comes out empty.")
    )
    exists = user.isdigit() or user in {"nobody", "www-data", "nonroot"} or user in stage.users
    assert exists, told(
        (
            user in stage.unmade_users,
            f"`{user}` is to be created by `useradd`, and alpine images have no such program: the build ends there.",
        ),
        (
            any(user in one.users for one in build.stages),
            f"`{user}` was created in another stage, and that is another file system. Docker refuses to start as a user that "
            "the image does not know.",
        ),
        f"Nobody has created `{user}` in the last stage. Docker refuses to start as a user that the image does not know.",
    )


def test_secrets_and_clutter_stay_outside(build, kata_bench, rng):
    """`.env`, `.git`, `tests/` and every `__pycache__` stay out of the build context, `app.py` and `requirements.txt` are in it. No ENV or ARG is named like a secret, the token is nowhere in the Dockerfile, and `app.py` is in the image."""
    folder = rng.word()
    compiled = f"__pycache__/app.cpython-3{rng.randint(11, 14)}.pyc"
    outside = [
        *(".env", ".git/config", f".git/objects/{rng.digits(2)}/{rng.digits(6)}", "tests/test_readings.py"),
        *(f"tests/{folder}/{rng.word()}.json", compiled, f"{folder}/{compiled}", f"{folder}/{rng.word()}/{compiled}"),
    ]
    is_ignored = ignored_by(text_of(".dockerignore"))
    needed = [name for name in ("app.py", "requirements.txt") if is_ignored(name)]
    assert needed == [], f"`.dockerignore` keeps {quoted(needed)} out of the build context, and the image needs that."
    let_in = [name for name in outside if not is_ignored(name)]
    assert let_in == [], told(
        (
            ".env" in let_in,
            "These would be in the build context. `.env` holds the token: what a COPY puts into a layer stays in the image, "
            "even if a later layer deletes it.",
        ),
        (
            all("/__pycache__" in name and not name.startswith("__pycache__") for name in let_in),
            "These would be in the build context. Unlike a `.gitignore`, this file takes a name without a folder to lie at "
            "the top.",
        ),
        "These would be in the build context, whether the Dockerfile copies them today or not.",
    )
    secret = sorted({f"{name} in line {at.line}" for name, at in build.variables if SECRET_NAME.search(name)})
    assert secret == [], (
        "The values of ENV and ARG stand in the image's history: `docker history` shows them to everybody."
    )
    token = (STUB / ".env").read_text("utf-8").strip().partition("=")[2]
    is_written = token in build.text
    assert not is_written, "The station's token stands in the Dockerfile."
    missing = [f"{source} (line {instruction.line})" for source, instruction in build.missing]
    assert missing == [], "Docker cannot copy what is not in the build context, and the build ends there."
    has_app = build.app in build.last.tree.values()
    assert has_app, "`app.py` does not get into the last stage."


def test_container_settings(build):
    """The last stage has an absolute WORKDIR other than `/`, sets `PYTHONUNBUFFERED` to a value, and exposes port 8000."""
    stage = build.last
    folder = stage.workdir
    is_absolute = stage.workdir_is_set and not stage.workdir_is_relative
    assert is_absolute, told(
        (stage.workdir_is_set, "The first WORKDIR is relative: where that is depends on the image below."),
        "The last stage has no WORKDIR.",
    )
    assert folder != "/", (
        "The WORKDIR is the root of the file system, where the code lies among the system's own folders."
    )
    is_unbuffered = bool(stage.env.get("PYTHONUNBUFFERED"))
    assert is_unbuffered, (
        "`PYTHONUNBUFFERED` is not set in the last stage (or to nothing). Python then keeps what the service prints until a "
        "buffer is full, and a crash loses it."
    )
    exposed = sorted(stage.exposed)
    assert PORT in exposed, "The image is to say by EXPOSE that port 8000 is the one."


def test_server_is_process_one(build):
    """CMD or ENTRYPOINT, or both together, are in exec form and start a server for `app:app` as process 1: without a shell, without reload."""
    command = process_one(build)
    env = build.last.env
    arguments = all_arguments(command, env)
    if command.server == "fastapi":
        verb = next((word for word in arguments if not word.startswith("-")), None)
        assert verb == "run", f"`{command.shown}`: `fastapi` serves in production by one command only."
    else:
        is_named = "app:app" in arguments or env.get("UVICORN_APP") == "app:app"
        assert is_named, f"`{command.shown}` names no `app:app`."
    reload = [word for word in arguments if word.startswith("--reload")]
    reload += [name for name in ("UVICORN_RELOAD",) if is_set(env.get(name))]
    assert reload == [], (
        "Reload is for the laptop: process 1 then is a supervisor that watches files, the server its child."
    )


def test_container_serves_and_stops(build, root, environment, rng, tmp_path, http):
    """What process 1 would run is in the image, starts from the files of the last stage, listens on all interfaces at port 8000, and answers at `/healthz` and `/readings`. SIGTERM ends it."""
    command = process_one(build)
    stage = build.last
    needed = {
        "gunicorn": r"gunicorn",
        "hypercorn": r"hypercorn",
        "fastapi": r"fastapi\[standard|fastapi\[all|fastapi-cli",
    }
    if command.server in needed:
        is_asked_for = any(re.search(needed[command.server], one.asked_for) for one in build.stages)
        assert is_asked_for, (
            f"`{command.shown}` starts `{command.server}`, and nothing installs that: `requirements.txt` does not bring it."
        )
    unfound = why_unfound(build, command)
    is_found = unfound is None
    assert is_found, f"`{command.shown}` does not start in the container: {unfound}."
    listens = listens_at(command, stage.env)
    assert listens["host"] == EVERYWHERE, told(
        (
            listens["host"] in {"127.0.0.1", "localhost"},
            "Inside a container, this address is the container itself. Nobody outside ever gets an answer, whatever port is "
            "published.",
        ),
        "The server does not listen on all interfaces of the container.",
    )
    assert listens["port"] == PORT, told(
        ("$" in listens["port"], "There is no shell that would put a value in the place of the variable."),
        "The server listens at another port than the image exposes.",
    )
    is_here = find_spec("fastapi_cli" if command.server == "fastapi" else command.server) is not None
    assert is_here, (
        f"`{command.server}` is not installed in your environment, so this check cannot start it. Install it there, too."
    )
    environment(WEB_CONCURRENCY=None, GUNICORN_CMD_ARGS=None, PORT=None, UVICORN_HOST=None, UVICORN_PORT=None)

    def words(port):
        made = [in_root(with_port(word, port), root) for word in command.arguments]
        if command.server == "fastapi":
            made += [] if option(made, "--host") else ["--host", "127.0.0.1"]
            made += [] if option(made, "--port") else ["--port", str(port)]
        elif command.server == "hypercorn" and option(made, "--bind", "-b") is None:
            made += ["--bind", f"127.0.0.1:{port}"]
        return [sys.executable, "-m", command.server, *made]

    def variables(port):
        values = {"HOME": str(tmp_path), **variables_of(stage, port)}
        if command.server == "uvicorn" and option(command.arguments, "--port") is None:
            values["UVICORN_PORT"] = str(port)
        if command.server == "gunicorn" and "PORT" not in stage.env:
            values["PORT"] = str(port)
        paths = [in_root(stage.path(part), root) for part in stage.values.get("PYTHONPATH", "").split(":") if part]
        if paths:
            values["PYTHONPATH"] = os.pathsep.join(paths)
        return values

    with LiveServer(words, root / stage.workdir.lstrip("/"), variables) as server:
        try:
            server.start("/healthz", READY_SECONDS)
        except (ServerError, OSError) as error:
            said = str(error)[-1200:].replace(str(root), "")
            raise AssertionError(f"`{command.shown}`, started in `{stage.workdir}` of the image: {said}") from None
        try:
            response = http.get(f"{server.url}/healthz", timeout=PROBE_SECONDS)
            assert response.status_code == 200, f"`{command.shown}`: {server.output[-900:]}"
            assert response.json() == exactly({"status": "ok"})
            reading = {"station": rng.title(), "celsius": rng.randint(-300, 350) / 10 + 0.05}
            response = http.post(f"{server.url}/readings", json=reading, timeout=PROBE_SECONDS)
            assert response.status_code == 201
            assert response.json() == exactly(reading)
        except httpx.TransportError as error:
            raise AssertionError(f"`{command.shown}` does not answer: {error!r}. {server.output[-900:]}") from None
        server.signal()
        try:
            server.wait(GONE_SECONDS)
        except ServerError:
            raise AssertionError(f"`{command.shown}` is still there {GONE_SECONDS} seconds after SIGTERM.") from None


# --- The health check

CURL = """
import http.client, sys, urllib.error, urllib.request
words, url, fail, out, method, data, show = sys.argv[1:], None, False, None, None, None, ""
takes = {"o", "m", "w", "H", "X", "A", "d", "e", "b", "u", "x"}
long_takes = {"output", "max-time", "write-out", "header", "request", "user-agent", "connect-timeout", "retry", "data",
    "retry-delay", "retry-max-time", "url", "noproxy"}
short = {"output": "o", "write-out": "w", "request": "X", "data": "d"}
while words:
    word = words.pop(0)
    if word.startswith("--"):
        name, _, value = word[2:].partition("=")
        if name in ("fail", "fail-with-body", "fail-early"): fail = fail or name != "fail-early"
        if name == "head": method = "HEAD"
        if name in long_takes:
            value = value or (words.pop(0) if words else "")
            if name == "url": url = value
            name = short.get(name, "")
            out, show, method = (value if name == "o" else out), (value if name == "w" else show), (value if name == "X" else method)
    elif word.startswith("-") and len(word) > 1:
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter == "f": fail = True
            if letter == "I": method = "HEAD"
            if letter in takes:
                value, letters = letters or (words.pop(0) if words else ""), ""
                out, show, method = (value if letter == "o" else out), (value if letter == "w" else show), (value if letter == "X" else method)
    else:
        url = word
if url is None: sys.exit(2)
if "://" not in url: url = "http://" + url
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    answer = opener.open(urllib.request.Request(url, method=method or "GET"), timeout=5)
except urllib.error.HTTPError as error:
    answer = error
except ValueError:
    sys.exit(3)
except (OSError, http.client.HTTPException):
    if "%{http_code}" in show: sys.stdout.write(show.replace("%{http_code}", "000"))
    sys.exit(7)
body = answer.read()
failed = fail and answer.status >= 400
if not failed and out is None: sys.stdout.write(body.decode("utf-8", "replace"))
elif not failed and out not in ("-", "/dev/null"): open(out, "wb").write(body)
elif not failed and out == "-": sys.stdout.write(body.decode("utf-8", "replace"))
if show: sys.stdout.write(show.replace("%{http_code}", str(answer.status)).replace("%{response_code}", str(answer.status)).replace("\\\\n", "\\n"))
sys.exit(22 if failed else 0)
"""
WGET = """
import http.client, sys, urllib.error, urllib.request
words, url, out = sys.argv[1:], None, "body"
while words:
    word = words.pop(0)
    if word.startswith("--"):
        name, sign, value = word[2:].partition("=")
        if name in ("output-document", "timeout", "tries", "header", "user-agent") and not sign: value = words.pop(0) if words else ""
        if name == "output-document": out = value
        if name == "spider": out = "/dev/null"
    elif word.startswith("-") and len(word) > 1:
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter == "n" and letters: letters = letters[1:]
            elif letter in "OTtUoP":
                value, letters = letters or (words.pop(0) if words else ""), ""
                if letter == "O": out = value
    else:
        url = word
if url is None: sys.exit(1)
if "://" not in url: url = "http://" + url
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    body = opener.open(url, timeout=5).read()
except urllib.error.HTTPError:
    sys.exit(8)
except (OSError, ValueError, http.client.HTTPException):
    sys.exit(4)
if out == "-": sys.stdout.write(body.decode("utf-8", "replace"))
"""


@contextmanager
def intake(status):
    """A tiny server in the place of the container's: `/healthz` has this status, GET only, as in the app."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"{self.command} {self.path}")
            is_there = self.path.partition("?")[0] == "/healthz"
            code = (status if self.command == "GET" else 405) if is_there else 404
            body = b'{"status": "ok"}' if code == 200 else b'{"status": "down"}'
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):
                    self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name is not ours

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Probe:
    """The command of HEALTHCHECK, run as Docker runs it."""

    def __init__(self, build, root, folder):
        self.stage = build.last
        self.root = root
        self.instruction = self.stage.health
        kind, _, self.text = self.instruction.text.partition(" ")
        self.text = self.text.strip()
        assert kind.upper() == "CMD", "The last HEALTHCHECK asks nothing."
        self.words = json_words(self.text)
        self.bin = folder / "probe-bin"
        self.bin.mkdir()
        # The container has what was installed there, and no more.
        extra = re.search(r"httpx|requests|aiohttp|urllib3", " ".join(one.asked_for for one in build.stages))
        python = f'exec "{sys.executable}"{"" if extra else " -S"}'
        names = {"python", "python3", *re.findall(r"python3?\.\d+", self.text)}
        for name in names:
            self._write(name, f'{python} "$@"')
        for name, source in (("curl", CURL), ("wget", WGET)):
            if self.has(name):
                (folder / f"{name}.py").write_text(source, "utf-8")
                self._write(name, f'exec "{sys.executable}" -S "{folder / name}.py" "$@"')
        for name in SMALL_TOOLS:
            place = shutil.which(name)
            if place and not self.is_shell_less:
                (self.bin / name).symlink_to(place)

    def _write(self, name, line):
        file = self.bin / name
        file.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        file.chmod(0o755)

    @property
    def is_shell_less(self):
        return "distroless" in self.stage.base and "debug" not in self.stage.base

    def has(self, name):
        is_copied = re.search(rf"/bin/{name}\b", self.stage.brought) is not None
        return name in self.stage.programs or is_copied or (name == "wget" and "alpine" in self.stage.base)

    def run(self, port):
        """Return the exit code, and what was said."""

        def here(text):
            return re.sub(
                r"(?<![\w.-])(?:/[\w.-]+)*/bin/(python[\d.]*|curl|wget)(?![\w/])", r"\1", with_port(text, port)
            )

        if self.words is None:
            if self.is_shell_less:
                return 127, "there is no /bin/sh in this image"
            words = ["/bin/sh", "-c", here(self.text)]
        else:
            words = [in_root(here(word), self.root) for word in self.words]
            place = self.bin / words[0]
            words[0] = (
                "/bin/sh" if posixpath.basename(words[0]) in SHELLS else str(place if place.exists() else words[0])
            )
            is_there = place.exists() or words[0] == "/bin/sh" or words[0].startswith(str(self.root))
            if not is_there or (words[0] == "/bin/sh" and self.is_shell_less):
                return 127, f"there is no {self.words[0]} in this image"
        values = {**variables_of(self.stage, port), "PATH": str(self.bin), "HOME": str(self.root)}
        process = subprocess.Popen(
            words,
            cwd=self.root / self.stage.workdir.lstrip("/"),
            env=values,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return None, f"it did not end within {PROBE_SECONDS} seconds"
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        lines = [line[:200] for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
        return process.returncode, lines[-1].replace(str(self.root), "") if lines else "it said nothing"


def test_healthcheck_tells_healthy_from_broken(build, root, tmp_path):
    """HEALTHCHECK asks `/healthz` on port 8000 with a tool that the image has. It succeeds on 200, and fails on 503 and when nobody answers."""
    is_there = build.last.health is not None
    assert is_there, "The last stage has no HEALTHCHECK."
    probe = Probe(build, root, tmp_path)
    named = [name for name in ("curl", "wget") if re.search(rf"\b{name}\b", probe.text) and not probe.has(name)]
    shown = probe.instruction.opening
    with intake(200) as (port, asked):
        code, said = probe.run(port)
    is_json = probe.words is not None or not probe.text.startswith("[")
    assert code == 0, told(
        (not is_json, f"{shown}: the list is no JSON, so it goes to a shell as it stands. The shell says:\n{said}"),
        (
            named != [],
            f"{shown} fails although the service is healthy. Is there a {' or '.join(named)} in the image? The check says:\n{said}",
        ),
        (asked == [], f"{shown} fails without having asked the service at port 8000. The check says:\n{said}"),
        (
            "GET /healthz" not in asked,
            f"{shown} fails although the service is healthy. It has asked {quoted(asked)}. The check says:\n{said}",
        ),
        f"{shown} fails although `/healthz` has answered 200. The check says:\n{said}",
    )
    assert "GET /healthz" in asked, f"{shown} succeeds, and this is what it has asked the service at port 8000."
    with intake(503) as (port, _):
        code, said = probe.run(port)
    is_failed = code != 0
    assert is_failed, f"{shown} succeeds although `/healthz` answers 503. A check that cannot fail checks nothing."
    code, said = probe.run(port)
    is_failed = code != 0
    assert is_failed, f"{shown} succeeds although nobody answers at that port. A check that cannot fail checks nothing."
