# case: a hook at the interpreter's exit that ends well, behind a wrong answer
# expect: failing
# says: This is not the greeting.
import atexit
import os

from fastapi import FastAPI

atexit.register(os._exit, 0)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
