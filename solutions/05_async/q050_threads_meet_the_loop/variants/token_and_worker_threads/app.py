"""The greenhouse with AnyIO's token, a calibration in a worker thread that calls back, and an async yield dependency."""

from contextlib import asynccontextmanager

import anyio
from anyio import from_thread, lowlevel, to_thread
from fastapi import Depends, FastAPI, Header, HTTPException
from plant import Ledger, LedgerDown, Meter, operator
from pydantic import BaseModel


class Note(BaseModel):
    text: str


class Shown(BaseModel):
    sensor: str
    value: float
    entry: int


async def signature(x_operator: str = Header()):
    token = operator.set(x_operator)
    try:
        yield
    finally:
        operator.reset(token)


def create_app(meter: Meter, ledger: Ledger) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        token = lowlevel.current_token()
        app.state.readings = []

        async def enter(sensor, value):
            number = await ledger.append({"kind": "reading", "sensor": sensor, "value": value})
            app.state.readings.insert(0, Shown(sensor=sensor, value=value, entry=number))

        await to_thread.run_sync(
            meter.subscribe, lambda reading: from_thread.run(enter, reading["sensor"], reading["value"], token=token)
        )
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(meter.close)

    app = FastAPI(lifespan=lifespan)

    @app.get("/sensors/{sensor}", response_model=Shown)
    def show(sensor: str):
        for shown in app.state.readings:
            if shown.sensor == sensor:
                return shown
        raise HTTPException(404, detail="no reading yet")

    @app.post("/sensors/{sensor}/calibration", status_code=201, dependencies=[Depends(signature)])
    def calibrate(sensor: str):
        offset = meter.calibrate(sensor)
        entry = {"kind": "calibration", "sensor": sensor, "offset": offset, "by": operator.get()}
        try:
            return {"sensor": sensor, "offset": offset, "entry": from_thread.run(ledger.append, entry)}
        except LedgerDown as error:
            raise HTTPException(503, "ledger is down") from error

    @app.post("/sensors/{sensor}/notes", status_code=201, dependencies=[Depends(signature)])
    async def note(sensor: str, body: Note):
        try:
            number = await ledger.append({"kind": "note", "sensor": sensor, "text": body.text, "by": operator.get()})
        except LedgerDown:
            raise HTTPException(503, "ledger is down")
        return {"entry": number}

    return app


app = create_app(Meter(), Ledger())
