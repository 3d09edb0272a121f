"""What can go wrong at a kayak rental, said without HTTP."""

from typing import ClassVar


class RentalError(Exception):
    code: ClassVar[str] = "rental_error"


class NotFound(RentalError):  # noqa: N818
    code = "not_found"


class UnknownBoat(NotFound):
    code = "unknown_boat"

    def __init__(self, boat: str) -> None:
        super().__init__(f"No boat named {boat}")


class Conflict(RentalError):  # noqa: N818
    code = "conflict"


class BoatTaken(Conflict):
    code = "boat_taken"

    def __init__(self, boat: str, minutes: int) -> None:
        super().__init__(f"{boat} is out for {minutes} more minutes")
        self.boat = boat
        self.minutes = minutes


class NotOut(Conflict):
    code = "not_out"

    def __init__(self, boat: str) -> None:
        super().__init__(f"{boat} is not out")
