# case: 10,000 threads
# expect: failing
# says: can't start new thread
import threading

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    for _ in range(10_000):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return {"hello": name}
