# case: a thread that never ends, behind a wrong answer
# expect: failing
# says: This is not the greeting.
import threading

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}


threading.Thread(target=threading.Event().wait).start()
