# case: `pytest.xfail()` in a handler
# expect: failing
# says: XFailed: never mind|CancelledError
import pytest

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    pytest.xfail("never mind")
    return {"hello": name}
