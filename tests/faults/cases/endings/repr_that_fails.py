# case: an exception whose text cannot be made
# expect: failing
# says: its message cannot be shown
from fastapi import FastAPI


class Silent(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    raise Silent()
    return {"hello": name}
