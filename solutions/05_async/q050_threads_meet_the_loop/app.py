"""A greenhouse where the threads of a vendor's SDK meet the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import plant
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from plant import Ledger, Meter
from pydantic import BaseModel


class Note(BaseModel):
    text: str


# A coroutine runs in the context of its request. A `def` would run in a thread, with a copy of the context.
async def signed(x_operator: Annotated[str, Header()]) -> str:
    plant.operator.set(x_operator)
    return x_operator


Operator = Annotated[str, Depends(signed)]


def create_app(meter: Meter, ledger: Ledger) -> FastAPI:
    latest: dict[str, dict[str, Any]] = {}

    async def enter(reading: dict[str, Any]) -> None:
        sensor, value = reading["sensor"], reading["value"]
        entry = await ledger.append({"kind": "reading", "sensor": sensor, "value": value})
        latest[sensor] = {"sensor": sensor, "value": value, "entry": entry}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def received(reading: dict[str, Any]) -> None:
            """Run by a thread of the SDK's, which may wait for the loop; the loop never waits for a thread."""
            asyncio.run_coroutine_threadsafe(enter(reading), loop).result()

        meter.subscribe(received)
        yield
        await asyncio.to_thread(meter.close)

    app = FastAPI(lifespan=lifespan)

    @app.exception_handler(plant.LedgerDown)
    async def ledger_is_down(request: Request, error: plant.LedgerDown) -> JSONResponse:
        return JSONResponse({"detail": "ledger is down"}, 503)

    @app.get("/sensors/{sensor}")
    async def show(sensor: str) -> dict[str, Any]:
        if sensor not in latest:
            raise HTTPException(404, "no reading yet")
        return latest[sensor]

    @app.post("/sensors/{sensor}/calibration", status_code=201)
    async def calibrate(sensor: str, by: Operator) -> dict[str, Any]:
        offset = await asyncio.to_thread(meter.calibrate, sensor)
        entry = await ledger.append({"kind": "calibration", "sensor": sensor, "offset": offset, "by": by})
        return {"sensor": sensor, "offset": offset, "entry": entry}

    @app.post("/sensors/{sensor}/notes", status_code=201)
    async def note(sensor: str, note: Note, by: Operator) -> dict[str, int]:
        return {"entry": await ledger.append({"kind": "note", "sensor": sensor, "text": note.text, "by": by})}

    return app


app = create_app(Meter(), Ledger())
