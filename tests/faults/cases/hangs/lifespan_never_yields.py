# case: a lifespan that waits for ever
# expect: timeout
# says: did not come to an end
# timeout: 4
import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException


@asynccontextmanager
async def lifespan(app):
    await asyncio.Event().wait()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
