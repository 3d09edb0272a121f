# case: no thread can be started
# expect: failing
# says: cannot join thread before it is started
import threading

from fastapi import FastAPI

threading.Thread.start = lambda self: None

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
