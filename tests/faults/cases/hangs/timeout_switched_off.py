# case: pytest-timeout and the watchdog are switched off before it sleeps for ever
# expect: timeout
# says: did not come to an end
# timeout: 4
import faulthandler
import signal
import time

from fastapi import FastAPI, HTTPException

signal.setitimer(signal.ITIMER_REAL, 0)
faulthandler.cancel_dump_traceback_later()
time.sleep(3600)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
