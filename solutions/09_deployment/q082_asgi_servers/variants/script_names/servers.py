"""The command lines of the benchmark."""

HOST = "127.0.0.1"


def command(server: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command by which this server serves `app:app`."""
    if server == "uvicorn":
        return ["uvicorn", "app:app", f"--host={HOST}", f"--port={port}", f"--workers={workers}"]
    if server == "hypercorn":
        return ["hypercorn", "-b", f"{HOST}:{port}", "-w", str(workers), "app:app"]
    if server == "gunicorn":
        worker = "uvicorn_worker.UvicornWorker"
        return ["gunicorn", "-k", worker, "-b", f"{HOST}:{port}", "-w", str(workers), "app:app"]
    raise ValueError(server)


def http2_command(port: int) -> list[str]:
    """Return the command of a server that speaks HTTP/2 over plain TCP."""
    return ["hypercorn", "-b", f"{HOST}:{port}", "app:app"]
