# case: `sys.exit(0)` while the app is imported
# expect: broken
# says: SystemExit: 0
import sys

from fastapi import FastAPI, HTTPException

sys.exit(0)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404)
    return {"hello": name}
