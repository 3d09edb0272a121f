"""Two routers, a counter of versions for the whole shop, and counting once by whether the basket was still there."""

from contextlib import asynccontextmanager

import baskets
import orders
import store
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from ledger import create_tables
from sqlalchemy.exc import SQLAlchemyError


@asynccontextmanager
async def lifespan(app: FastAPI):
    create_tables()
    store.connect()
    yield
    store.disconnect()


app = FastAPI(lifespan=lifespan)
app.include_router(baskets.router)
app.include_router(orders.router)


@app.exception_handler(SQLAlchemyError)
def ledger_failed(request, error):
    return JSONResponse({"detail": "the ledger is closed"}, status_code=503)
