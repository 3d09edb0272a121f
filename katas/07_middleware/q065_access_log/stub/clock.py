import time


def now() -> float:
    """Seconds, only differences count."""
    return time.perf_counter()
