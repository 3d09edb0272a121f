# case: a header with terminal escapes
# expect: failing
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str, response: Response):
    response.headers["X-Greeting"] = "\x1b[31mred\x07"
    return {"hello": "you"}
