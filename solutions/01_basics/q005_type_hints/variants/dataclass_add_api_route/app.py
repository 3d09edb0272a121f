"""The night planner as a plain function that returns a dataclass, registered by a call."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from annotated_types import Ge
from fastapi import FastAPI

app = FastAPI(title="Night Planner")

Band = StrEnum("Band", ["red", "green", "blue", "clear"])


@dataclass
class Plan:
    target: UUID
    band: Band
    ends_at: datetime


def plan_exposure(
    target: UUID, start: datetime, exposure: timedelta, frames: Annotated[int, Ge(1)] = 1, band: Band = Band.clear
) -> Plan:
    return Plan(target, band, (start + frames * exposure).astimezone(UTC))


app.add_api_route("/plans/{target}", plan_exposure)
