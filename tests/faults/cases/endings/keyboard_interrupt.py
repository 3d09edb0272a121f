# case: `KeyboardInterrupt` in a handler
# expect: failing
# says: KeyboardInterrupt|CancelledError
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    raise KeyboardInterrupt
    return {"hello": name}
