"""What can go wrong at a kayak rental, with a `__str__` for each sentence."""


class RentalError(Exception):
    code = "rental_error"


class NotFound(RentalError):
    code = "not_found"


class UnknownBoat(NotFound):
    code = "unknown_boat"

    def __str__(self):
        return "No boat named " + self.args[0]


class Conflict(RentalError):
    code = "conflict"


class BoatTaken(Conflict):
    code = "boat_taken"

    def __init__(self, boat, minutes):
        self.boat, self.minutes = boat, minutes

    def __str__(self):
        return f"{self.boat} is out for {self.minutes} more minutes"


class NotOut(Conflict):
    code = "not_out"

    def __init__(self, boat):
        super().__init__(boat)
        self.boat = boat

    def __str__(self):
        return f"{self.boat} is not out"
