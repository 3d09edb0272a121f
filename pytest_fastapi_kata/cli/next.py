"""``fastapi-kata next``: which kata to open now."""

from __future__ import annotations

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.reports.overview import next_step


def next_one() -> None:
    """Say which kata to open now, and where it lies.

    Example: fastapi-kata next
    """
    echo(next_step(open_context().standings(), width()))
