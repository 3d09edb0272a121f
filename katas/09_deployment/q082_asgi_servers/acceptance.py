"""Checks of q082: the same app under three servers."""

import ast
import os
import signal
import socket
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from starlette.testclient import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from pytest_fastapi_kata.checks import exactly, told, value_at
from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.liveserver import telling_lines

SERVERS = ("uvicorn", "hypercorn", "gunicorn")
WAIT_SECONDS = 8
READY_SECONDS = 15
GONE_SECONDS = 15
PROBE = "/probe"

each_server = pytest.mark.parametrize("name", SERVERS)


def made(function, *arguments, **options):
    """Call one of the learner's functions and return its command, which has to be a list of strings."""
    shown = f"{function.__name__}({', '.join([*map(repr, arguments), *(f'{k}={v!r}' for k, v in options.items())])})"
    try:
        command = function(*arguments, **options)
    except NotImplementedError:
        raise AssertionError(f"`{shown}` still raises NotImplementedError.") from None
    kind = type(command).__name__
    assert kind == "list", f"`{shown}` has to return a list: the program, then each argument as an element of its own."
    others = [part for part in command if not isinstance(part, str)]
    assert others == [], f"`{shown}`: every element has to be a string, because a process can be given nothing else."
    assert len(command) > 0, f"`{shown}` returns an empty list."
    return command


def program_of(command):
    """Return the program that a command starts: its console script, or the module behind `python -m`."""
    first = Path(command[0]).name.removesuffix(".exe")
    if command[0] != sys.executable and not first.startswith("python"):
        return first
    arguments = command[1:]
    if "-m" not in arguments[:-1]:
        return first
    return arguments[arguments.index("-m") + 1].partition(".")[0]


def same_code(one, other):
    """Say whether two files hold the same code, however it is laid out."""
    try:
        return ast.dump(ast.parse(one.read_text("utf-8"))) == ast.dump(ast.parse(other.read_text("utf-8")))
    except (OSError, ValueError, SyntaxError):
        return False


class Served:
    """The app behind a server that answers, and the files that its lifespan writes."""

    def __init__(self, server, boot, shown):
        self.server = server
        self.boot = boot
        self.shown = shown

    @property
    def lines(self):
        """What the server said, as a sentence."""
        said = telling_lines(self.server.output)
        return f"It says:\n{said}" if said else "It printed nothing."

    def pids(self, kind):
        return sorted(int(file.stem) for file in self.boot.glob(f"*.{kind}"))

    def asks(self, http):
        """Ask the app over a new connection; return the pid of the worker that answered."""
        try:
            response = http.get(self.server.url + PROBE, headers={"connection": "close"}, timeout=WAIT_SECONDS)
        except httpx.HTTPError as error:
            raise AssertionError(f"`{self.shown}`: no answer ({type(error).__name__}). {self.lines}") from None
        self.answered(response)
        return value_at(response.json(), "pid")

    def answered(self, response):
        """Check that the app itself answered the probe."""
        assert response.status_code == 200, told(
            (
                response.status_code == 500,
                f"`{self.shown}`: the server is there, but it cannot call the app. FastAPI speaks ASGI; which interface "
                f"does this server expect of the app? {self.lines}",
            ),
            f"`{self.shown}`: the server is there, but `app` of `app.py` does not answer. {self.lines}",
        )

    def has_workers_that_answer(self, http, pids):
        """With the worker that answers first stopped, the next request goes to the other one."""
        first = self.asks(http)
        assert first in pids, "The process that answers is none of those that ran the start of the lifespan."
        os.kill(first, signal.SIGSTOP)
        try:
            second = self.asks(http)
        finally:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGCONT)
        self.require(len(pids))
        assert sorted([first, second]) == pids, "Each of the two workers was to answer, and these are those that did."

    def started(self, workers):
        """Wait until so many workers have started the app; return their pids."""
        give_up = time.monotonic() + WAIT_SECONDS
        while len(self.pids("up")) < workers and time.monotonic() < give_up:
            time.sleep(0.02)
        return self.require(workers)

    def require(self, workers):
        pids = self.pids("up")
        assert len(pids) == workers, told(
            (
                not pids,
                f"`{self.shown}`: the app answers, but no process has run the start of its lifespan. {self.lines}",
            ),
            (
                len(pids) < workers,
                f"`{self.shown}`: too few processes have started the app. Which option of this server sets how many, "
                "and does another one overrule it?",
            ),
            f"`{self.shown}`: too many processes have started the app. What does the command say about workers?",
        )
        return pids

    def stays_on_loopback(self):
        """127.0.0.2 is this machine, too: who answers there listens at every address."""
        try:
            socket.create_connection(("127.0.0.2", self.server.port), timeout=2).close()
            elsewhere = "accepts connections"
        except OSError:
            elsewhere = "refuses connections"
        assert elsewhere == "refuses connections", (
            f"`{self.shown}`: the server answers at 127.0.0.2 as well, so it listens at every address of this machine. "
            "It was to listen at 127.0.0.1 only."
        )

    def ends(self, workers, *, all_shut_down=True):
        """Send SIGTERM; the process ends, and each worker (or at least one) has run the lifespan to its end."""
        self.server.signal()
        try:
            self.server.wait(GONE_SECONDS)
        except ServerError:
            raise AssertionError(
                f"{GONE_SECONDS} seconds after SIGTERM the process of `{self.shown}` is still there. {self.lines}"
            ) from None
        pids = self.require(workers)
        down = self.pids("down")
        if down and not all_shut_down:
            return
        assert down == pids, (
            f"`{self.shown}`: after SIGTERM the lifespan did not come to its end in every worker that had begun it. "
            f"{self.lines}"
        )


@pytest.fixture
def serve(live_server, environment, tmp_path):
    """`serve(build, shown)` starts the command that `build(port)` makes, in the kata's folder."""

    def start(build, shown):
        app_is_as_given = same_code(Path("app.py"), Path(__file__).with_name("stub") / "app.py")
        assert app_is_as_given, (
            "`app.py` is no longer what you were given. It is finished; your work is `servers.py`. (`fastapi-kata reset "
            "q082` lays out all files anew, and keeps yours in a backup.)"
        )
        # What these variables say would be added to the command.
        environment(WEB_CONCURRENCY=None, GUNICORN_CMD_ARGS=None, PORT=None)
        boot = tmp_path / "boot"
        boot.mkdir()
        server_command = []

        def noted(port):
            server_command[:] = build(port)
            return list(server_command)

        try:
            server = live_server(noted, environment={"BOOT_DIR": str(boot)}, ready_path=PROBE, seconds=READY_SECONDS)
        except ServerError as error:
            state, _, said = str(error).partition("\n")
            state = f"the server {'ended' if 'exit code' in state else 'does not answer over HTTP'}."
            # Some servers end when they cannot find the app, others try again for ever.
            if not any("app:app" in part for part in server_command):
                state = "the server does not serve the app. Where does the command name it, as `app:app`?"
            raise AssertionError(f"`{shown}`: {state} It says:\n{telling_lines(said)}") from None
        except OSError as error:
            raise AssertionError(
                f"`{shown}`: the program cannot be started ({error.strerror}: {error.filename!r}). The first element of "
                "the list is the program and nothing else."
            ) from None
        return Served(server, boot, shown)

    return start


def echoed(port, text):
    """Return what the app sends back over a WebSocket, or how that failed."""
    try:
        with (
            closing(socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)) as line,
            connect(f"ws://127.0.0.1:{port}/echo", sock=line, open_timeout=WAIT_SECONDS, close_timeout=2) as websocket,
        ):
            websocket.send(text)
            return websocket.recv(timeout=WAIT_SECONDS)
    except (WebSocketException, OSError, EOFError) as error:
        return f"no WebSocket: {type(error).__name__}: {error}"


@each_server
def test_workers_and_port_are_arguments(module, rng, name):
    """The command says what the arguments say: `workers` is 1 unless it is given, another port or another number of workers is another command, and each call makes a list of its own."""
    port, other = rng.sample(range(20000, 60000), 2)
    alone = made(module.command, name, port)
    program = program_of(alone)
    assert program == name, told(
        (
            " " in program,
            "The first element of the list is the program. What follows it on the command line stands in elements of its own.",
        ),
        f"`command({name!r}, …)` starts another program than the server that was asked for.",
    )
    kept = list(alone)
    alone.append("--spoilt")
    again = made(module.command, name, port)
    assert again == kept, told(
        (
            "--spoilt" in again,
            "Somebody added to the list that they got, and the next caller finds it in theirs: both got the same list.",
        ),
        "Two calls with the same arguments give two commands.",
    )
    for_one = made(module.command, name, port, workers=1)
    assert for_one == kept, told(
        f"`command({name!r}, {port})` and the same with `workers=1` are one request, and two commands came."
    )
    makers = {
        "two workers": made(module.command, name, port, workers=2),
        "three workers": made(module.command, name, port, workers=3),
        "another port": made(module.command, name, other),
    }
    seen = {"one worker": kept}
    for what, command in makers.items():
        equals = [before for before, earlier in seen.items() if earlier == command]
        assert equals == [], f"For {what}, the command for {name} is the very same as for {' and '.join(equals)}."
        seen[what] = command


def test_unknown_server_is_refused(module, rng):
    """The names are `uvicorn`, `hypercorn` and `gunicorn`, letter by letter. Any other is a `ValueError`."""
    port = rng.randint(20000, 60000)
    for name in SERVERS:
        made(module.command, name, port)
    for name in (*rng.shuffled(["flask", "wsgiref", rng.word()]), "uvicorn ", rng.choice(SERVERS).title(), ""):
        try:
            came = module.command(name, port)
        except ValueError:
            came = "ValueError"
        except Exception as error:  # whatever it is, the learner sees its name
            came = type(error).__name__
        assert came == "ValueError", told(
            (isinstance(came, str), f"`command({name!r}, …)` raises something else than a ValueError."),
            (came is None, f"`command({name!r}, …)` returns None. A caller who mistyped a name finds out much later."),
            f"`command({name!r}, …)` quietly returns a command for a server that nobody asked for.",
        )


@each_server
def test_server_starts_serves_and_stops(module, serve, http, rng, name):
    """The command for two workers serves `app:app` from two processes, with HTTP and WebSockets, at 127.0.0.1 only. On SIGTERM it ends, and the end of the lifespan runs."""

    def build(port):
        command = made(module.command, name, port, workers=2)
        assert program_of(command) == name, "The command starts another program than the server that was asked for."
        return command

    served = serve(build, f"command({name!r}, …, workers=2)")
    served.asks(http)
    served.has_workers_that_answer(http, served.started(2))
    text = rng.title()
    echo = echoed(served.server.port, text)
    assert echo == text, (
        f"`{served.shown}`: over HTTP the app answers, but it does not echo over the WebSocket. {served.lines}"
    )
    served.stays_on_loopback()
    # As soon as its first worker has ended, hypercorn ends the others, whether they have finished or not.
    served.ends(2, all_shut_down=name != "hypercorn")


def test_http2_client_is_served(module, serve, http, rng):
    """`http2_command` serves `app:app` from one process to a client that speaks nothing but HTTP/2, without TLS and without asking first. Otherwise it is as the other commands: a new list each time, 127.0.0.1 only, SIGTERM ends it."""
    one, two = rng.sample(range(20000, 60000), 2)
    first, second = made(module.http2_command, one), made(module.http2_command, one)
    assert first == second, "Two calls with the same port give two commands."
    is_new = first is not second
    assert is_new, "Two calls return one and the same list; who changes theirs changes the other's."
    is_another = made(module.http2_command, two) != first
    assert is_another, "For another port, `http2_command` returns the very same command."

    served = serve(lambda port: made(module.http2_command, port), "http2_command(…)")
    with type(http)(http.recorder, http1=False, http2=True, timeout=WAIT_SECONDS) as client:
        try:
            response = client.get(served.server.url + PROBE)
        except httpx.TransportError as error:
            raise AssertionError(
                f"The server answers over HTTP/1.1, but a client that only speaks HTTP/2 gets nowhere "
                f"({type(error).__name__}). As it is started here, it does not speak HTTP/2 over plain TCP."
            ) from None
        served.answered(response)
        versions = {"response": response.http_version, "scope": value_at(response.json(), "http_version")}
    assert versions == exactly({"response": "HTTP/2", "scope": "2"})
    served.started(1)
    served.stays_on_loopback()
    served.ends(1)
