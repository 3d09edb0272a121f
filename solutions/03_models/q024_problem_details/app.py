"""The contracts of an energy supplier, with problem details (RFC 9457) for every error."""

from http import HTTPStatus
from typing import Any

import api
import messages
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "instance": TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"in": TEXT, "pointer": TEXT, "code": TEXT, "detail": TEXT}},
        },
    },
    "required": ["type", "title", "status", "instance", "errors"],
}

# Whoever documents a 422 gets no HTTPValidationError from FastAPI. The plain schema, since a `model` would be
# documented as application/json.
INVALID = {"description": "The request has mistakes.", "content": {"application/problem+json": {"schema": PROBLEM}}}

app = FastAPI(responses={422: INVALID})
app.include_router(api.router)


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def language_of(header: str) -> str:
    """Return the key of messages.TEXTS that an Accept-Language header likes best."""
    best, best_weight = "en", 0.0
    for part in header.lower().split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().partition("-")[0].replace("*", "en")
        try:
            weight = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue  # whatever that was, it is no reason to fail
        if language in messages.TEXTS and weight > best_weight:
            best, best_weight = language, weight
    return best


def pointer(error: dict[str, Any]) -> str:
    """Return the place of a fault, without its source, as a JSON Pointer."""
    _, *steps = error["loc"]
    if error["type"] == "json_invalid":
        steps = []  # FastAPI gives the position in the text, which is no place in the data
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def text(error: dict[str, Any], language: str) -> str:
    """Return our own words for a fault; pydantic's may quote what the client sent."""
    code, texts = error["type"], messages.TEXTS
    template = texts[language].get(code) or texts["en"].get(code) or texts[language]["*"]
    return template.format(**error.get("ctx", {}))


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, exc: RequestValidationError):
    language = language_of(request.headers.get("accept-language", ""))
    # Built anew from what may be told. `input`, `ctx` and `msg` hold the client's data, and objects that JSON cannot write.
    errors = [
        {"in": error["loc"][0], "pointer": pointer(error), "code": error["type"], "detail": text(error, language)}
        for error in exc.errors()
    ]
    return ProblemResponse(
        {
            "type": "/problems/invalid-request",
            "title": messages.TITLES[language],
            "status": 422,
            "instance": request.url.path,
            "errors": errors,
        },
        status_code=422,
        headers={"Content-Language": language, "Vary": "Accept-Language"},
    )


def plain_problem(request: Request, status: int, **members: Any) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, **members, "instance": request.url.path}


# Starlette's class: FastAPI's own inherits from it, and the router's 404 and 405 are raised as this one.
@app.exception_handler(HTTPException)
async def refused(request: Request, exc: HTTPException):
    content = plain_problem(request, exc.status_code, detail=exc.detail)
    return ProblemResponse(content, status_code=exc.status_code, headers=exc.headers)


# For what nobody expected. Afterwards the exception goes on to the server, so it is still in the log.
@app.exception_handler(Exception)
async def crashed(request: Request, exc: Exception):
    return ProblemResponse(plain_problem(request, 500), status_code=500)
