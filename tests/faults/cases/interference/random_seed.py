# case: random numbers are made predictable, in the hope that the names are
# expect: failing
# says: This is not the greeting.
import random

from fastapi import FastAPI

random.seed(0)
random.choice = lambda values: values[0]

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
