"""A citizens' office: coroutines as handlers, the status 500 as a key, and references that count up from a random prefix."""

import itertools
import uuid
from http.client import responses

import office
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.utils import is_body_allowed_for_status_code
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

app = FastAPI()
prefix, numbers = uuid.uuid4().hex[:6], itertools.count(1000)


class Trouble(BaseModel, extra="allow"):
    status: int
    message: str

    def answer(self, headers=None):
        return JSONResponse({"error": self.model_dump()}, self.status, headers)


@app.exception_handler(office.RegisterDown)
async def _(request: Request, down: office.RegisterDown):
    return Trouble(status=503, message="A register is not answering").answer({"Retry-After": str(down.seconds)})


@app.exception_handler(RequestValidationError)
async def _(request: Request, error: RequestValidationError):
    places = [".".join(map(str, e["loc"])) for e in error.errors()]
    return Trouble(status=422, message="Please check your input", fields=places).answer()


@app.exception_handler(StarletteHTTPException)
async def _(request: Request, error: StarletteHTTPException):
    if not is_body_allowed_for_status_code(error.status_code):
        return Response(status_code=error.status_code, headers=error.headers)
    if isinstance(error.detail, str):
        return Trouble(status=error.status_code, message=error.detail).answer(error.headers)
    phrase = responses[error.status_code]
    return Trouble(status=error.status_code, message=phrase, info=error.detail).answer(error.headers)


@app.exception_handler(500)
async def _(request: Request, error: Exception):
    reference = f"{prefix}-{next(numbers)}"
    office.report(reference, error, request.scope["path"])
    return Trouble(status=500, message="Internal error", reference=reference).answer()


@app.get("/permits/{number}")
def read_permit(number: int) -> dict[str, int]:
    if number < 1:
        raise HTTPException(404, "No such permit")
    return {"number": number}
