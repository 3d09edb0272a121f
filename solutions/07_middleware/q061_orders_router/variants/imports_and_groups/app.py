"""The bakery's app, put together from routers only."""

import bakery
from fastapi import APIRouter, FastAPI
from orders import router as orders_router

pages = APIRouter()


@pages.get("/")
async def front_page():
    return {"open": bakery.open_today}


app = FastAPI(title="Bakery")
app.include_router(orders_router)
app.include_router(pages)
