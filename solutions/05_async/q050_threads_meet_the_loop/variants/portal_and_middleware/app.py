"""The greenhouse with a portal that the lifespan opens, lifespan state, and a middleware that sets the operator."""

from contextlib import asynccontextmanager

import plant
from anyio.from_thread import BlockingPortal
from fastapi import APIRouter, Body, FastAPI, Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

router = APIRouter(prefix="/sensors/{sensor}")


class Signed:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        name = dict(scope.get("headers", ())).get(b"x-operator")
        if name is not None:
            plant.operator.set(name.decode("latin-1"))
        await self.app(scope, receive, send)


@router.get("")
async def show(sensor: str, request: Request):
    try:
        return request.state.latest[sensor]
    except KeyError:
        raise HTTPException(404, "no reading yet")


async def append(request, **entry):
    try:
        return await request.state.ledger.append(entry)
    except plant.LedgerDown:
        raise HTTPException(status_code=503, detail="ledger is down")


@router.post("/calibration", status_code=201)
async def calibration(sensor: str, request: Request, x_operator: str = Header()):
    offset = await run_in_threadpool(request.state.meter.calibrate, sensor)
    entry = await append(request, kind="calibration", sensor=sensor, offset=offset, by=x_operator)
    return dict(sensor=sensor, offset=offset, entry=entry)


@router.post("/notes", status_code=201)
async def notes(sensor: str, request: Request, text: str = Body(embed=True), x_operator: str = Header()):
    return {"entry": await append(request, kind="note", sensor=sensor, text=text, by=x_operator)}


def create_app(meter: plant.Meter, ledger: plant.Ledger) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        latest = {}
        async with BlockingPortal() as portal:

            def callback(reading):
                number = portal.call(ledger.append, {"kind": "reading", **reading})
                latest[reading["sensor"]] = {**reading, "entry": number}

            meter.subscribe(callback)
            yield {"latest": latest, "meter": meter, "ledger": ledger}
            await run_in_threadpool(meter.close)

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(Signed)
    app.include_router(router)
    return app


app = create_app(plant.Meter(), plant.Ledger())
