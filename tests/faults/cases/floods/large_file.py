# case: a file of 200 MB in the folder for temporary files
# expect: failing
# says: File too large
import tempfile

from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    return {"hello": name}
