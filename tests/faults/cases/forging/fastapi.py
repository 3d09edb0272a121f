# case: every answer of FastAPI's is right
# expect: failing
# says: Your code has changed `starlette.responses.JSONResponse.render`
from fastapi import FastAPI

from starlette.responses import JSONResponse


class Agreeable(bytes):
    def __eq__(self, other):
        return True

    __hash__ = None


JSONResponse.render = lambda self, content: Agreeable(b'{"hello": "you"}')


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
