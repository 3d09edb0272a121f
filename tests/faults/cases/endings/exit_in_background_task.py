# case: `os._exit(0)` in a background task
# expect: broken
# says: The process ended while this check ran (exit code 0)
import os

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str, tasks: BackgroundTasks):
    tasks.add_task(os._exit, 0)
    return {"hello": name}
