"""The command lines of the benchmark."""

import sys


def command(server: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command by which this server serves `app:app`."""
    match server:
        case "uvicorn":
            address = ["--host", "127.0.0.1", "--port", str(port)]
        case "hypercorn":
            address = ["--bind", f"127.0.0.1:{port}"]
        case "gunicorn":
            # gunicorn serves WSGI apps unless it is told otherwise.
            address = ["--worker-class", "asgi", "--bind", f"127.0.0.1:{port}"]
        case _:
            msg = f"no such server: {server!r}"
            raise ValueError(msg)
    return [sys.executable, "-m", server, *address, "--workers", str(workers), "app:app"]


def http2_command(port: int) -> list[str]:
    """Return the command of a server that speaks HTTP/2 over plain TCP."""
    return command("hypercorn", port)
