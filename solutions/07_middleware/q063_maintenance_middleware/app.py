"""The ski area: every answer names its resort, and at night there is maintenance."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import resort
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse

Next = Callable[[Request], Awaitable[Response]]

app = FastAPI()


# Returns its answer: nobody out here makes an answer of an HTTPException.
@app.middleware("http")
async def maintenance(request: Request, call_next: Next) -> Response:
    if resort.maintenance and request.url.path != "/status":
        return JSONResponse({"detail": "Maintenance"}, 503, headers={"Retry-After": str(resort.retry_after)})
    return await call_next(request)


# Written last, so it is the outermost, and stamps the answer of the other one as well.
@app.middleware("http")
async def stamp(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers["X-Resort"] = resort.name
    return response


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
