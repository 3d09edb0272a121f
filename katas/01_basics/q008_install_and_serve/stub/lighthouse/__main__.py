"""Starts the lighthouse: `python -m lighthouse` runs this file. README.md tells how it should start."""


def main() -> None:
    raise NotImplementedError("main() is still to be written")
