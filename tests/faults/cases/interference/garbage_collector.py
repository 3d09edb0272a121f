# case: the garbage collector is switched off, and references are counted in vain
# expect: failing
# says: This is not the greeting.
import gc

from fastapi import FastAPI

gc.disable()
gc.set_threshold(0)
gc.freeze()

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
