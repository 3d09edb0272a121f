# case: nonsense is written into every descriptor
# expect: failing|broken
import os

from fastapi import FastAPI

for number in range(3, 64):
    for text in (b"{" * 100_000, b"\0" * 1000, b'{"token": 1}\n', b"[" * 100_000 + b"\n"):
        try:
            os.write(number, text)
        except OSError:
            pass

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
