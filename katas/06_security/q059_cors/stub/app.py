from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response
from harbour import CONSOLE_ORIGIN, PREVIEW_DOMAIN, BadgeGate, berths

app = FastAPI(title="Berths")
app.add_middleware(BadgeGate)
# The console's pages cannot call this API yet.


@app.get("/berths/{number}")
def read(number: int, response: Response):
    if number not in berths:
        raise HTTPException(404, "No such berth")
    response.headers["ETag"] = f'"{berths[number]}"'
    return {"number": number, "ship": berths[number]}


@app.put("/berths/{number}")
def moor(number: int, ship: Annotated[str, Body(embed=True)]):
    berths[number] = ship
    return {"number": number, "ship": ship}


@app.delete("/berths/{number}", status_code=204)
def remove(number: int):
    berths.pop(number, None)
