# case: 400 MB written to descriptors 1 and 2
# expect: failing
# says: File too large
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    for _ in range(200):
        os.write(1, b"x" * 1_000_000)
        os.write(2, b"x" * 1_000_000)
    name = "you"
    return {"hello": name}
