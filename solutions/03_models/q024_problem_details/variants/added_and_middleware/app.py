"""Problem details: handlers added by calls, a middleware for what nobody expected."""

import http.client

import api
import messages
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

PROBLEM = "application/problem+json"

app = FastAPI()
app.include_router(
    api.router,
    responses={
        "4XX": {"description": "Something was refused.", "content": {PROBLEM: {}}},
        422: {
            "description": "Refused",
            "content": {
                PROBLEM: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            name: {} for name in ("type", "title", "status", "instance", "errors", "detail")
                        },
                    }
                }
            },
        },
    },
)


def weight_of(part):
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(float(value), 1)
            except ValueError:
                return 0
    return 1


def language_of(header):
    known = {}
    for part in header.split(","):
        name = part.split(";")[0].strip().lower().split("-")[0]
        name = "en" if name == "*" else name
        if name in messages.TEXTS:
            known[name] = max(weight_of(part), known.get(name, 0))
    return max(known, key=known.get) if known and max(known.values()) > 0 else "en"


async def invalid(request, exc):
    language = language_of(request.headers.get("accept-language", "*"))
    mine, english = messages.TEXTS[language], messages.TEXTS["en"]
    errors = []
    for error in exc.errors():
        code, loc = error["type"], error["loc"]
        text = mine.get(code, english.get(code, mine["*"])).format_map(error.get("ctx", {}))
        pointer = "".join(f"/{step}" for step in (str(s).replace("~", "~0").replace("/", "~1") for s in loc[1:]))
        if code == "json_invalid" and len(loc) == 2 and isinstance(loc[1], int):
            pointer = ""
        errors.append(dict(zip(("in", "pointer", "code", "detail"), (loc[0], pointer, code, text), strict=True)))
    body = dict(type="/problems/invalid-request", title=messages.TITLES[language], status=422)
    response = JSONResponse(body | {"instance": request.url.path, "errors": errors}, 422, media_type=PROBLEM)
    response.headers["Content-Language"] = language
    response.headers.add_vary_header("Accept-Language")
    return response


async def refused(request, exc):
    body = {"type": "about:blank", "title": http.client.responses[exc.status_code], "status": exc.status_code}
    body |= {"detail": exc.detail, "instance": request.url.path}
    return JSONResponse(body, exc.status_code, exc.headers, PROBLEM)


app.add_exception_handler(RequestValidationError, invalid)
app.add_exception_handler(HTTPException, refused)


@app.middleware("http")
async def catch_the_rest(request, call_next):
    try:
        return await call_next(request)
    except Exception:
        body = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "instance": request.url.path}
        return JSONResponse(body, 500, media_type=PROBLEM)
