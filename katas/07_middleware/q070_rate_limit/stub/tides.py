"""How high the water stands. Given: it stays as it is."""


def level(harbour: str) -> int:
    return sum(harbour.encode()) % 700  # stands for an expensive model
