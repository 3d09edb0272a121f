"""The web API of a kayak rental: what each kind of error is in HTTP."""

import errors
import rental
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


def told(error: errors.RentalError, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": error.code, "message": str(error)}, status, headers)


# Of several handlers, the one for the nearest class is called, in whatever order they stand.
@app.exception_handler(errors.RentalError)
def refused(request: Request, error: errors.RentalError) -> JSONResponse:
    return told(error, 400)


@app.exception_handler(errors.NotFound)
def not_found(request: Request, error: errors.NotFound) -> JSONResponse:
    return told(error, 404)


@app.exception_handler(errors.Conflict)
def conflict(request: Request, error: errors.Conflict) -> JSONResponse:
    return told(error, 409)


@app.exception_handler(errors.BoatTaken)
def taken(request: Request, error: errors.BoatTaken) -> JSONResponse:
    return told(error, 409, {"Retry-After": str(error.minutes * 60)})


@app.post("/boats/{boat}/rent")
def rent(boat: str, customer: str, minutes: int) -> dict[str, int]:
    return {"minutes": rental.rent(boat, customer, minutes)}


@app.post("/boats/{boat}/return")
async def bring_back(boat: str) -> dict[str, int]:
    return {"minutes left": rental.bring_back(boat)}
