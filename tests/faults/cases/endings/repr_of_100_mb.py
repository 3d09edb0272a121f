# case: an exception whose text has 100 MB
# expect: failing
# says: Talkative: xxx
from fastapi import FastAPI


class Talkative(Exception):
    def __str__(self):
        return "x" * 100_000_000

    __repr__ = __str__


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    raise Talkative()
    return {"hello": name}
