from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Sighting:
    species: str
    count: int
    day: date
    observer: str


sightings: list[Sighting] = [
    Sighting("heron", 2, date(2026, 3, 1), "Aoife"),
    Sighting("wren", 1, date(2026, 3, 2), "Bram"),
    Sighting("heron", 5, date(2026, 3, 9), "Bram"),
]


def observers() -> list[str]:
    return sorted({sighting.observer for sighting in sightings})
