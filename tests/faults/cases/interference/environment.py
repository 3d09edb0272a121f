# case: an environment in which nothing is left
# expect: failing
# says: This is not the greeting.
import os

from fastapi import FastAPI

os.environ.clear()

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
