"""The ferry companies. This file is given; leave it as it is."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

CARRIERS = ["Blue Funnel", "Gannet Lines", "Night Ferries"]


@dataclass
class Fare:
    carrier: str
    price: Decimal
    departs: datetime  # in UTC
    commission: Decimal  # what we earn: not for travellers


async def ask(carrier: str, route: str) -> Fare:
    """Ask a company for its fare on a route. It takes about half a second, nearly all of it spent waiting."""
    await asyncio.sleep(random.uniform(0.3, 0.7))
    cents = random.randint(900, 15_000)
    departs = datetime.now(UTC).replace(minute=15, second=0, microsecond=0) + timedelta(hours=random.randint(1, 30))
    return Fare(carrier, Decimal(cents) / 100, departs, Decimal(cents // 20) / 100)
