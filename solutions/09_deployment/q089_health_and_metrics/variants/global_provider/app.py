"""The parcel hub with a provider that is set for the whole process, when the app starts."""

import os
from asyncio import gather, wait_for
from contextlib import asynccontextmanager

import hub
import prometheus_client
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from pydantic import BaseModel


class Settings(BaseModel):
    probe_seconds: float = 2


settings = Settings.model_validate({name.lower(): value for name, value in os.environ.items()})
meter = metrics.get_meter("parcels")
delivered = meter.create_counter("parcels.delivered", unit="{parcel}", description="Parcels handed over")


@asynccontextmanager
async def lifespan(app: FastAPI):
    provider = MeterProvider(metric_readers=[PrometheusMetricReader()], shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    yield
    provider.shutdown()


app = FastAPI(
    lifespan=lifespan,
    telemetry={"exclude": lambda scope: scope["path"].startswith(("/livez", "/readyz", "/metrics"))},
)
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
    delivered.add(1, delivery.model_dump())
    return {"code": code, **delivery.model_dump()}


app.include_router(router, prefix="/api")


@app.get("/metrics", response_class=PlainTextResponse)
def scraped():
    return prometheus_client.generate_latest(prometheus_client.REGISTRY)


@app.get("/livez")
def livez():
    return {"status": "alive"}


@app.get("/readyz")
async def readyz():
    names = ["database", "broker"]
    ends = await gather(
        *(wait_for(getattr(hub, f"check_{name}")(), settings.probe_seconds) for name in names),
        return_exceptions=True,
    )
    words = ["ok" if end is None else "timeout" if isinstance(end, TimeoutError) else "failed" for end in ends]
    checks = dict(zip(names, words, strict=True))
    if words == ["ok", "ok"]:
        return {"status": "ready", "checks": checks}
    return JSONResponse({"status": "not ready", "checks": checks}, status_code=503)
