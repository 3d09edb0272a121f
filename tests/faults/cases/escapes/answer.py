# case: an answer with terminal escapes, markup and a zero
# expect: failing
# says: This is not the greeting.
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    name = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b31m\x00</script><b>&amp;]]>"
    return {"hello": name}
