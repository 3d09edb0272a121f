import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Request
from fastapi.sse import EventSourceResponse
from model import Model


class Batcher:
    def __init__(self, model: Model):
        self.model = model
        self.lock = threading.Lock()
        self.waiting = deque()
        self.busy = False
        self.pool = ThreadPoolExecutor(max_workers=1)

    def put(self, image: str) -> Future:
        with self.lock:
            if len(self.waiting) >= 32:
                raise HTTPException(503, headers={"Retry-After": "5"})
            future = Future()
            self.waiting.append((image, future))
            if not self.busy:
                self.busy = True
                self.next()
            return future

    def next(self):
        batch = [self.waiting.popleft() for _ in range(min(8, len(self.waiting)))]
        self.pool.submit(self.run, batch)

    def run(self, batch):
        try:
            answers = self.model.predict([image for image, _ in batch])
        except Exception:
            answers = [HTTPException(503, "model failed")] * len(batch)
        with self.lock:
            if self.waiting:
                self.next()
            else:
                self.busy = False
        for (_, future), answer in zip(batch, answers):
            future.set_result(answer)


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.batcher = Batcher(Model())
    try:
        yield
    finally:
        app.state.batcher.pool.shutdown()  # waits, nobody is served any more
        app.state.batcher.model.close()


app = FastAPI(lifespan=lifespan)


@app.post("/recognitions")
def recognize(request: Request, image: Annotated[str, Body(embed=True)]):
    result = request.app.state.batcher.put(image).result()
    if isinstance(result, HTTPException):
        raise result
    if not result:
        raise HTTPException(422, [{"msg": "no picture"}])
    return result


@app.get("/livez")
async def livez():
    return {"status": "alive"}


@app.get("/plants/{name}/description")
async def describe(name: str, request: Request):
    model = request.app.state.batcher.model
    if not model.knows(name):
        raise HTTPException(404)
    return EventSourceResponse(
        lines(model.describe(name), int(request.headers.get("last-event-id", 0))), headers={"cache-control": "no-cache"}
    )


async def lines(words, skip):
    from json import dumps

    count = 0
    async for word in words:
        count += 1
        if count <= skip:
            continue
        yield ": hello\r\n" + f"event: message\r\nid: {count}\r\ndata: {dumps({'word': word})}\r\n\r\n"
    yield f"id: {count}\nevent: done\ndata: {dumps({'words': count})}\n\n"
