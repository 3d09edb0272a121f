# case: `sys.exit(0)` when the app starts up
# expect: failing
# says: SystemExit|CancelledError
import sys
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException


@asynccontextmanager
async def lifespan(app):
    sys.exit(0)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
