# case: `os._exit(0)` in a dependency
# expect: broken
# says: The process ended while this check ran (exit code 0)
import os

from fastapi import Depends, FastAPI

app = FastAPI()


def settings():
    os._exit(0)


@app.get("/greetings/{name}")
def greet(name: str, settings=Depends(settings)):
    return {"hello": name}
