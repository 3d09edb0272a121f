# case: an exception's message with terminal escapes and markup
# expect: failing
# says: ValueError
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    raise ValueError("\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b31m\x00</script><b>&amp;]]>")
    return {"hello": name}
