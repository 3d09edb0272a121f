"""The greenhouse with a queue on the loop, a task for each reading, a future for each thread, and routes that sign."""

import asyncio
import concurrent.futures
import functools
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, Header, Response
from fastapi.responses import JSONResponse
from plant import Ledger, LedgerDown, Meter, operator


def create_app(meter: Meter, ledger: Ledger) -> FastAPI:
    app = FastAPI()
    app.state.latest = {}

    async def enter(reading, answer):
        try:
            reading = {"sensor": reading["sensor"], "value": reading["value"]}
            app.state.latest[reading["sensor"]] = {
                **reading,
                "entry": await ledger.append({**reading, "kind": "reading"}),
            }
        except BaseException as error:
            answer.set_exception(error)
        else:
            answer.set_result(None)

    async def work(queue):
        async with asyncio.TaskGroup() as group:
            while (item := await queue.get()) is not None:
                group.create_task(enter(*item))

    @asynccontextmanager
    async def lifespan(_):
        loop, queue = asyncio.get_running_loop(), asyncio.Queue()

        def received(reading):
            answer = concurrent.futures.Future()
            loop.call_soon_threadsafe(queue.put_nowait, (reading, answer))
            return answer.result()

        worker = asyncio.create_task(work(queue))
        meter.subscribe(received)
        yield
        await loop.run_in_executor(None, meter.close)
        queue.put_nowait(None)
        await worker

    app.router.lifespan_context = lifespan

    @app.get("/sensors/{sensor}")
    async def show(sensor: str):
        found = app.state.latest.get(sensor)
        return found or JSONResponse({"detail": "no reading yet"}, 404)

    def down_is_503(route):
        @functools.wraps(route)
        async def guarded(**parameters):
            try:
                return await route(**parameters)
            except LedgerDown:
                return JSONResponse(status_code=503, content={"detail": "ledger is down"})

        return guarded

    @app.post("/sensors/{sensor}/calibration")
    @down_is_503
    async def calibrate(sensor: str, x_operator: Annotated[str, Header()], response: Response):
        operator.set(x_operator)
        response.status_code = 201
        offset = await asyncio.to_thread(meter.calibrate, sensor)
        number = await ledger.append(dict(kind="calibration", sensor=sensor, offset=offset, by=operator.get()))
        return {"sensor": sensor, "offset": offset, "entry": number}

    @app.post("/sensors/{sensor}/notes", status_code=201)
    @down_is_503
    async def note(sensor: str, x_operator: Annotated[str, Header()], text: Annotated[str, Body(embed=True)]):
        operator.set(x_operator)
        number = await ledger.append(dict(kind="note", sensor=sensor, text=text, by=x_operator))
        return {"entry": number}

    return app


app = create_app(Meter(), Ledger())
