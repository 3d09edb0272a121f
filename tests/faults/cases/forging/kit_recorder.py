# case: the kit's client answers by itself
# expect: failing
# says: pytest_fastapi_kata.clients.RecordingClient.send
import pytest_fastapi_kata.clients

from fastapi import FastAPI

pytest_fastapi_kata.clients.RecordingClient.send = lambda self, *rest, **more: None

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
