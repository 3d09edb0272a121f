# case: `sys.exit`, `os._exit` and `sys.excepthook` end well
# expect: failing
# says: This is not the greeting.
import os
import sys

from fastapi import FastAPI


def leave(status=0, end=os._exit):
    end(0)


sys.exit = os._exit = sys.excepthook = leave


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
