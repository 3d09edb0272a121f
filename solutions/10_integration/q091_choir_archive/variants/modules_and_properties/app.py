"""The choir's archive in several modules: a router, sync sessions, schemas that read attributes, and eager relations."""

from contextlib import asynccontextmanager

from database import dispose, make_tables
from fastapi import FastAPI
from works import router


@asynccontextmanager
async def lifespan(app: FastAPI):
    make_tables()
    yield
    dispose()


app = FastAPI(lifespan=lifespan)
app.include_router(router)
