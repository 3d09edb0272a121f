"""What the errors of a kayak rental are in HTTP."""

import errors
from fastapi import FastAPI
from fastapi.responses import JSONResponse

STATUS = {errors.NotFound: 404, errors.Conflict: 409, errors.RentalError: 400}


def status_of(exc):
    return next(STATUS[cls] for cls in type(exc).__mro__ if cls in STATUS)


def headers_of(exc):
    return {"Retry-After": str(60 * exc.minutes)} if isinstance(exc, errors.BoatTaken) else None


async def answer(request, exc):
    body = {"code": exc.code, "message": str(exc)}
    return JSONResponse(body, status_code=status_of(exc), headers=headers_of(exc))


def register(app: FastAPI) -> None:
    app.add_exception_handler(errors.RentalError, answer)
