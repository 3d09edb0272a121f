"""What the author of a check imports: words for refusals, symptoms, and exact JSON.

A check is a plain function with plain asserts, ``assert got == expected``: the
left side is what came, the right side what the contract wants.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self

from pytest_fastapi_kata.comparison import Exactly, Words

__all__ = ["Words", "exactly", "headers_of", "picked", "quoted", "refusal", "refused_at", "told", "value_at"]


class _Response(Protocol):
    @property
    def status_code(self) -> int: ...
    def json(self) -> Any: ...


def exactly(value: Any) -> Exactly:
    """Return something that equals only this JSON value, types included (``1`` is not ``1.0`` nor ``True``)."""
    return Exactly(value)


def told(*symptoms: tuple[bool, str] | str) -> str:
    """Return what the learner is told: the first text whose symptom is there.

    A bare text, given last, stands for every other symptom. Without one the
    comparison has to speak for itself, and an empty text is returned::

        assert response.status_code == 200, told(
            (response.status_code == 307, "Starlette redirected to the other spelling."),
        )
    """
    for symptom in symptoms:
        if isinstance(symptom, str):
            return symptom
        present, text = symptom
        if present:
            return text
    return ""


def refused_at(*places: str) -> str:
    """Return how a 422 in FastAPI's own form reads that names exactly these places.

    A place is its ``loc`` joined by dots, such as ``"query.limit"`` or
    ``"body.items.0.price"``.
    """
    return Words(f"422 at {', '.join(sorted(set(places)))}")


def refusal(response: _Response) -> str:
    """Return how a response refuses, in the words of ``refused_at``; else its status.

    ``assert refusal(response) == refused_at("path.number")`` compares the set
    of all ``loc`` of FastAPI's own 422; types, messages and order are free.
    """
    if response.status_code != 422:  # noqa: PLR2004
        return Words(response.status_code)
    try:
        detail = response.json()["detail"]
        places = {".".join(map(str, fault["loc"])) for fault in detail}
    except (AssertionError, ValueError, KeyError, TypeError):
        return Words("422, but not in FastAPI's own form")
    return refused_at(*places)


def picked(response: _Response, *keys: str) -> Any:
    """Return these keys of a JSON object that was answered, with a note for one that is not there.

    An answer that is no object is returned as it is, so that comparing it
    with an object shows what came instead.
    """
    answer = response.json()
    return {key: answer.get(key, "(left out)") for key in keys} if isinstance(answer, dict) else answer


def value_at(answer: Any, key: str) -> Any:
    """Return a key of a JSON answer, or None if the answer is no object or lacks the key."""
    return answer.get(key) if isinstance(answer, dict) else None


def quoted(names: Iterable[str]) -> str:
    """Return names as a message lists them: in backquotes, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)


def headers_of(response: Any, names: Iterable[str]) -> dict[str, str | None]:
    """Return the named headers of a response, None for one that is not there."""
    return {name: response.headers.get(name) for name in names}


def challenge(response: Any) -> str | None:
    """Return what a refusal asks for: ``Bearer``, in any case and whatever follows it; else the header as it is."""
    value: str | None = response.headers.get("www-authenticate")
    words = (value or "").replace(",", " ").split()
    return "Bearer" if words and words[0].lower() == "bearer" else value


class WatchedText(str):
    """A stored secret that notes with what it was ``compared``, and whether it was ``hashed`` (the key of a dict)."""

    __slots__ = ("compared", "hashed")

    compared: list[object]
    hashed: bool

    def __new__(cls, text: str) -> Self:
        """Return the text, not yet compared."""
        watched = super().__new__(cls, text)
        watched.compared = []
        watched.hashed = False
        return watched

    def __eq__(self, other: object) -> bool:
        self.compared.append(other)
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        self.compared.append(other)
        return str.__ne__(self, other)

    def __hash__(self) -> int:
        self.hashed = True
        return str.__hash__(self)
