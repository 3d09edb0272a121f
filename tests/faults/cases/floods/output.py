# case: 400 MB printed
# expect: failing
# says: File too large
from fastapi import FastAPI

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    for _ in range(400):
        print("x" * 1_000_000)
    name = "you"
    return {"hello": name}
