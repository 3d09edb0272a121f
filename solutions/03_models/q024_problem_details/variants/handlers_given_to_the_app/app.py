"""Problem details: a model, handlers handed to the app, `responses` on the router."""

import http
import re

import api
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from messages import TEXTS, TITLES
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException


class Fault(BaseModel):
    source: str = Field(alias="in")
    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str
    errors: list[Fault] | None = None


def answer(problem: Problem, headers=None) -> Response:
    return Response(
        problem.model_dump_json(by_alias=True, exclude_none=True),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )


def choose(header: str) -> str:
    wishes = []
    for number, wish in enumerate(header.split(",")):
        match = re.fullmatch(r"\s*([a-z*]+)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([0-9.]+))?\s*", wish, re.IGNORECASE)
        if not match:
            continue
        name = match[1].lower()
        try:
            weight = float(match[2] or 1)
        except ValueError:
            weight = 0
        wishes.append((-weight, number, "en" if name == "*" else name))
    return next((name for weight, _, name in sorted(wishes) if weight and name in TEXTS), "en")


def words(code: str, language: str, ctx: dict) -> str:
    for own, key in ((language, code), ("en", code), (language, "*")):
        if key in TEXTS[own]:
            return re.sub(r"{(\w+)}", lambda found: str(ctx[found[1]]), TEXTS[own][key])
    return ""


def invalid(request: Request, exc: RequestValidationError):
    language = choose(request.headers.get("accept-language", "en"))
    faults = []
    for error in exc.errors():
        source, *rest = error["loc"]
        if error["type"] == "json_invalid" and source == "body":
            rest = []
        steps = [str(step).translate({ord("~"): "~0", ord("/"): "~1"}) for step in rest]
        fault = {
            "in": source,
            "pointer": "/".join(["", *steps]),
            "code": error["type"],
            "detail": words(error["type"], language, error.get("ctx") or {}),
        }
        faults.append(fault)
    problem = Problem(
        type="/problems/invalid-request",
        title=TITLES[language],
        status=422,
        instance=request.scope["path"],
        errors=faults,
    )
    return answer(problem, {"content-language": language, "vary": "accept-language"})


def refused(request: Request, exc: StarletteHTTPException):
    title = http.HTTPStatus(exc.status_code).phrase
    problem = Problem(title=title, status=exc.status_code, detail=exc.detail, instance=request.scope["path"])
    return answer(problem, exc.headers)


def crashed(request: Request, exc: Exception):
    return answer(Problem(title="Internal Server Error", status=500, instance=request.scope["path"]))


app = FastAPI(
    exception_handlers={RequestValidationError: invalid, StarletteHTTPException: refused, 500: crashed},
)
SCHEMA = Problem.model_json_schema()
app.include_router(
    api.router,
    responses={422: {"description": "Refused", "content": {"application/problem+json": {"schema": SCHEMA}}}},
)
