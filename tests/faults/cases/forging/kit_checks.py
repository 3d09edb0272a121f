# case: the kit's own comparison always agrees
# expect: failing
# says: `pytest_fastapi_kata.comparison.Exactly.__eq__`
import pytest_fastapi_kata.comparison

from fastapi import FastAPI

pytest_fastapi_kata.comparison.Exactly.__eq__ = lambda self, other: True

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
