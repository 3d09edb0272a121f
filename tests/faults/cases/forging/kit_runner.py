# case: the kit's runner forgets every failure
# expect: failing
# says: Your code has changed `pytest_fastapi_kata.worker.run.CheckRunner._explain`
from fastapi import FastAPI

from pytest_fastapi_kata.worker.run import CheckRunner

CheckRunner._explain = lambda self, item, error, report: None


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
