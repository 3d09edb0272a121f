# case: processes that start processes, as many as they can
# expect: timeout
# says: did not come to an end
# only: linux
# timeout: 4
import os
import time

from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}


if hasattr(os, "setuid") and os.getuid() == 0:
    # The superuser's processes are not counted.
    os.setuid(65534)
for _ in range(100):
    try:
        os.fork()
    except OSError:
        time.sleep(3600)
