# case: the standard streams are closed
# expect: failing
import sys

from fastapi import FastAPI

sys.stdout.close()
sys.stderr.close()
sys.stdout = sys.stderr = None

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
