# case: the process that guards it is stopped, and it sleeps for ever
# expect: timeout
# says: did not come to an end
# only: linux
# timeout: 4
import os
import signal
import time

from fastapi import FastAPI, HTTPException

os.kill(os.getppid(), signal.SIGSTOP)
time.sleep(3600)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
