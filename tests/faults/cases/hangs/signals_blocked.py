# case: signals are blocked before it sleeps for ever
# expect: timeout
# says: did not come to an end
# timeout: 4
import signal
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(3600)
    return {"hello": name}
