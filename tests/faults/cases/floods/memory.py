# case: 6 GB of memory
# expect: failing
# says: MemoryError
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    bytearray(6 * 1024**3)
    return {"hello": name}
