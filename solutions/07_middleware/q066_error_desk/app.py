"""A citizens' office: one desk for all errors, with a handler for each kind."""

import secrets
from http import HTTPStatus
from typing import Any

import office
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException

app = FastAPI()


def answer(status: int, headers: Any = None, **error: Any) -> Response:
    return JSONResponse({"error": {"status": status, **error}}, status, headers)


# FastAPI's HTTPException is a subclass of this one, and the router raises this one.
@app.exception_handler(AnyHTTPException)
def http_error(request: Request, error: AnyHTTPException) -> Response:
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    # Annotated as a text, but FastAPI lets it be anything.
    detail: Any = error.detail
    if isinstance(detail, str):
        return answer(error.status_code, error.headers, message=detail)
    phrase = HTTPStatus(error.status_code).phrase
    return answer(error.status_code, error.headers, message=phrase, info=detail)


@app.exception_handler(RequestValidationError)
def wrong_input(request: Request, error: RequestValidationError) -> Response:
    fields = [".".join(map(str, one["loc"])) for one in error.errors()]
    return answer(422, message="Please check your input", fields=fields)


@app.exception_handler(office.RegisterDown)
def register_down(request: Request, error: office.RegisterDown) -> Response:
    headers = {"Retry-After": str(error.seconds)}
    return answer(503, headers, message="A register is not answering")


# The outermost middleware calls this one, sends what it returns, and raises the exception on.
@app.exception_handler(Exception)
def unexpected(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4).upper()
    office.report(reference, error, request.url.path)
    return answer(500, message="Internal error", reference=reference)


@app.get("/permits/{number}")
def read_permit(number: int) -> dict[str, int]:
    if number < 1:
        raise HTTPException(404, "No such permit")
    return {"number": number}
