# case: a daemon in a session of its own that keeps every descriptor, behind a wrong answer
# expect: failing
# says: This is not the greeting.
import os
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}


if os.fork() == 0:
    os.setsid()
    time.sleep(3600)
