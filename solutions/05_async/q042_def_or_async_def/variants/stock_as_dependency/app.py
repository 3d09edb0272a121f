"""Stock at two suppliers, with a guard that yields, stocks as dependencies, and a thread that comes back to the loop."""

from collections.abc import Iterator
from typing import Annotated, Any

from anyio import from_thread
from fastapi import Depends, FastAPI, Header, HTTPException
from suppliers import ColdStore, MedExpress, Registry, get_cold_store, get_med_express, get_registry

app = FastAPI()


def licensed(
    registry: Annotated[Registry, Depends(get_registry)], x_licence: Annotated[str, Header()]
) -> Iterator[str]:
    if not registry.verify(x_licence):
        raise HTTPException(403, detail="licence refused")
    yield x_licence


def in_the_cold(code: str, _: Annotated[str, Depends(licensed)], store: Annotated[ColdStore, Depends(get_cold_store)]):
    return store.stock(code)


@app.get("/cold/{code}")
async def cold(code: str, in_stock: Annotated[int, Depends(in_the_cold)]) -> dict[str, Any]:
    return {"supplier": "cold", "code": code, "in_stock": in_stock}


@app.get("/express/{code}")
def express(
    code: str, _: Annotated[str, Depends(licensed)], courier: Annotated[MedExpress, Depends(get_med_express)]
) -> dict[str, Any]:
    return {"supplier": "express", "code": code, "in_stock": from_thread.run(courier.stock, code)}
