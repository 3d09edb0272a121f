from dataclasses import dataclass


@dataclass
class Station:
    name: str
    key: str
    active: bool = True


# Filled from the secret store when the service starts. While a key is being
# replaced, a station stands here twice: once with the old key, once with the new.
stations: list[Station] = [
    Station("pier", "k-demo-pier-0001"),
    Station("summit", "k-demo-summit-0001", active=False),
]

readings: list[tuple[str, float]] = []  # (station name, degrees)
