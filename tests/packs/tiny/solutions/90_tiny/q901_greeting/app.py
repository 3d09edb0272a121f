from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    if name == "nobody":
        raise HTTPException(404, "nobody there")
    return {"hello": name}
