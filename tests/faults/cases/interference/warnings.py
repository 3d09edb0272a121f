# case: every warning is an error
# expect: failing
# says: This is not the greeting.
import warnings

from fastapi import FastAPI

warnings.simplefilter("error")
warnings.filterwarnings = lambda *rest, **more: None

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
