"""The web API of a kayak rental, with one handler that asks what an error is."""

import errors
import rental
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


@app.exception_handler(errors.RentalError)
async def rental_error(request, exc: errors.RentalError):
    if isinstance(exc, errors.NotFound):
        status = 404
    elif isinstance(exc, errors.Conflict):
        status = 409
    else:
        status = 400
    response = JSONResponse(status_code=status, content={"code": exc.code, "message": str(exc)})
    if isinstance(exc, errors.BoatTaken):
        response.headers["Retry-After"] = f"{exc.minutes * 60}"
    return response


@app.post("/boats/{boat}/rent")
def rent(boat: str, customer: str, minutes: int) -> dict[str, int]:
    return {"minutes": rental.rent(boat, customer, minutes)}


@app.post("/boats/{boat}/return")
async def bring_back(boat: str) -> dict[str, int]:
    return {"minutes left": rental.bring_back(boat)}
