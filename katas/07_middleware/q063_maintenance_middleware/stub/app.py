"""The ski area. README.md tells what is to stand around these routes; the routes themselves are done."""

from typing import Annotated

import resort
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse

app = FastAPI()

# Your middleware goes here. The routes below stay as they are.


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
