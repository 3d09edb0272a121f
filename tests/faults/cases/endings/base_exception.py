# case: a `BaseException` at import
# expect: broken
# says: BaseException: base
from fastapi import FastAPI, HTTPException

raise BaseException("base")

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
