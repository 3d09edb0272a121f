import contextvars
import json
import logging
import secrets
import string
import traceback
from datetime import datetime, timezone

current = contextvars.ContextVar("current")
ALPHABET = set(string.ascii_letters + string.digits + "._-")
KNOWN = set(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName", "request_id"}


class RequestId(logging.Filter):
    def filter(self, record):
        record.request_id = current.get(None)
        return True


class Lines(logging.Formatter):
    def format(self, record):
        extra = {key: value for key, value in record.__dict__.items() if key not in KNOWN}
        for key in extra.keys() & {"card_number", "password", "token"}:
            extra[key] = "***"
        moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if record.exc_info and record.exc_info[0]:
            extra["exception"] = "".join(traceback.format_exception(*record.exc_info))
        fields = {
            "timestamp": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": record.request_id,
            "service": "payments",
            **extra,
        }
        return json.dumps(fields, default=str, ensure_ascii=False)


def with_ids(app):
    """Wrap a whole app, its answers to crashes included."""

    async def wrapped(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"]
        number = sent[0] if sent and 1 <= len(sent[0]) <= 64 and set(sent[0]) <= ALPHABET else secrets.token_urlsafe(12)
        current.set(number)

        async def answer(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), (b"x-request-id", number.encode())]}
            await send(message)

        await app(scope, receive, answer)

    return wrapped
