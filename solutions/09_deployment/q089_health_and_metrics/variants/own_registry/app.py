"""The parcel hub: FastAPI's own metrics in a registry of the app's own, a counter of prometheus_client beside them."""

import asyncio
import os
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, HTTPException, Response
from hub import check_broker, check_database, deliver, find
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, Counter, exposition
from pydantic import BaseModel

registry = CollectorRegistry()
DELIVERED = Counter("parcels_delivered", "Parcels that were handed over.", ["zone"], registry=registry)
reader = PrometheusMetricReader(registry=registry)


def is_of_operations(scope) -> bool:
    return scope["path"].split("/")[1] in ("livez", "readyz", "metrics")


app = FastAPI(
    telemetry={
        "meter_provider": MeterProvider([reader]),
        "exclude": is_of_operations,
        "tracing": False,
        "logs": False,
    }
)
parcels = APIRouter(prefix="/parcels")
operations = APIRouter(include_in_schema=False)


class Delivery(BaseModel):
    zone: str


@parcels.get("/{code}")
async def show(code: str) -> dict:
    try:
        return await find(code)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None


@parcels.post("/{code}/delivery", status_code=201)
async def hand_over(code: str, delivery: Delivery) -> dict:
    try:
        await deliver(code, delivery.zone)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None
    else:
        DELIVERED.labels(zone=delivery.zone).inc()
    return {"code": code, "zone": delivery.zone}


@operations.get("/metrics")
def metrics():
    return Response(exposition.generate_latest(registry), headers={"content-type": "text/plain; version=0.0.4"})


@operations.get("/livez")
def live():
    return {"status": "alive"}


@operations.get("/readyz")
async def ready(response: Response):
    checks = {}

    async def run(name, check):
        try:
            async with asyncio.timeout(float(os.getenv("PROBE_SECONDS", "2"))):
                await check()
        except TimeoutError:
            checks[name] = "timeout"
        except Exception:
            checks[name] = "failed"
        else:
            checks[name] = "ok"

    async with asyncio.TaskGroup() as group:
        group.create_task(run("database", check_database))
        group.create_task(run("broker", check_broker))
    if set(checks.values()) == {"ok"}:
        return {"status": "ready", "checks": checks}
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "not ready", "checks": checks}


app.include_router(parcels, prefix="/api")
app.include_router(operations)
