"""Reading TOML files of a pack: every problem is noted, and each names the file, the key and the remedy."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a pack: where, what, and what to do."""

    file: Path
    key: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else str(self.file)
        return f"{place}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")


class Reader:
    """Takes values out of a TOML table and notes every problem instead of stopping at the first."""

    def __init__(self, file: Path, table: dict[str, Any], problems: list[Problem], prefix: str = "") -> None:
        self.file = file
        self.table = table
        self.problems = problems
        self.prefix = prefix

    def problem(self, key: str, what: str, remedy: str = "") -> None:
        """Note something that is wrong with a key."""
        self.problems.append(Problem(self.file, f"{self.prefix}{key}", what, remedy))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it has to be there and say something."""
        value = self.table.get(key, default)
        if isinstance(value, str) and (value.strip() or default == ""):
            return value.strip()
        what = "is missing" if key not in self.table else f"must be a text that is not empty, not {value!r}"
        self.problem(key, what, f'add {key} = "…"')
        return ""

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return a text that is one of the choices."""
        value = self.text(key, default)
        if value and value not in choices:
            self.problem(key, f"{value!r} is not known", f"one of: {', '.join(choices)}")
        return value

    def texts(self, key: str, *, required: bool) -> tuple[str, ...]:
        """Return a list of texts; a required one is not empty."""
        value = self.table.get(key, None if required else [])
        if isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value) and (value or not required):
            return tuple(v.strip() for v in value)
        what = "is missing" if key not in self.table else "must be a list of texts, none of them empty"
        self.problem(key, what, f'add {key} = ["…"]')
        return ()

    def number(self, key: str, default: float) -> float:
        """Return a number of seconds above 0."""
        value = self.table.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        self.problem(key, f"must be a number of seconds above 0, not {value!r}")
        return default

    def tables(self, key: str) -> list[dict[str, Any]]:
        """Return a list of tables."""
        value = self.table.get(key)
        if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            return value
        self.problem(key, "is missing or not a list of tables", f"add [[{key}]]")
        return []

    def refuse_unknown(self, known: set[str]) -> None:
        """Note every key that this table does not have."""
        for key in sorted(self.table.keys() - known):
            self.problem(key, "is not a key of this file", f"known: {', '.join(sorted(known))}")


def read_toml(file: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Read a TOML file; on failure note the problem and return None."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(file, "", "is missing", "every kata has one"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, "", f"cannot be read: {error}"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "", f"is not valid TOML: {error}"))
    return None
