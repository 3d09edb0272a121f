# case: an empty `sys.path`
# expect: failing
# says: This is not the greeting.
import sys

from fastapi import FastAPI

sys.path.clear()

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
