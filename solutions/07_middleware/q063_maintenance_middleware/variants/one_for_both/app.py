"""The ski area, with one middleware for both jobs."""

from typing import Annotated

import resort
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse

app = FastAPI()


@app.middleware("http")
async def around(request, call_next):
    if resort.maintenance and request.scope["path"] != "/status":
        response = JSONResponse(status_code=503, content={"detail": "Maintenance"})
        response.headers["retry-after"] = f"{resort.retry_after}"
    else:
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
