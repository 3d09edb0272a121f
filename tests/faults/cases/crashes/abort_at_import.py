# case: `os.abort()` at import
# expect: broken
# says: Python crashed while your code was being imported (SIGABRT)
import os

from fastapi import FastAPI, HTTPException

os.abort()

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
