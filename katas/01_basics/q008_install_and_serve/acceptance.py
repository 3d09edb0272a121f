"""Checks of q008: declared, installed, started."""

import ast
import asyncio
import importlib
import inspect
import os
import socket
import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
import uvicorn
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pytest_fastapi_kata.checks import exactly, told
from pytest_fastapi_kata.exceptions import ServerError

GONE_SECONDS = 10
HAS_SIGTERM = os.name != "nt"
STATION = Path("lighthouse", "station.py")


def declared():
    """Return the entries of `[project] dependencies` that apply to this Python."""
    try:
        project = tomllib.loads(Path("pyproject.toml").read_text("utf-8")).get("project")
    except (OSError, ValueError) as error:
        raise AssertionError(f"`pyproject.toml` cannot be read: {error}") from None
    entries = project.get("dependencies") if isinstance(project, dict) else None
    assert isinstance(entries, list), "`pyproject.toml` has no list `dependencies` in its table `[project]`."
    requirements = []
    for entry in entries:
        try:
            requirements.append(Requirement(entry))
        except (InvalidRequirement, TypeError) as error:
            raise AssertionError(f"The entry {entry!r} in `dependencies` is none that pip can read: {error}") from None
    return [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]


def brought_by(requirements):
    """Return the names of all packages that come with these, as the installed packages declare it."""
    waiting, seen = list(requirements), set()
    while waiting:
        requirement = waiting.pop()
        for extra in {"", *requirement.extras}:
            part = (canonicalize_name(requirement.name), extra)
            if part in seen:
                continue
            seen.add(part)
            with suppress(metadata.PackageNotFoundError):
                further = [Requirement(text) for text in metadata.requires(part[0]) or []]
                waiting += [one for one in further if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def is_as_given(file):
    """Say whether a given file still holds the code that it was handed out with, however it is laid out."""
    try:
        now = ast.parse(file.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return False
    return ast.dump(now) == ast.dump(ast.parse((Path(__file__).with_name("stub") / file).read_text("utf-8")))


class NotThroughPython(AssertionError):
    """Uvicorn was to be started by a command instead of its Python interface."""


def a_command(*_, **__):
    raise NotThroughPython("`main()` starts a command. Call Uvicorn from Python: `uvicorn.run` or `uvicorn.Server`.")


def record_starts(patch, begun):
    """Let Uvicorn note where it was to listen, instead of listening."""

    def note(config):
        begun.append({"host": config.host, "port": config.port})

    def run(server, *_, **__):
        note(server.config)
        server.started = True

    async def serve(server, *_, **__):
        run(server)

    class Supervisor:
        def __init__(self, config, *_, **__):
            self.run = lambda: note(config)

    # Who reads arguments is to find none, instead of those of the kit's own process.
    patch.setattr(sys, "argv", ["lighthouse"])
    patch.setattr(uvicorn.Server, "run", run)
    patch.setattr(uvicorn.Server, "serve", serve)
    patch.setattr(uvicorn.Config, "bind_socket", lambda config: None)
    for name in ("ChangeReload", "Multiprocess"):
        patch.setattr(importlib.import_module("uvicorn.main"), name, Supervisor)
    for owner, name in ((subprocess, "Popen"), (os, "system"), (os, "execv"), (os, "execve")):
        patch.setattr(owner, name, a_command)


@pytest.fixture
def starts(load, environment):
    """`starts(HOST=…, PORT=…)` imports the module under this environment, calls `main()`, and serves nothing.

    Returns the addresses that Uvicorn was given on import, and those that `main()` gave it.
    """

    def start(**variables):
        environment(WEB_CONCURRENCY=None)
        begun = []
        with pytest.MonkeyPatch.context() as patch:
            record_starts(patch, begun)
            main = getattr(load("lighthouse.__main__", **variables), "main", None)
            on_import = list(begun)
            assert callable(main), "`lighthouse/__main__.py` has no function `main`."
            try:
                with suppress(SystemExit):
                    result = main()
                    if inspect.iscoroutine(result):
                        asyncio.run(result)
            except NotImplementedError:
                raise AssertionError("`main()` in `lighthouse/__main__.py` still raises NotImplementedError.") from None
        return on_import, begun[len(on_import) :]

    return start


@pytest.fixture
def serve(live_server, environment):
    """`serve("-m", "lighthouse")` starts Python with these arguments, `PORT` being set, as one does in a shell."""

    def start(*arguments, advice):
        station_is_as_given = is_as_given(STATION)
        assert station_is_as_given, (
            f"`{STATION.as_posix()}` is no longer what you were given. It is finished; what is missing belongs in the "
            "other two files. (`fastapi-kata reset q008` lays out all files anew, and keeps yours in a backup.)"
        )
        environment(HOST="127.0.0.1", WEB_CONCURRENCY=None)
        try:
            return live_server(
                lambda _: [sys.executable, *arguments],
                environment=lambda port: {"PORT": str(port)},
                ready_path="/status",
                seconds=20,
            )
        except ServerError as error:
            state, _, lines = str(error).partition("\n")
            printed = lines[-800:].strip()
            raise AssertionError(f"`python {' '.join(arguments)}`: {state}\n{printed}\n{advice(state)}") from None

    return start


@pytest.fixture
def lighthouse(starts, serve, rng):
    """The server of `python -m lighthouse`, answering."""
    host, port = "127.0.0.1", rng.randint(1024, 65535)
    addresses = []
    with suppress(NotThroughPython):
        addresses = [begun for part in starts(HOST=host, PORT=str(port)) for begun in part]
    # At another address nobody would answer the checks, so there is no need to wait for it.
    for address in addresses[:1]:
        assert f"{address['host']}:{address['port']}" == f"{host}:{port}", told(
            "`python -m lighthouse` would not listen where `HOST` and `PORT` say. Where does `main()` take them from?"
        )
    return serve(
        *("-m", "lighthouse"),
        advice=lambda state: told(
            (
                "exit code 0" in state,
                "The command ran `lighthouse/__main__.py` from top to bottom, and was done. Does the file call `main()`, too?",
            ),
        ),
    )


def printed_by(server):
    """Return the last lines that a server printed, as a sentence."""
    lines = [line[:200] for line in server.output.splitlines()[-9:]]
    return "\n".join(["The last lines that it printed:", *lines]) if lines else "It printed nothing."


def somebody_listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def test_a_fresh_environment_gets_framework_server_and_command():
    """The packages in `[project] dependencies`, with everything they bring along, include `fastapi`, `uvicorn` and `fastapi-cli`."""
    entries = declared()
    wanted = ["fastapi", "fastapi-cli", "uvicorn"]
    got = sorted(brought_by(entries) & set(wanted))
    missing = " and ".join(f"`{name}`" for name in wanted if name not in got)
    assert got == wanted, told(
        (not entries, "`dependencies` in `pyproject.toml` is empty, so nothing at all would be installed."),
        (
            "fastapi" in got,
            f"Installed from your `dependencies`, the project lacks {missing}. FastAPI by itself is a library: "
            "the server and the `fastapi` command come from packages of their own, or with one of its extras.",
        ),
        f"Installed from your `dependencies`, the project lacks {missing}.",
    )


def test_this_fastapi_release_satisfies_the_declared_requirement():
    """An entry of `[project] dependencies` names `fastapi` itself, and the FastAPI installed here satisfies it."""
    entries = [one for one in declared() if canonicalize_name(one.name) == "fastapi"]
    assert len(entries) > 0, "No entry of `dependencies` in `pyproject.toml` names `fastapi`."
    version = metadata.version("fastapi")
    refusing = [str(one) for one in entries if not one.specifier.contains(version, prereleases=True)]
    assert refusing == [], (
        f"FastAPI {version} is installed here, and an entry of your `dependencies` does not allow it."
    )


def test_python_m_starts_a_real_uvicorn(lighthouse, http):
    """Started by `python -m lighthouse`, Uvicorn answers `GET /status` of `keeper` with 200, the lamp lit, and its own header `server: uvicorn`."""
    response = http.get(f"{lighthouse.url}/status")
    assert response.status_code == 200, told(
        (
            response.status_code == 500,
            f"`/status` works only after the lifespan of `keeper` has run. Did the server run it? {printed_by(lighthouse)}",
        ),
        (
            response.status_code == 404,
            "Something answers, and it does not know `/status`. Which app does Uvicorn serve?",
        ),
        printed_by(lighthouse),
    )
    answer = response.json()
    assert (isinstance(answer, dict) and answer.get("lamp")) == "lit"
    assert response.headers.get("server") == "uvicorn", told(
        "Uvicorn names itself in the header `server` of every answer. Here another server answers, or the header was switched off."
    )


def test_the_process_you_start_is_the_one_that_answers(lighthouse, http):
    """The `pid` that `/status` shows is that of the process which `python -m lighthouse` started: no reloader and no child process."""
    response = http.get(f"{lighthouse.url}/status")
    assert response.status_code == 200, printed_by(lighthouse)
    answer = response.json()
    pid = answer.get("pid") if isinstance(answer, dict) else None
    assert pid == lighthouse.process.pid, told(
        (pid is None, "This is not the answer of `keeper`, which tells its `pid`."),
        (
            "reloader process" in lighthouse.output,
            "Uvicorn says that it started a reloader. It runs the app in another process than the one that was started, so "
            "a signal to your process does not go to the app itself.",
        ),
        "Another process answers than the one that was started. A reloader, a supervisor of workers or a command stands "
        "between the two, and a signal to your process does not go to the app itself.",
    )


def test_host_and_port_come_from_the_environment(starts, rng):
    """`main()` gives Uvicorn the host in `HOST` and the port in `PORT`, a number; where one is not set, `127.0.0.1` or `8000` stands in for it."""
    host = f"127.{rng.randint(1, 250)}.{rng.randint(0, 250)}.{rng.randint(2, 250)}"
    port = rng.randint(1024, 65535)
    for variables in ({}, {"HOST": host, "PORT": str(port)}, {"HOST": host}, {"PORT": str(port)}):
        on_import, by_main = starts(**{"HOST": None, "PORT": None, **variables})
        begun = [*on_import, *by_main]
        assert len(begun) > 0, "`main()` came back without having started Uvicorn by `uvicorn.run` or `uvicorn.Server`."
        setting = " and ".join(f"{name}={value}" for name, value in variables.items()) or "neither HOST nor PORT"
        assert begun[-1] == exactly(
            {"host": variables.get("HOST", "127.0.0.1"), "port": int(variables.get("PORT", 8000))}
        ), told(
            (
                isinstance(begun[-1]["port"], str),
                "Uvicorn is given the port as text. What comes out of the environment is always text, and a port is a number.",
            ),
            f"The environment sets {setting}, and Uvicorn is given another address.",
        )


def test_importing_the_module_starts_nothing(starts):
    """Importing `lighthouse.__main__` starts nothing; a call of `main()` then starts Uvicorn exactly once."""
    on_import, by_main = starts(HOST=None, PORT=None)
    assert len(on_import) == 0, told(
        "The import alone started Uvicorn. What only `python -m lighthouse` should do depends on `__name__`."
    )
    assert len(by_main) == 1, told(
        (not by_main, "`main()` came back without having started Uvicorn by `uvicorn.run` or `uvicorn.Server`."),
        "A single call of `main()` started Uvicorn more than once.",
    )


def test_fastapi_run_finds_the_app_by_itself(serve, http):
    """`fastapi run`, in the kata's folder and without further arguments, finds `keeper` and serves it at the port in `PORT`."""
    server = serve(
        *("-m", "fastapi", "run"),
        advice=lambda _: (
            "`fastapi run` asks for `entrypoint` in the table `[tool.fastapi]` of `pyproject.toml`. "
            "Without it, it tries a few file names such as `main.py`."
        ),
    )
    response = http.get(f"{server.url}/status")
    assert response.status_code == 200, told(
        (
            response.status_code == 404,
            f"`fastapi run` serves an app that does not know `/status`. {printed_by(server)}",
        ),
        printed_by(server),
    )
    answer = response.json()
    assert (isinstance(answer, dict) and answer.get("lamp")) == "lit"


def test_sigterm_puts_the_lamp_out(lighthouse, http):
    """On SIGTERM the process ends within ten seconds, nobody answers at its port any more, and the lifespan of `keeper` has printed `lamp out`."""
    assert http.get(f"{lighthouse.url}/status").status_code == 200, printed_by(lighthouse)
    lighthouse.signal()
    try:
        lighthouse.process.wait(GONE_SECONDS)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{GONE_SECONDS} seconds after SIGTERM the process is still there.") from None
    assert not somebody_listens(lighthouse.port), told(
        "The process has gone, and a child of it still serves. The signal went to the process that you start, and the app "
        "never saw it."
    )
    lighthouse.stop()
    if not HAS_SIGTERM:
        return
    lamp = [line for line in lighthouse.output.splitlines() if line in ("lamp lit", "lamp out")]
    assert lamp.count("lamp lit") > 0, f"The lamp was never lit. {printed_by(lighthouse)}"
    assert lamp.count("lamp out") == lamp.count("lamp lit"), (
        f"The lamp burns on: the lifespan did not come to its end. {printed_by(lighthouse)}"
    )
