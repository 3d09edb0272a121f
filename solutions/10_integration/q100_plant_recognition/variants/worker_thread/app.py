import asyncio
import json
import queue
import threading
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Annotated

import model as models
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

STOP = object()


class Worker(threading.Thread):
    def __init__(self, model):
        super().__init__(daemon=True)
        self.model = model
        self.inbox = queue.Queue(32)

    def run(self):
        while True:
            batch = [self.inbox.get()]
            try:
                while len(batch) < 8:
                    batch.append(self.inbox.get_nowait())
            except queue.Empty:
                pass
            stop = STOP in batch
            batch = [one for one in batch if one is not STOP]
            if batch:
                try:
                    results = self.model.predict([image for image, _ in batch])
                except Exception as e:
                    for _, future in batch:
                        future.set_exception(e)
                else:
                    for (_, future), result in zip(batch, results):
                        future.set_result(result)
            if stop:
                return

    def submit(self, image):
        future = Future()
        self.inbox.put_nowait((image, future))
        return future


@asynccontextmanager
async def lifespan(app):
    app.state.model = models.Model()
    app.state.worker = Worker(app.state.model)
    app.state.worker.start()
    yield
    await asyncio.to_thread(app.state.worker.inbox.put, STOP)
    await asyncio.to_thread(app.state.worker.join)
    app.state.model.close()


app = FastAPI(lifespan=lifespan)


class In(BaseModel):
    image: str


@app.get("/livez")
def livez():
    return {"status": "alive"}


@app.post("/recognitions")
async def recognitions(body: In):
    try:
        future = app.state.worker.submit(body.image)
    except queue.Full:
        return JSONResponse({"detail": "busy"}, 503, {"Retry-After": "1"})
    # shielded, as the worker sets the result of a future that may have been given up
    try:
        result = await asyncio.shield(asyncio.wrap_future(future))
    except Exception:
        raise HTTPException(503)
    if result is None:
        raise HTTPException(422, "not a picture")
    return result


@app.get("/plants/{name}/description")
async def description(name: str, last_event_id: Annotated[int | None, Header()] = None):
    model = app.state.model
    if not model.knows(name):
        raise HTTPException(404)

    async def stream():
        n = 0
        async for word in model.describe(name):
            n += 1
            if n > (last_event_id or 0):
                yield f"id: {n}\ndata: {json.dumps({'word': word})}\n\n"
        yield f"event: done\ndata: {json.dumps({'words': n})}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
