"""What a late return costs. Given, finished, not to be changed."""

FREE_DAYS = 2
CENTS_A_DAY = {"book": 20, "film": 100}
CEILING = 1500


def late_fee(kind: str, days: int) -> int:
    """The fee in cents for a return that is so many days late."""
    if days <= FREE_DAYS:
        return 0
    return min(days * CENTS_A_DAY[kind], CEILING)
