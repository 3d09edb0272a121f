"""Real server processes: they come up, they say what is wrong, and they always go away."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_fastapi_kata import liveserver
from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.liveserver import LiveServer, free_port, telling_lines

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of process groups are POSIX")

SERVER = """
import os, signal, socket, sys

%s
print("starting")
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    path = connection.recv(9999).split()[1].decode()
    body = os.environ.get("COLOUR", os.getcwd())
    status = "404 Not Found" if path == "/ready" else "200 OK"
    # Said before the answer is: whoever has it may end this server at once.
    print("asked for", path)
    connection.sendall(f"HTTP/1.1 {status}\\r\\nConnection: close\\r\\n\\r\\n{body}".encode())
    connection.close()
"""
Serve = Callable[..., LiveServer]


def command(first: str = "") -> Callable[[int], list[str]]:
    """Return the command of a small server that does this first."""
    return lambda port: [sys.executable, "-u", "-I", "-S", "-c", SERVER % first, str(port)]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve("statement", COLOUR="red")`` makes a server that is not started yet, and ends it with the test."""
    servers: list[LiveServer] = []

    def make(first: str = "", **environment: str) -> LiveServer:
        servers.append(LiveServer(command(first), tmp_path, lambda port: environment))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


def get(server: LiveServer, path: str = "/") -> str:
    """Ask the server for something."""
    with urllib.request.urlopen(f"{server.url}{path}") as answer:
        text: str = answer.read().decode()
        return text


def test_a_free_port_is_free() -> None:
    """It can be listened on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))


def test_a_server_from_start_to_stop(serve: Serve, tmp_path: Path) -> None:
    """Any status is an answer; it runs in its folder, and its output is kept."""
    server = serve()
    with server as entered:
        assert server is entered
        server.start("/ready")
        assert f"http://127.0.0.1:{server.port}" == server.url
        assert os.path.realpath(tmp_path) == os.path.realpath(get(server))
        assert server.process.poll() is None
    assert ["starting", "asked for /ready", "asked for /"] == server.output.splitlines()
    assert -signal.SIGTERM == server.process.returncode


def test_the_environment_is_added(serve: Serve) -> None:
    """To that of the machine; the interpreter's own commands are found first."""
    server = serve("print(os.environ['PATH'])", COLOUR="red")
    server.start()
    assert "red" == get(server)
    assert str(Path(sys.executable).parent) == server.output.splitlines()[0].split(os.pathsep)[0]


def test_the_environment_may_follow_the_port(tmp_path: Path) -> None:
    """It is made for the port that was chosen."""
    with LiveServer(command(), tmp_path, lambda port: {"COLOUR": f"blue {port}"}) as server:
        server.start()
        assert f"blue {server.port}" == get(server)


def test_a_server_that_was_not_started() -> None:
    """It has no process, and nothing to stop."""
    server = LiveServer(command(), Path())
    server.stop()
    with pytest.raises(ServerError, match="the server has not been started"):
        server.signal()


def test_a_server_that_ends_at_once(serve: Serve) -> None:
    """Its exit code and its last lines say why."""
    server = serve("sys.exit('no lück')")
    with pytest.raises(ServerError) as error:
        server.start()
    assert "the server ended with exit code 1; its last lines:\nno lück" == str(error.value)


def test_a_server_that_ends_in_silence(serve: Serve) -> None:
    """It is said that there are no last lines."""
    with pytest.raises(ServerError, match=r"exit code 0; its last lines:\n\(none\)"):
        serve("sys.exit()").start()


def test_a_server_that_never_answers(serve: Serve) -> None:
    """It is stopped when its time is up."""
    server = serve("signal.pause()")
    with pytest.raises(ServerError, match="the server did not answer over HTTP in time"):
        server.start(seconds=0.1)
    assert server.process.poll() is not None


def test_another_port_is_tried_when_the_first_was_taken(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have been quicker, between the choice and the use of it."""
    taken, free = two_ports(monkeypatch)
    server = serve(f"if int(sys.argv[1]) == {taken}:\n    sys.exit('OSError: Address already in use')")
    server.start()
    assert free == server.port
    assert get(server)


def two_ports(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the two ports that will be tried, one after the other."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in (one, other)]
    coming = iter(ports)
    monkeypatch.setattr(liveserver, "free_port", lambda: next(coming))
    return ports


def test_the_words_about_a_taken_port_may_arrive_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process may have ended before its last words were read."""
    stopped = threading.Event()

    class SlowReader(LiveServer):
        def _collect(self, process):
            stopped.wait(10)
            super()._collect(process)

        def stop(self):
            stopped.set()
            super().stop()

    taken, free = two_ports(monkeypatch)
    first = f"if int(sys.argv[1]) == {taken}:\n    sys.exit('address already in use')"
    with SlowReader(command(first), tmp_path) as server:
        server.start()
    assert free == server.port


def test_a_port_that_is_taken_twice_is_an_error(serve: Serve) -> None:
    """Then it is the server that is wrong."""
    with pytest.raises(ServerError, match="address already in use"):
        serve("sys.exit('address already in use')").start()


def test_a_server_that_does_not_want_to_go(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed, and so are its children."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    child = f"import signal; end = open({str(fifo)!r}, 'w'); print('up', flush=True); signal.pause()"
    server = serve(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "import subprocess\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()"
    )
    server.start()
    wait, patience = server.process.wait, iter([0.01])
    monkeypatch.setattr(server.process, "wait", lambda seconds: wait(next(patience, seconds)))
    server.stop()
    assert -signal.SIGKILL == server.process.returncode
    # The pipe ends when the last process that holds it has ended, and that is the child.
    assert [reader] == select.select([reader], [], [], 10)[0]
    assert b"" == os.read(reader, 1)
    os.close(reader)


def test_a_signal_reaches_the_server(serve: Serve) -> None:
    """A check may end it in its own way."""
    server = serve("signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))")
    server.start()
    server.signal(signal.SIGUSR1)
    assert 7 == server.wait(10)


def test_a_server_that_ends_by_itself(serve: Serve) -> None:
    """Its exit code and all that it said are known then."""
    server = serve("signal.signal(signal.SIGUSR1, lambda *_: sys.exit('good bye'))")
    server.start()
    server.signal(signal.SIGUSR1)
    assert (1, "good bye") == (server.wait(10), server.output.splitlines()[-1])


def test_a_server_that_was_to_end(serve: Serve) -> None:
    """It is said that it did not, with its last lines."""
    server = serve()
    server.start()
    with pytest.raises(ServerError) as error:
        server.wait(0.01)
    assert str(error.value).startswith("the server was to end and still runs; its last lines:\nstarting")


def test_a_machine_without_process_groups(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the process itself is ended."""
    server = serve()
    server.start()
    monkeypatch.delattr(os, "killpg")
    server.stop()
    assert -signal.SIGTERM == server.process.returncode


def test_only_the_last_lines_are_kept(serve: Serve) -> None:
    """A server that talks for ever does not fill the memory; bytes that are no text are no reason to fail."""
    server = serve("[print(n) for n in range(300)]\nos.write(1, b'\\xff\\n')")
    server.start()
    server.stop()
    lines = server.output.splitlines()
    assert 200 == len(lines)
    assert {"299", "\ufffd"} <= set(lines)
    assert "99" not in lines


def test_of_a_servers_output_the_error_is_told() -> None:
    """Without times, process ids and what follows from it; without an error, the last lines are told."""
    said = (
        "[2026-11-24 19:46:42 +0000] [7783] [INFO] Booting worker with pid: 7783\n"
        "Traceback (most recent call last):\n"
        "ModuleNotFoundError: No module named 'nothing'\n"
        "[2026-11-24 19:46:42 +0000] [7783] [ERROR] Exception in worker process\n"
        "gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>\n"
    )
    assert "ModuleNotFoundError: No module named 'nothing'" == telling_lines(said)
    request = '127.0.0.1 - - [24/Nov/2026:19:46:42 +0000] "GET / HTTP/1.1" 500\n'
    assert 'started\n127.0.0.1 - - "GET / HTTP/1.1" 500' == telling_lines(f"started [7783]\n\n{request}").replace(
        " \n", "\n"
    )
