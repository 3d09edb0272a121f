# case: SIGALRM and SIGTERM are ignored before a loop without an end
# expect: timeout
# says: did not come to an end
# timeout: 4
import signal

from fastapi import FastAPI, HTTPException

signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    pass

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
