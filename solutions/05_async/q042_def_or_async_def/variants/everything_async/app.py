"""Stock at two suppliers, with `async def` everywhere and the two blocking calls sent to threads."""

import asyncio

import suppliers
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


async def licensed(
    licence: str = Header(alias="X-Licence"), registry: suppliers.Registry = Depends(suppliers.get_registry)
) -> None:
    if not await run_in_threadpool(registry.verify, licence):
        raise HTTPException(status_code=403, detail="licence refused")


@app.get("/cold/{code}", dependencies=[Depends(licensed)])
async def cold(code: str, store: suppliers.ColdStore = Depends(suppliers.get_cold_store)):
    return {"supplier": "cold", "code": code, "in_stock": await asyncio.to_thread(store.stock, code)}


@app.get("/express/{code}", dependencies=[Depends(licensed)])
async def express(code: str, med: suppliers.MedExpress = Depends(suppliers.get_med_express)):
    return {"supplier": "express", "code": code, "in_stock": await med.stock(code)}
