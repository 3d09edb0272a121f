class RegisterDown(Exception):
    """A register of the state does not answer. Raised anywhere, by libraries too."""

    def __init__(self, register: str, seconds: int) -> None:
        super().__init__(register, seconds)
        self.register = register
        self.seconds = seconds


reported: list[tuple[str, Exception, str]] = []


def report(reference: str, error: Exception, path: str) -> None:
    """For the operators on duty."""
    reported.append((reference, error, path))
