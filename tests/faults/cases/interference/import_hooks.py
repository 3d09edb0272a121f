# case: a finder that refuses every import
# expect: failing|broken
import sys

from fastapi import FastAPI


class Refusing:
    def find_spec(self, name, path=None, target=None):
        raise ImportError(f"no {name} today")


sys.meta_path.insert(0, Refusing())


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
