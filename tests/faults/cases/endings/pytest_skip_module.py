# case: `pytest.skip(allow_module_level=True)` at import
# expect: failing
# says: skipped
import pytest

from fastapi import FastAPI, HTTPException

pytest.skip("not today", allow_module_level=True)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
