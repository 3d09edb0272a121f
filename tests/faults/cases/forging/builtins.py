# case: `isinstance` and `len` say what a learner wishes
# expect: failing|broken
import builtins

from fastapi import FastAPI

builtins.len = lambda value: 1
builtins.isinstance = lambda value, kind: True

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
