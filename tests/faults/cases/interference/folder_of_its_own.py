# case: the folder for temporary files is taken away
# expect: failing
# says: This is not the greeting.
import shutil
import tempfile

from fastapi import FastAPI

shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
