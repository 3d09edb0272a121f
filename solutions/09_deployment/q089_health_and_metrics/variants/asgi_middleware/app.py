"""The parcel hub with metrics of its own middleware, and with Prometheus' own app below /metrics."""

import asyncio
import os

import hub
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from measuring import DELIVERED, Measured
from prometheus_client import make_asgi_app
from pydantic import BaseModel

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
        DELIVERED.labels(delivery.zone).inc()
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None
    return {"code": code, "zone": delivery.zone}


app = FastAPI()
app.add_middleware(Measured, without=("/livez", "/readyz", "/metrics"))
app.include_router(router, prefix="/api")
app.mount("/metrics", make_asgi_app())


@app.get("/livez")
async def livez():
    return {"status": "alive"}


@app.get("/readyz")
async def readyz():
    tasks = {
        asyncio.create_task(hub.check_database()): "database",
        asyncio.create_task(hub.check_broker()): "broker",
    }
    _, late = await asyncio.wait(tasks, timeout=float(os.environ.get("PROBE_SECONDS", 2)))
    checks = {}
    for task, name in tasks.items():
        if task in late:
            task.cancel()
            checks[name] = "timeout"
        else:
            checks[name] = "failed" if task.exception() else "ok"
    is_well = all(word == "ok" for word in checks.values())
    return JSONResponse({"status": "ready" if is_well else "not ready", "checks": checks}, 200 if is_well else 503)
