import re
from contextvars import ContextVar
from uuid import uuid4

import structlog

request_id = ContextVar("request_id", default=None)


def add_request_id(logger, name, event):
    event["request_id"] = request_id.get()
    return event


def mask(logger, name, event):
    return {key: "***" if key in {"card_number", "password", "token"} else value for key, value in event.items()}


CHAIN = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
    mask,
    structlog.processors.format_exc_info,
    structlog.processors.EventRenamer("message"),
]


def formatter():
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=CHAIN,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    )


class Identify:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
            own = sent if re.fullmatch(r"[\w.-]{1,64}", sent, re.ASCII) else str(uuid4())
            request_id.set(own)
            inner = send

            async def send(message):
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
                await inner(message)

        await self.app(scope, receive, send)
