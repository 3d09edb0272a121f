# case: 2,000 files in the folder for temporary files, and a wrong answer
# expect: failing
# says: This is not the greeting.
import tempfile

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}


for _ in range(2_000):
    tempfile.mkstemp()
