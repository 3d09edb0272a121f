# case: `os._exit(0)` when the app starts up
# expect: broken
# says: The process ended while this check ran (exit code 0)
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException


@asynccontextmanager
async def lifespan(app):
    os._exit(0)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
