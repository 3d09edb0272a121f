"""The command ``fastapi-kata``."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the console script calls this."""
    from pytest_fastapi_kata.cli.app import run  # importing the package costs nothing

    run()
