"""A citizens' office: one function answers for four classes, and is given to the app right away."""

import uuid
from http import HTTPStatus

import office
import starlette.exceptions
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response


async def desk(request, exc):
    headers = getattr(exc, "headers", None)
    match exc:
        case starlette.exceptions.HTTPException():
            if exc.status_code in {204, 304}:
                return Response(None, exc.status_code, headers)
            error = {"status": exc.status_code, "message": exc.detail}
            if not isinstance(exc.detail, str):
                error = {**error, "message": HTTPStatus(exc.status_code).phrase, "info": exc.detail}
        case RequestValidationError():
            fields = [".".join(str(step) for step in fault["loc"]) for fault in exc.errors()]
            error = {"status": 422, "message": "Please check your input", "fields": fields}
        case office.RegisterDown():
            error = {"status": 503, "message": "A register is not answering"}
            headers = {"retry-after": f"{exc.seconds}"}
        case _:
            reference = uuid.uuid4().hex
            office.report(error=exc, path=request.url.path, reference=reference)
            error = {"status": 500, "message": "Internal error", "reference": reference}
            headers = None
    return JSONResponse({"error": error}, error["status"], headers)


KINDS = (starlette.exceptions.HTTPException, RequestValidationError, office.RegisterDown, Exception)
app = FastAPI(exception_handlers=dict.fromkeys(KINDS, desk))


@app.get("/permits/{number}")
def read_permit(number: int) -> dict[str, int]:
    if number < 1:
        raise HTTPException(404, "No such permit")
    return {"number": number}
