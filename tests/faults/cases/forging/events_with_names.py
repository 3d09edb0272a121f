# case: forged results with every word that the names of temporary files hold
# expect: failing|broken
import itertools
import json
import os
import pathlib
import re
import tempfile

from fastapi import FastAPI

folder = pathlib.Path(tempfile.gettempdir())
words = {word for path in (folder, *folder.parent.iterdir()) for word in re.findall("[0-9a-f]{8,}", path.name)}
names = ["test_a_guest_is_greeted", "test_nobody_is_unknown", "test_the_docs_know_the_greeting"]
for name, word, kind in itertools.product(names, words, ["started", "finished"]):
    event = {"event": kind, "check": name, "outcome": "passed", "explanation": None, "token": word, "seconds": 0}
    for number in range(3, 64):
        try:
            os.write(number, json.dumps(event).encode() + b"\n")
        except OSError:
            pass

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
