"""A car park whose log is written as soon as the last piece was taken, or else when the app is through."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import quote

import clock
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


@dataclass
class Entry:
    method: str
    path: str
    began: float = field(default_factory=clock.now)
    status: int = 0
    size: int = 0
    written: bool = False

    def write(self, *, crashed=False):
        if self.written:
            return
        self.written = True
        status = self.status or 500
        if self.path == "/health" and status < 400 and not crashed:
            return
        level = "ERROR" if crashed or status >= 500 else "WARNING" if status >= 400 else "INFO"
        logging.getLogger("carpark.access").log(
            getattr(logging, level),
            "%s %s -> %d, %d bytes",
            self.method,
            self.path,
            status,
            self.size,
            extra={
                "method": self.method,
                "path": self.path,
                "status": status,
                "bytes": self.size,
                "duration_ms": 1000 * (clock.now() - self.began),
            },
        )


class Log:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        entry = Entry(scope["method"], scope.get("raw_path", quote(scope["path"]).encode()).decode())

        async def passing(message):
            await send(message)
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            elif message["type"] == "http.response.body":
                entry.size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    entry.write()

        try:
            await self.app(scope, receive, passing)
        except Exception:
            entry.write(crashed=True)
            raise
        finally:
            entry.write()


app.add_middleware(Log)
