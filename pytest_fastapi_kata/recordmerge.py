"""Merges the records of two machines: what was solved, tried or looked at on either of them counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(?: .*)?$")
_REVIEWED = "reviewed_at"


def merge_records(ours: Mapping[str, Any], theirs: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return one record made of two.

    Nothing is dropped: a kata is solved if it is on either side, since the earlier of two times; attempts that both
    sides have added to ``base`` are counted together. Of other values the one that has changed is taken, and the
    greater one if both have. The three have the form of ``.kata/progress.json``; ``base`` may be empty.
    """
    merged = _values(ours, theirs, base) | {"katas": {}}
    mine, other, before = (_katas(record) for record in (ours, theirs, base))
    for name in sorted(mine.keys() | other.keys()):
        merged["katas"][name] = _entry(mine.get(name, {}), other.get(name, {}), before.get(name, {}))
    return merged


def _katas(record: Mapping[str, Any]) -> dict[str, Any]:
    katas = record.get("katas")
    return {name: entry for name, entry in katas.items() if isinstance(entry, dict)} if isinstance(katas, dict) else {}


def _entry(ours: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    if _REVIEWED in ours or _REVIEWED in theirs:
        # A card's values belong together, and those of the last review hold.
        return max(ours, theirs, key=lambda entry: str(entry.get(_REVIEWED, "")))
    merged = _values(ours, theirs, base)
    if "attempts" in merged:
        merged["attempts"] = _added_up(*(_number(entry.get("attempts")) for entry in (ours, theirs, base)))
    if "solved_at" in ours and "solved_at" in theirs:
        merged["solved_at"] = min(ours["solved_at"], theirs["solved_at"], key=str)
        # These two belong together: the checks are those of that kit.
        newer = max(ours, theirs, key=lambda entry: _version(entry.get("solved_with")))
        merged |= {key: newer[key] for key in ("solved_with", "checks") if key in newer}
    return merged


def _values(ours: Mapping[str, Any], theirs: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, ours, theirs, base) for key in sorted(ours.keys() | theirs.keys()) if key != "katas"}


def _value(key: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], base: Mapping[str, Any]) -> Any:
    if key not in ours or key not in theirs:
        return ours[key] if key in ours else theirs[key]
    mine, other, before = ours[key], theirs[key], base.get(key)
    if other in (mine, before):
        return mine
    if mine == before:
        return other
    return max(mine, other) if type(mine) is type(other) and isinstance(mine, int | str) else mine


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _added_up(ours: int, theirs: int, base: int) -> int:
    return max(ours, theirs, ours + theirs - base) if base else max(ours, theirs)


def _version(text: object) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", str(text))))


def mended(text: str) -> dict[str, Any] | None:
    """Return the record in which git has left conflict markers, with both sides merged; None if it is another fault."""
    sides = _sides(text)
    if sides is None:
        return None
    try:
        ours, theirs, base = (json.loads(side) if side else {} for side in sides)
    except ValueError:
        return None
    if not all(isinstance(record, dict) for record in (ours, theirs, base)):
        return None
    return merge_records(ours, theirs, base)


def _sides(text: str) -> tuple[str, str, str] | None:
    """Return the whole text as it was on our side, on theirs, and before (empty if git did not write that down)."""
    ours: list[str] = []
    theirs: list[str] = []
    base: list[str] = []
    places = {"<" * 7: (ours,), "|" * 7: (base,), "=" * 7: (theirs,), ">" * 7: (ours, theirs, base)}
    now, conflicts, bases = places[">" * 7], 0, 0
    for one in text.splitlines():
        marker = _MARKER.match(one)
        if marker is None:
            for side in now:
                side.append(one)
            continue
        now = places[marker[1]]
        conflicts += marker[1] == "<" * 7
        bases += marker[1] == "|" * 7
    if not conflicts:
        return None
    return "\n".join(ours), "\n".join(theirs), "\n".join(base) if bases == conflicts else ""
