# case: a recursion without an end
# expect: failing
# says: RecursionError
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    greet(name)
    return {"hello": name}
