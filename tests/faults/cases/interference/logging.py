# case: logging is switched off, and its handlers are taken away
# expect: failing
# says: This is not the greeting.
import logging

from fastapi import FastAPI

logging.disable(logging.CRITICAL)
logging.root.handlers.clear()
logging.setLoggerClass(type("Mute", (logging.Logger,), {"handle": lambda self, record: None}))

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
