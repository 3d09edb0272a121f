"""The access log as a function that makes a plain ASGI app of another."""

import logging

from clock import now

logger = logging.getLogger("carpark.access")


def level_of(status, failed):
    if failed or status > 499:
        return logging.ERROR
    return logging.WARNING if status > 399 else logging.INFO


def logged(app):
    async def middleware(scope, receive, send):
        if scope["type"] in ("websocket", "lifespan"):
            return await app(scope, receive, send)
        start = now()
        seen = {"status": 500, "bytes": 0}
        failed = True

        async def noting_send(message):
            await send(message)
            seen["status"] = message.get("status", seen["status"])
            seen["bytes"] += len(message.get("body", b""))

        try:
            result = await app(scope, receive, noting_send)
            failed = False
            return result
        finally:
            path = scope["raw_path"].partition(b"?")[0].decode()
            fields = {"method": scope["method"], "path": path, **seen, "duration_ms": round(1e3 * (now() - start), 3)}
            if failed or path != "/health" or seen["status"] >= 400:
                logging.LoggerAdapter(logger, fields).log(level_of(seen["status"], failed), "request")

    return middleware
