"""What can go wrong at a kayak rental, with sentences and codes made in one place."""


class RentalError(Exception):
    sentence = "{}"
    code = "rental_error"

    def __init_subclass__(cls, code=None, **kwargs):
        super().__init_subclass__(**kwargs)
        if code:
            cls.code = code

    def __init__(self, *args):
        super().__init__(*args)
        self.message = self.sentence.format(*args)

    def __str__(self):
        return self.message


class NotFound(RentalError, code="not_found"):
    pass


class UnknownBoat(NotFound, code="unknown_boat"):
    sentence = "No boat named {}"


class Conflict(RentalError, code="conflict"):
    pass


class BoatTaken(Conflict, code="boat_taken"):
    sentence = "{} is out for {} more minutes"

    @property
    def boat(self):
        return self.args[0]

    @property
    def minutes(self):
        return self.args[1]


class NotOut(Conflict, code="not_out"):
    sentence = "{} is not out"
