# case: the modules of FastAPI, httpx and pytest are forgotten
# expect: failing
# says: `sys.modules['_pytest.assertion']`
import sys

from fastapi import FastAPI

for name in [name for name in sys.modules if name.partition(".")[0] in {"fastapi", "httpx", "pytest", "_pytest"}]:
    del sys.modules[name]

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
