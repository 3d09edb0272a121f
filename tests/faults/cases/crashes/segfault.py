# case: an access to address 0 in a handler
# expect: broken
# says: Python crashed while this check ran (SIGSEGV)
import ctypes

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    ctypes.string_at(0)
    return {"hello": name}
