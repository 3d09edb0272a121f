"""The bakery's app: a front page that is always open, and the orders."""

import bakery
import orders
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def front_page() -> dict[str, bool]:
    return {"open": bakery.open_today}


app.include_router(orders.router)
