# case: a `BaseException` when the app shuts down
# expect: failing
# says: BaseException|CancelledError
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException


@asynccontextmanager
async def lifespan(app):
    yield
    raise BaseException("base")


app = FastAPI(lifespan=lifespan)


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
