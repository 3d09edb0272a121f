"""Tickets and rooms of the rescue service. Given; tests replace it."""

ROOMS = {"north-face": 3, "valley": 12}  # room -> how many people fit in

_tickets = {"t-anna": "anna", "t-ben": "ben", "t-cleo": "cleo"}


async def redeem(ticket: str) -> str | None:
    """Whose ticket is it? None: nobody's. A ticket works once."""
    return _tickets.pop(ticket, None)
