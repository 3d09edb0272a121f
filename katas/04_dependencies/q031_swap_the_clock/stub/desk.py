from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Clock(Protocol):
    def today(self) -> date: ...


class Mailer(Protocol):
    def send(self, to: str, text: str) -> None: ...


class WallClock:
    def today(self) -> date:
        return date.today()


class Letterbox:
    """The real mailer: what lies in here is posted every evening."""

    def send(self, to: str, text: str) -> None:
        posted.append((to, text))


@dataclass
class Loan:
    reader: str
    title: str
    due: date


posted: list[tuple[str, str]] = []
loans: dict[int, Loan] = {101: Loan("ines@example.org", "The Sea Around Us", date(2026, 5, 4))}
