"""The ticket screen. It works in one process; README.md tells what is asked for."""

import os

from fastapi import FastAPI

app = FastAPI()

queue = {"last": 0}


@app.post("/tickets", status_code=201)
def take_a_ticket():
    queue["last"] += 1
    return {"number": queue["last"], "worker": os.getpid()}


@app.get("/tickets/last")
def last_ticket():
    return {"number": queue["last"]}
