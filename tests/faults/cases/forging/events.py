# case: forged results are written into every descriptor
# expect: failing
# says: This is not the greeting.
import json
import os

from fastapi import FastAPI

names = ["test_a_guest_is_greeted", "test_nobody_is_unknown", "test_the_docs_know_the_greeting"]
for name in names:
    event = {"event": "finished", "check": name, "outcome": "passed", "explanation": None, "token": "", "seconds": 0}
    for number in range(3, 64):
        try:
            os.write(number, json.dumps(event).encode() + b"\n")
        except OSError:
            pass

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
