# case: another current folder
# expect: failing
# says: This is not the greeting.
import os
import tempfile

from fastapi import FastAPI

os.chdir(tempfile.gettempdir())

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
