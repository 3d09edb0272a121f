"""The ski area in plain ASGI; the first of the list is the outermost."""

from typing import Annotated

import resort
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware import Middleware


class Stamp:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def stamped(message):
            if message["type"] == "http.response.start":
                stamp = (b"x-resort", resort.name.encode("latin-1"))
                others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != stamp[0]]
                message = {**message, "headers": [*others, stamp]}
            await send(message)

        await self.app(scope, receive, stamped if scope["type"] == "http" else send)


class Maintenance:
    def __init__(self, app, but):
        self.app, self.but = app, but

    async def __call__(self, scope, receive, send):
        app = self.app
        if scope["type"] == "http" and resort.maintenance and scope["path"] != self.but:
            app = JSONResponse({"detail": "Maintenance"}, 503, {"Retry-After": str(resort.retry_after)})
        await app(scope, receive, send)


app = FastAPI(middleware=[Middleware(Stamp), Middleware(Maintenance, but="/status")])


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
