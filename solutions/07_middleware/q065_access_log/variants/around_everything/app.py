"""A car park whose log stands around all middlewares, where the 500 of a crash is seen as well."""

import contextlib
import logging
from collections.abc import AsyncIterator

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


@contextlib.contextmanager
def accounted(scope, seen):
    start = clock.now()
    try:
        yield
    except BaseException:
        seen["broke"] = True
        raise
    finally:
        status = seen["status"] or 500
        bad = seen["broke"] or status >= 400
        if bad or scope["path"] != "/health":
            log = logging.getLogger("carpark.access")
            write = log.error if seen["broke"] or status >= 500 else log.warning if bad else log.info
            path = str(scope["raw_path"], "ascii")
            took = clock.now() - start
            write(
                f"{scope['method']} {path} answered {status}",
                extra=dict(
                    method=scope["method"], path=path, status=status, bytes=seen["bytes"], duration_ms=took * 1000
                ),
            )


def with_log(inner):
    async def outer(scope, receive, send):
        if scope["type"] != "http":
            return await inner(scope, receive, send)
        seen = {"status": 0, "bytes": 0, "broke": False}

        async def noting(message):
            await send(message)
            if "status" in message:
                seen["status"] = message["status"]
            seen["bytes"] += len(message.get("body", b""))

        with accounted(scope, seen):
            await inner(scope, receive, noting)

    return outer


build = app.build_middleware_stack
app.build_middleware_stack = lambda: with_log(build())
