# case: `os._exit(0)` in a thread that was started at import
# expect: broken
# says: The process ended while your code was being imported (exit code 0)
import os
import threading
import time

from fastapi import FastAPI, HTTPException


def leave():
    time.sleep(0.2)
    os._exit(0)


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}


threading.Thread(target=leave, daemon=True).start()
time.sleep(3600)
