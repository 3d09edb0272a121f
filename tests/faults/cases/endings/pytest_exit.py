# case: `pytest.exit(returncode=0)` in a handler
# expect: failing
# says: Exit: enough|CancelledError
import pytest

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    pytest.exit("enough", returncode=0)
    return {"hello": name}
