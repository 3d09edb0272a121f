# case: the client asks nobody
# expect: failing
# says: Your code has changed `starlette.testclient.TestClient.request`
from fastapi import FastAPI

from starlette.testclient import TestClient

TestClient.request = lambda self, *rest, **more: None


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
