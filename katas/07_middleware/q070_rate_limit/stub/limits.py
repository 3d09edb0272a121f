"""Who may ask how often. Given: it stays as it is."""

import time

WINDOW = 60  # seconds
ANONYMOUS = 5  # requests in a window, per address
keys: dict[str, int] = {"harbour-master": 100}  # API key: requests in a window
trusted_proxies: set[str] = {"10.0.0.1"}  # addresses of our own proxies


def now() -> float:
    return time.time()  # shared by all workers
