"""The web API of a kayak rental. README.md tells what is asked for."""

import errors
import rental
from fastapi import FastAPI

app = FastAPI()


# The two routes stay as they are. Everything that turns an exception into an answer stands outside of them.
@app.post("/boats/{boat}/rent")
def rent(boat: str, customer: str, minutes: int) -> dict[str, int]:
    return {"minutes": rental.rent(boat, customer, minutes)}


@app.post("/boats/{boat}/return")
async def bring_back(boat: str) -> dict[str, int]:
    return {"minutes left": rental.bring_back(boat)}
