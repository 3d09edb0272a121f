import errors

out: dict[str, int] = {"Otter": 25}  # boat: minutes until it is back
boats: set[str] = {"Otter", "Heron"}
banned: set[str] = {"Piet"}


def rent(boat: str, customer: str, minutes: int) -> int:
    if boat not in boats:
        raise errors.UnknownBoat(boat)
    if boat in out:
        raise errors.BoatTaken(boat, out[boat])
    if customer in banned:
        raise errors.RentalError("Please see the warden")
    out[boat] = minutes
    return minutes


def bring_back(boat: str) -> int:
    if boat not in boats:
        raise errors.UnknownBoat(boat)
    if boat not in out:
        raise errors.NotOut(boat)
    return out.pop(boat)
