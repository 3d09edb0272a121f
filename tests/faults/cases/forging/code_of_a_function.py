# case: a function keeps its name and gets another body
# expect: failing
# says: Your code has changed `json.loads`
import json

from fastapi import FastAPI


def loads(
    s,
    *,
    cls=None,
    object_hook=None,
    parse_float=None,
    parse_int=None,
    parse_constant=None,
    object_pairs_hook=None,
    **kw,
):
    return {"hello": "you"}


json.loads.__code__ = loads.__code__


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
