"""What a failed check tells the learner, as data; renderers live in ``reports``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_fastapi_kata.exchange import Exchange

Kind = Literal["assertion", "error", "import", "timeout", "died", "missing"]


@dataclass(frozen=True)
class Frame:
    """A line of the learner's own code: ``file`` relative to the kata's folder, ``line`` from 1."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True)
class Explanation:
    """Why a check failed.

    ``kind`` tells what ended it: an unmet requirement (``assertion``), an
    exception (``error``), an app that cannot be imported (``import``), the
    time limit (``timeout``), the end of the process (``died``), or that the
    check reported nothing (``missing``). ``message`` says it in words;
    ``expected`` and ``got`` are texts, ``diff`` their comparison line by line;
    ``error`` and ``frames`` speak of the learner's code alone.
    """

    requirement: str
    kind: Kind
    message: str = ""
    expected: str = ""
    got: str = ""
    diff: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    earlier: tuple[str, ...] = ()
    error: str = ""
    frames: tuple[Frame, ...] = ()
    printed: str = ""
    seed: int = 0

    @property
    def headline(self) -> str:
        """One line: what went wrong, in short."""
        if self.kind == "assertion" and not self.message and self.diff:
            return " / ".join(one.strip() for one in self.diff if one.startswith(("-", "+")))[:120]
        if self.kind == "assertion" and not self.message and (self.expected or self.got):
            return f"expected {_first_line(self.expected)}, got {_first_line(self.got)}"
        if self.kind == "import" and self.error:
            return _first_line(self.error)
        return _first_line(self.message or self.error or self.requirement)

    def with_requirement(self, requirement: str) -> Explanation:
        """Return a copy that speaks of another requirement."""
        return replace(self, requirement=requirement)

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        return {
            "requirement": self.requirement,
            "kind": self.kind,
            "message": self.message,
            "expected": self.expected,
            "got": self.got,
            "diff": list(self.diff),
            "exchanges": [exchange.to_json() for exchange in self.exchanges],
            "earlier": list(self.earlier),
            "error": self.error,
            "frames": [vars(frame) for frame in self.frames],
            "printed": self.printed,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Explanation:
        """Rebuild an explanation from ``to_json``."""
        return cls(
            requirement=data["requirement"],
            kind=data["kind"],
            message=data["message"],
            expected=data["expected"],
            got=data["got"],
            diff=tuple(data["diff"]),
            exchanges=tuple(Exchange.from_json(one) for one in data["exchanges"]),
            earlier=tuple(data["earlier"]),
            error=data["error"],
            frames=tuple(Frame(**one) for one in data["frames"]),
            printed=data["printed"],
            seed=data["seed"],
        )


def _first_line(text: str, limit: int = 120) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
