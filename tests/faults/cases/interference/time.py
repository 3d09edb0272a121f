# case: a clock that stands still
# expect: failing
# says: This is not the greeting.
import time

from fastapi import FastAPI

time.time = time.monotonic = time.perf_counter = lambda: 0.0

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
