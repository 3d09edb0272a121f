"""The web API of a kayak rental; what errors are in HTTP stands in a module of its own."""

import rental
import translation
from fastapi import FastAPI

app = FastAPI()
translation.register(app)


@app.post("/boats/{boat}/rent")
def rent(boat: str, customer: str, minutes: int) -> dict[str, int]:
    return {"minutes": rental.rent(boat, customer, minutes)}


@app.post("/boats/{boat}/return")
async def bring_back(boat: str) -> dict[str, int]:
    return {"minutes left": rental.bring_back(boat)}
