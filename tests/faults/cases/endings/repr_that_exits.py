# case: an exception whose text ends the process
# expect: broken
# says: The process ended while this check ran (exit code 0)
import os

from fastapi import FastAPI


class Leaving(Exception):
    def __str__(self):
        os._exit(0)

    __repr__ = __str__


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    raise Leaving()
    return {"hello": name}
