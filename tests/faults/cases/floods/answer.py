# case: an answer of 100 MB
# expect: failing
# says: This is not the greeting.
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    name = "x" * 100_000_000
    return {"hello": name}
