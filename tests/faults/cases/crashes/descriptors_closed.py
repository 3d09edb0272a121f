# case: all file descriptors are closed at import
# expect: broken
# says: while your code was being imported
import os

from fastapi import FastAPI, HTTPException

os.closerange(0, 4096)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
