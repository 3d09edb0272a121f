"""Where is my parcel? The API of the hub, with probes and metrics."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import hub
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import JSONResponse, Response
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

UNMEASURED = {"/livez", "/readyz", "/metrics"}
PROBE_SECONDS = float(os.environ.get("PROBE_SECONDS", "2"))

provider = MeterProvider(metric_readers=[PrometheusMetricReader()])
delivered = provider.get_meter("parcel-hub").create_counter("parcels_delivered")

router = APIRouter(prefix="/parcels")


class Delivery(BaseModel):
    zone: str


@router.get("/{code}")
async def show(code: str) -> dict:
    try:
        return await hub.find(code)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None


@router.post("/{code}/delivery", status_code=201)
async def deliver(code: str, delivery: Delivery) -> dict:
    try:
        await hub.deliver(code, delivery.zone)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None
    delivered.add(1, {"zone": delivery.zone})
    return {"code": code, "zone": delivery.zone}


app = FastAPI(
    telemetry={"meter_provider": provider, "exclude": lambda scope: scope["path"] in UNMEASURED},
)
app.include_router(router, prefix="/api")


@app.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.get("/livez", include_in_schema=False)
async def livez() -> dict:
    return {"status": "alive"}


async def outcome(check: Callable[[], Awaitable[None]]) -> str:
    """Ask one check, and put what comes of it into a word."""
    try:
        await asyncio.wait_for(check(), PROBE_SECONDS)
    except TimeoutError:
        return "timeout"
    except Exception:  # noqa: BLE001 - whatever is wrong, it is not ready
        return "failed"
    return "ok"


@app.get("/readyz", include_in_schema=False)
async def readyz() -> JSONResponse:
    database, broker = await asyncio.gather(outcome(hub.check_database), outcome(hub.check_broker))
    is_ready = database == broker == "ok"
    answer = {"status": "ready" if is_ready else "not ready", "checks": {"database": database, "broker": broker}}
    return JSONResponse(answer, 200 if is_ready else 503)
