# case: a recursion without an end, the limit lifted
# expect: broken
# says: while your code was being imported
# timeout: 30
import sys

from fastapi import FastAPI, HTTPException

sys.setrecursionlimit(10**9)


def deeper(values):
    return sorted(values, key=lambda _: deeper(values))


deeper([1])


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
