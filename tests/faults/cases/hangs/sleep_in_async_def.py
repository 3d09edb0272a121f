# case: `time.sleep()` in an `async def`
# expect: timeout
# says: did not come to an end
# timeout: 4
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
async def greet(name: str):
    time.sleep(3600)
    return {"hello": name}
