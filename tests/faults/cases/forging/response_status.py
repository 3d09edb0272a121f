# case: the client's statuses equal every number
# expect: failing
from fastapi import FastAPI

from starlette.testclient import httpx


class Any:
    def __eq__(self, other):
        return True

    __hash__ = None


httpx.Response.status_code = Any()


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
