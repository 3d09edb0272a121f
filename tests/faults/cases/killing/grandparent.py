# case: the process is killed that starts all others
# expect: broken
# says: (SIGKILL)
# only: linux
import os
import pathlib
import signal
import time

from fastapi import FastAPI


def parent_of(number):
    return int(pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])


if b"--serve" in pathlib.Path(f"/proc/{parent_of(os.getppid())}/cmdline").read_bytes():
    os.kill(parent_of(os.getppid()), signal.SIGKILL)
else:
    os.kill(os.getppid(), signal.SIGKILL)
time.sleep(3600)


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
