# case: a loop without an end at import
# expect: timeout
# says: did not come to an end
# timeout: 4
from fastapi import FastAPI, HTTPException

while True:
    pass

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
