from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Buoy:
    code: str
    name: str


@dataclass(frozen=True)
class Reading:
    celsius: float
    metres_per_second: float
    wave_metres: float


class Offline(Exception):
    """The buoy does not answer."""


# (quantity, units): (unit, how to get the value out of a reading)
SCALES: dict[tuple[str, str], tuple[str, Callable[[Reading], float]]] = {
    ("water", "metric"): ("°C", lambda r: r.celsius),
    ("water", "imperial"): ("°F", lambda r: r.celsius * 9 / 5 + 32),
    ("wind", "metric"): ("m/s", lambda r: r.metres_per_second),
    ("wind", "imperial"): ("mph", lambda r: r.metres_per_second * 2.236936),
    ("waves", "metric"): ("m", lambda r: r.wave_metres),
    ("waves", "imperial"): ("ft", lambda r: r.wave_metres * 3.28084),
}

_chart: dict[str, Buoy] = {"M3": Buoy("M3", "West of Mizen Head")}


def _radio(buoy: Buoy) -> Reading:
    return Reading(celsius=11.4, metres_per_second=9.0, wave_metres=3.1)


def find(code: str) -> Buoy | None:
    return _chart.get(code)


def poll(buoy: Buoy) -> Reading:
    """Ask the buoy by satellite. Every call is billed. Raises Offline."""
    return _radio(buoy)
