"""``fastapi-kata play``: the learner's app on a real server, to look at and to ask."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pytest_fastapi_kata.cli.context import Context, open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import Line, harmless, line

PORT = 8000
HOST = "127.0.0.1"


def play(
    kata: Name = None,
    port: Annotated[int | None, typer.Option(help=f"The port; without it {PORT}, or a free one.")] = None,
    reload: Annotated[bool, typer.Option(help="Load the app again at each save.")] = True,
) -> None:
    """Serve your app, to look at its /docs and to send it requests; it is loaded again at each save.

    Example: fastapi-kata play q011
    """
    context = open_context()
    found = context.kata(kata)
    if found.app == "none":
        msg = f"{found.id} has no app.py to serve: starting it is a part of the task"
        raise KataError(msg, f"`fastapi-kata show {found.id}` says how.")
    chosen = _port(port)
    echo(_words(context, found, f"http://{HOST}:{chosen}", reload=reload))
    sys.stdout.flush()
    raise typer.Exit(_serve(context.workspace.folder(found), found, chosen, reload=reload))


def _port(wanted: int | None) -> int:
    if wanted is None:
        return PORT if _is_free(PORT) else _any_port()
    if not 0 < wanted < 65536:  # noqa: PLR2004 - what a port can be
        msg = f"{wanted} is no port"
        raise KataError(msg, "Give a number between 1 and 65535.")
    if not _is_free(wanted):
        msg = f"port {wanted} cannot be had: something else listens there, or it is reserved"
        raise KataError(msg, "Choose another one, or leave --port away to be given a free one.")
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As the server does it: a port that was left a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _words(context: Context, kata: Kata, server: str, *, reload: bool) -> Iterator[Line]:
    yield line((f"{kata.id} · {harmless(kata.title)}", "strong"))
    docs = f"{server}/docs" if kata.app == "fastapi" else server
    yield line("  look at it        ", (docs, "code"))
    last = context.cache.last(kata)
    failed = next((one.explanation for one in (last.failed if last else ()) if _has_request(one.explanation)), None)
    if failed is not None:
        yield line("  what failed last  ", (harmless(failed.exchanges[-1].curl_to(server)), "code"))
    yield line("  to end it         ", ("Ctrl+C", "code"), "; your saves are loaded at once" if reload else "")
    yield line()


def _has_request(explanation: object) -> bool:
    return bool(getattr(explanation, "exchanges", ()))


def _serve(folder: Path, kata: Kata, port: int, *, reload: bool) -> int:
    command = [sys.executable, "-P", "-m", "uvicorn", f"{kata.entry.removesuffix('.py')}:app"]
    command += ["--app-dir", str(folder), "--host", HOST, "--port", str(port)]
    command += ["--reload", "--reload-dir", str(folder)] if reload else []
    signal.signal(signal.SIGTERM, _end)
    process = subprocess.Popen(command, cwd=folder)
    interrupted = False
    try:
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                # The server got the same key, and ends in its own way.
                interrupted = True
            else:
                return 0 if interrupted else int(code != 0)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _end(*_: object) -> NoReturn:
    sys.exit(0)
