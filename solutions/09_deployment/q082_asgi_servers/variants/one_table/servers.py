"""The command lines of the benchmark."""

import sys
from collections.abc import Callable

# Each entry makes the arguments behind `python -m`. One process is what every server starts by itself.
SERVERS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn": lambda port: ["uvicorn", "--host", "127.0.0.1", "--port", f"{port}"],
    "hypercorn": lambda port: ["hypercorn", "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "5"],
    "gunicorn": lambda port: [
        "gunicorn.app.wsgiapp",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "uvicorn_worker.UvicornH11Worker",
    ],
}


def command(server: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command by which this server serves `app:app`."""
    if server not in SERVERS:
        raise ValueError(f"{server!r} is none of {', '.join(SERVERS)}")
    many = ["--workers", str(workers)] if workers > 1 else []
    return [sys.executable, "-m", *SERVERS[server](port), *many, "app:app"]


def http2_command(port: int) -> list[str]:
    """Return the command of a server that speaks HTTP/2 over plain TCP."""
    return [sys.executable, "-m", *SERVERS["hypercorn"](port), "app:app"]
