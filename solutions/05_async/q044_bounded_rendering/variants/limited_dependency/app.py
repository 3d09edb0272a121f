"""Previews of floor plans, with a seat that is a dependency: FastAPI lets two requests have one at a time."""

from collections.abc import AsyncIterator
from typing import Annotated

import studio
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.concurrency import run_in_threadpool

app = FastAPI()
app.add_middleware(studio.RequestIdMiddleware)

Dpi = Annotated[int, Query(ge=36, le=600)]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


async def plan(plan_id: str, vault: Annotated[studio.Vault, Depends(studio.get_vault)]) -> bytes:
    try:
        return await vault.fetch(plan_id)
    except studio.PlanNotFound as error:
        raise HTTPException(404, "no such plan") from error


async def seat() -> AsyncIterator[None]:
    yield


@app.post("/plans/{plan_id}/preview", status_code=201)
async def preview(
    plan_id: str,
    plan: Annotated[bytes, Depends(plan)],
    seat: Annotated[None, Depends(seat, max_concurrency=2)],
    vault: Annotated[studio.Vault, Depends(studio.get_vault)],
    renderer: Annotated[studio.Renderer, Depends(studio.get_renderer)],
    dpi: Dpi = 150,
):
    try:
        image = await run_in_threadpool(renderer.render, plan, dpi)
    except studio.RenderError as error:
        raise HTTPException(422, str(error)) from error
    await vault.store(f"{plan_id}@{dpi}", image)
    return {"plan": plan_id, "key": f"{plan_id}@{dpi}", "size": len(image)}
