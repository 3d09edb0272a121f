from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

register: dict[str, str] = {}


def load() -> dict[str, str]:
    return {"C-1": "cleared"}


@asynccontextmanager
async def lifespan(_: FastAPI):
    register.update(load())
    yield
    register.clear()


app = FastAPI(title="Customs", lifespan=lifespan)


@app.get("/{number}")
def read_declaration(number: str) -> dict[str, str]:
    if number not in register:
        raise HTTPException(404, "No such declaration")
    return {"state": register[number]}
