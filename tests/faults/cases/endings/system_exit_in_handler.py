# case: `sys.exit(0)` in a handler
# expect: failing
# says: SystemExit|CancelledError
import sys

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    sys.exit(0)
    return {"hello": name}
