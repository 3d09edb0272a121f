"""The photo lab's machine. Given; tests replace it."""

import time


class LabBusy(Exception):
    """The machine is full; try again later."""


class BadNegative(Exception):
    """This negative can never be printed."""


def develop(job_id: str, negative: str, copies: int) -> str:
    """Print it; where the prints lie. Slow, and every call costs paper."""
    time.sleep(2)
    return f"tray/{job_id}"
