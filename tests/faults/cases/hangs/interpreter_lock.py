# case: a regular expression that holds the interpreter's lock for years
# expect: timeout
# says: did not come to an end
# timeout: 4
import re

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    re.match("(a*)*b", "a" * 60)
    return {"hello": name}
