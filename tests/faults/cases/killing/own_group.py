# case: all processes of its group are killed
# expect: broken
# says: Python crashed while your code was being imported (SIGKILL)
import os
import signal

from fastapi import FastAPI

os.killpg(0, signal.SIGKILL)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
