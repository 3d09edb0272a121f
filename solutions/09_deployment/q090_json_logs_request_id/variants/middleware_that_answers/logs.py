import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,64}")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def masked(name, value):
    return "***" if name in ("card_number", "password", "token") else value


class JsonFormatter(logging.Formatter):
    def format(self, record):
        usual = vars(logging.makeLogRecord({})).keys() | {"message", "taskName"}
        line = {name: masked(name, value) for name, value in vars(record).items() if name not in usual}
        line |= {
            "timestamp": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            "exception": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps(line, default=str)


def make_formatter():
    return JsonFormatter()
