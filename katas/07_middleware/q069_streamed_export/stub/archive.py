"""The archive of the seismographs. Given: it stays as it is."""

from itertools import islice

Row = tuple[str, int, str]  # time, micrometres, note
_stations: dict[str, list[Row]] = {
    "askja": [("2031-05-01T00:00:00Z", 12, ""), ("2031-05-01T00:00:01Z", -7, 'reads "odd", wind?')],
    "empty": [],
}
BATCH = 500


class Cursor:
    """Like a database cursor: blocking, not for several threads at the same time."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = iter(rows)
        self.closed = False

    def fetch(self, count: int) -> list[Row]:
        """The next `count` rows at most; an empty list at the end."""
        if self.closed:
            raise RuntimeError("cursor is closed")
        return list(islice(self._rows, count))

    def close(self) -> None:
        self.closed = True


def open_cursor(station: str) -> Cursor:
    if station not in _stations:
        raise LookupError(station)
    return Cursor(_stations[station])
