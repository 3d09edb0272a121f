"""The command lines of the benchmark."""

import shlex

LINES = {
    "uvicorn": "uvicorn --no-access-log --no-server-header --port {port} --workers {workers} app:app",
    "hypercorn": "hypercorn --workers {workers} --worker-class asyncio --bind 127.0.0.1:{port} app:app",
    "gunicorn": "gunicorn app:app -w {workers} -b 127.0.0.1:{port} -k asgi --log-level warning --no-control-socket",
}


def command(server: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command by which this server serves `app:app`."""
    try:
        line = LINES[server]
    except KeyError:
        raise ValueError(server) from None
    return shlex.split(line.format(port=port, workers=workers))


def http2_command(port: int) -> list[str]:
    """Return the command of a server that speaks HTTP/2 over plain TCP."""
    return shlex.split(LINES["hypercorn"].format(port=port, workers=1))
