# case: an answer that is no text in any encoding
# expect: failing
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return Response(bytes(range(256)), media_type="application/json")
