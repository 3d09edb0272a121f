"""The library's catalogue. Given, finished, not to be changed."""

from collections.abc import Mapping
from types import MappingProxyType

loads = 0


def load_catalogue() -> Mapping[str, str]:
    """The kind of each title. It takes a minute (here it only counts how often you ask)."""
    global loads  # noqa: PLW0603
    loads += 1
    books = {f"book {number}": "book" for number in range(200)}
    films = {f"film {number}": "film" for number in range(200)}
    return MappingProxyType(books | films)
