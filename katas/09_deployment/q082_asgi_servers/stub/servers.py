"""The command lines of the benchmark."""


def command(server: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command by which this server serves `app:app`."""
    raise NotImplementedError


def http2_command(port: int) -> list[str]:
    """Return the command of a server that speaks HTTP/2 over plain TCP."""
    raise NotImplementedError
