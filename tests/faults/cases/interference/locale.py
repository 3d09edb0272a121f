# case: another locale and another time zone
# expect: failing
# says: This is not the greeting.
import locale
import os
import time

from fastapi import FastAPI

os.environ["TZ"] = "Asia/Kathmandu"
if hasattr(time, "tzset"):
    time.tzset()
locale.setlocale(locale.LC_ALL, "C")

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
