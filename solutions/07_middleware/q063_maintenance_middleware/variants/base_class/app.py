"""The ski area, with classes that have `dispatch`, and options."""

from typing import Annotated

import resort
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware


class Maintenance(BaseHTTPMiddleware):
    def __init__(self, app, open_paths=()):
        super().__init__(app)
        self.open_paths = frozenset(open_paths)

    async def dispatch(self, request, call_next):
        if not resort.maintenance or request.url.path in self.open_paths:
            return await call_next(request)
        return PlainTextResponse(
            '{"detail": "Maintenance"}',
            503,
            {"Retry-After": str(resort.retry_after)},
            media_type="application/json",
        )


class Stamp(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers.update({"x-resort": resort.name})
        return response


app = FastAPI()
app.add_middleware(Maintenance, open_paths=["/status"])
app.add_middleware(Stamp)


@app.get("/lifts/{lift}")
def read_lift(lift: str) -> dict[str, str]:
    if lift not in resort.lifts:
        raise HTTPException(404, "No such lift")
    return {"lift": lift, "state": resort.lifts[lift]}


@app.post("/lifts/{lift}/reports", status_code=201)
def report(lift: str, text: Annotated[str, Body(embed=True)], tasks: BackgroundTasks) -> dict[str, str]:
    resort.reports.append((lift, text))
    tasks.add_task(resort.mailed.append, text)
    return {"noted": text}


@app.get("/ticker")
def ticker() -> StreamingResponse:
    return StreamingResponse(resort.ticker(), media_type="text/plain")


@app.get("/status")
def status() -> dict[str, bool]:
    return {"maintenance": resort.maintenance}


@app.websocket("/live")
async def live(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(resort.lifts)
    await websocket.close()
