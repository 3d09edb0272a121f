"""The parcel hub, measured by a middleware function with a registry of its own; probes by AnyIO."""

import os
from time import perf_counter

import anyio
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.routing import iter_route_contexts
from hub import check_broker, check_database
from hub import deliver as hub_deliver
from hub import find as hub_find
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.routing import Match

registry = CollectorRegistry(auto_describe=True)
duration = Histogram(
    "http_server_request_duration_seconds",
    "Seconds that a request took",
    labelnames=("http_request_method", "http_response_status_code", "http_route", "error"),
    registry=registry,
)
active = Gauge(
    "http_server_active_requests", "Requests being worked on", labelnames=("http_request_method",), registry=registry
)
delivered = Counter("parcels_delivered_total", "Parcels delivered", labelnames=("zone",), registry=registry)

app = FastAPI()


@app.middleware("http")
async def measure(request: Request, call_next):
    if request.url.path in ("/livez", "/readyz", "/metrics"):
        return await call_next(request)
    method, status, error = request.method, "500", ""
    active.labels(method).inc()
    began = perf_counter()
    try:
        response = await call_next(request)
        status = str(response.status_code)
        return response
    except Exception as problem:
        error = type(problem).__name__
        raise
    finally:
        active.labels(method).dec()
        found = [one for one in iter_route_contexts(app.routes) if one.matches(request.scope)[0] == Match.FULL]
        route = found[0].path_format if found else ""
        duration.labels(method, status, route, error).observe(perf_counter() - began)


class Delivery(BaseModel):
    zone: str


router = APIRouter(prefix="/parcels")


@router.get("/{code}")
async def show(code: str) -> dict:
    try:
        return await hub_find(code)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None


@router.post("/{code}/delivery", status_code=201)
async def deliver(code: str, delivery: Delivery) -> dict:
    try:
        await hub_deliver(code, delivery.zone)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None
    delivered.labels(zone=delivery.zone).inc()
    return {"code": code, "zone": delivery.zone}


app.include_router(router, prefix="/api")


@app.get("/metrics")
async def metrics():
    return Response(generate_latest(registry), media_type="text/plain")


@app.get("/livez")
async def livez():
    return {"status": "alive"}


@app.get("/readyz")
async def readyz(response: Response):
    checks = {"database": "ok", "broker": "ok"}

    async def probe(name, check):
        try:
            with anyio.fail_after(float(os.environ.get("PROBE_SECONDS") or 2)):
                await check()
        except TimeoutError:
            checks[name] = "timeout"
        except Exception:
            checks[name] = "failed"

    async with anyio.create_task_group() as group:
        group.start_soon(probe, "database", check_database)
        group.start_soon(probe, "broker", check_broker)
    ready = list(checks.values()) == ["ok", "ok"]
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "not ready", "checks": checks}
