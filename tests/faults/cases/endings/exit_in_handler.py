# case: `os._exit(0)` in a handler
# expect: broken
# says: The process ended while this check ran (exit code 0)
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    os._exit(0)
    return {"hello": name}
