"""Previews of floor plans, with two threads of their own, which work in a copy of the request's context."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from studio import PlanNotFound, Renderer, RenderError, RequestIdMiddleware, Vault, get_renderer, get_vault

app = FastAPI()
app.add_middleware(RequestIdMiddleware)
router = APIRouter(prefix="/plans/{plan_id}")
threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="render")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


async def plan(plan_id: str, vault: Annotated[Vault, Depends(get_vault)]) -> bytes:
    try:
        return await vault.fetch(plan_id)
    except PlanNotFound:
        raise HTTPException(404, detail="no such plan") from None


@router.post("/preview", status_code=201)
async def preview(
    plan_id: str,
    plan: Annotated[bytes, Depends(plan)],
    vault: Annotated[Vault, Depends(get_vault)],
    renderer: Annotated[Renderer, Depends(get_renderer)],
    dpi: Annotated[int, Query(ge=36, le=600)] = 150,
):
    loop = asyncio.get_running_loop()
    try:
        image = await loop.run_in_executor(threads, copy_context().run, renderer.render, plan, dpi)
    except RenderError as error:
        raise HTTPException(422, detail=error.args[0]) from error
    await vault.store(f"{plan_id}@{dpi}", image)
    return {"plan": plan_id, "key": f"{plan_id}@{dpi}", "size": len(image)}


app.include_router(router)
