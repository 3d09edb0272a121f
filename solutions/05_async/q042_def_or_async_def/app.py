"""Stock at two suppliers: what blocks is called in a worker thread, what is async is awaited on the loop."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from suppliers import ColdStore, MedExpress, Registry, get_cold_store, get_med_express, get_registry

app = FastAPI()


def licensed(x_licence: Annotated[str, Header()], registry: Annotated[Registry, Depends(get_registry)]) -> None:
    if not registry.verify(x_licence):
        raise HTTPException(403, "licence refused")


@app.get("/cold/{code}", dependencies=[Depends(licensed)])
def cold_stock(code: str, store: Annotated[ColdStore, Depends(get_cold_store)]) -> dict[str, Any]:
    return {"supplier": "cold", "code": code, "in_stock": store.stock(code)}


@app.get("/express/{code}", dependencies=[Depends(licensed)])
async def express_stock(code: str, courier: Annotated[MedExpress, Depends(get_med_express)]) -> dict[str, Any]:
    return {"supplier": "express", "code": code, "in_stock": await courier.stock(code)}
