# case: its parent process is killed
# expect: broken
# says: (SIGKILL)
# only: linux
import os
import signal

from fastapi import FastAPI

os.kill(os.getppid(), signal.SIGKILL)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
