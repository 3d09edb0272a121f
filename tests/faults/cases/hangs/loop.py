# case: a loop without an end in a handler
# expect: timeout
# says: did not come to an end
# timeout: 4
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    while True:
        pass
    return {"hello": name}
