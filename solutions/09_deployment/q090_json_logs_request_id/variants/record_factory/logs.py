import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from fastapi import Request
from starlette.middleware.base import BaseHTTPMiddleware

HARMLESS = re.compile(r"^[-._a-zA-Z0-9]{1,64}\Z")
_id: ContextVar[str | None] = ContextVar("id", default=None)
_make = logging.LogRecord
_usual = {*_make("", 0, "", 0, "", (), None).__dict__, "message", "taskName"}


def make_record(*args, **kwargs):
    record = _make(*args, **kwargs)
    record.request_id = _id.get()
    return record


logging.setLogRecordFactory(make_record)


class Json(logging.Formatter):
    def format(self, record):
        line = dict(
            timestamp=datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            level=record.levelname,
            logger=record.name,
            message=record.getMessage(),
        )
        line.update((key, value) for key, value in record.__dict__.items() if key not in _usual)
        for key in ("card_number", "password", "token"):
            if key in line:
                line[key] = "***"
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class RequestIds(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next):
        own = request.headers.get("X-Request-ID", "")
        own = own if HARMLESS.match(own) else uuid.uuid4().hex[:16]
        _id.set(own)
        request.state.request_id = own
        response = await call_next(request)
        response.headers["X-Request-ID"] = own
        return response
