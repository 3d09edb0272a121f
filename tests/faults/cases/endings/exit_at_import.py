# case: `os._exit(0)` while the app is imported
# expect: broken
# says: The process ended while your code was being imported (exit code 0)
import os

from fastapi import FastAPI, HTTPException

os._exit(0)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
