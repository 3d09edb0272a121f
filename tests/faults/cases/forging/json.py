# case: JSON is read with another mind
# expect: failing
# says: `json.loads`
import json

from fastapi import FastAPI


class Agreeable(dict):
    def __eq__(self, other):
        return True

    __hash__ = None


json.loads = lambda text, **more: Agreeable(hello="you")


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
