from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Count(BaseModel):
    number: int


@app.post("/count")
def count_on(count: Count):
    return {"next": count.number + 1}
