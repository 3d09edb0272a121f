from datetime import date

# Pool -> day of its next check, or None if none is planned.
next_checks: dict[str, date | None] = {"lido": date(2026, 7, 1), "baths": None}
