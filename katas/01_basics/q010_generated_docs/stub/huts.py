"""The huts and their beds. It is finished: leave it as it is."""

ABOUT = """
Book beds in the **mountain huts** of the valley, on behalf of your guests.

Questions? Ring the office, and not the huts: the line is bad up there.
"""

_FREE = {1: 12, 2: 3, 3: 0}
_booked: list[str] = []


def beds_left(hut_id: int) -> int | None:
    """Tell how many beds are free in a hut, or None if there is no such hut."""
    return _FREE.get(hut_id)


def reserve(hut_id: int, beds: int) -> str:
    """Reserve beds, and give back the code of the booking."""
    _FREE[hut_id] -= beds
    _booked.append(f"H{hut_id}-{len(_booked) + 1:04}")
    return _booked[-1]


def cache_size() -> int:
    """Tell how many bookings are held in memory."""
    return len(_booked)
