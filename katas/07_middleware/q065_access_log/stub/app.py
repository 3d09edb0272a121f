"""A car park. Its access log goes to the logger "carpark.access"; README.md tells what has to be in it."""

from collections.abc import AsyncIterator

from fastapi import FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse

app = FastAPI()
parked: dict[str, int] = {"EM-KA 7": 3}
healthy = True


@app.get("/stays/{plate}")
def read_stay(plate: str, ticket: str = "") -> dict[str, int]:
    if plate not in parked:
        raise HTTPException(404, "Not here")
    return {"level": parked[plate]}


@app.put("/stays/{plate}")
def enter(plate: str, stay: dict[str, int]) -> dict[str, int]:
    return {"level": 12 // stay["levels"]}  # 0 levels: a crash


async def rows() -> AsyncIterator[str]:
    for plate, level in parked.items():
        yield f"{plate};{level}\n"


@app.get("/export")
def export() -> StreamingResponse:
    return StreamingResponse(rows(), media_type="text/csv")


@app.get("/health")
def health() -> dict[str, str]:
    if not healthy:
        raise HTTPException(503, "Barrier does not answer")
    return {"state": "fine"}


@app.websocket("/barrier")
async def barrier(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("open")
    await websocket.close()
