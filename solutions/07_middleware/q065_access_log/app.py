"""A car park with an access log that can be trusted."""

import logging
from collections.abc import AsyncIterator

import clock
from fastapi import FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

app = FastAPI()
access = logging.getLogger("carpark.access")
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


class AccessLog:
    """Writes one record for each HTTP request, when its answer is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = clock.now()
        status, size, broke = 500, 0, False  # 500 is what a crash becomes, further outside

        async def watched(message: Message) -> None:
            nonlocal status, size
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))

        try:
            await self.app(scope, receive, watched)
        except BaseException:
            broke = True
            raise
        finally:
            path = scope["raw_path"].decode("ascii")
            if path != "/health" or broke or status >= 400:
                level = logging.ERROR if broke or status >= 500 else logging.WARNING if status >= 400 else logging.INFO
                record = {
                    "method": scope["method"],
                    "path": path,
                    "status": status,
                    "bytes": size,
                    "duration_ms": (clock.now() - began) * 1000,
                }
                access.log(level, "%(method)s %(path)s %(status)d", record, extra=record)


app.add_middleware(AccessLog)
