# case: every model is valid
# expect: failing
# says: Your code has changed `pydantic.main.BaseModel.model_validate`
import pydantic

from fastapi import FastAPI

pydantic.BaseModel.model_validate = classmethod(lambda cls, value, **more: value)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
