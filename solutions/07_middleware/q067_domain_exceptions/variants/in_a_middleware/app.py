"""The web API of a kayak rental, with a middleware that catches the errors."""

import errors
import rental
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


class Translation:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except errors.BoatTaken as exc:
            await self.answer(exc, 409, {"Retry-After": str(exc.minutes * 60)})(scope, receive, send)
        except errors.NotFound as exc:
            await self.answer(exc, 404)(scope, receive, send)
        except errors.Conflict as exc:
            await self.answer(exc, 409)(scope, receive, send)
        except errors.RentalError as exc:
            await self.answer(exc, 400)(scope, receive, send)

    def answer(self, exc, status, headers=None):
        return JSONResponse({"code": exc.code, "message": str(exc)}, status, headers)


app.add_middleware(Translation)


@app.post("/boats/{boat}/rent")
def rent(boat: str, customer: str, minutes: int) -> dict[str, int]:
    return {"minutes": rental.rent(boat, customer, minutes)}


@app.post("/boats/{boat}/return")
async def bring_back(boat: str) -> dict[str, int]:
    return {"minutes left": rental.bring_back(boat)}
