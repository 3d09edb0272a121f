"""Previews of floor plans, with a semaphore of asyncio around `asyncio.to_thread`, and exception handlers."""

import asyncio

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from studio import PlanNotFound, RenderError, RequestIdMiddleware, get_renderer, get_vault

app = FastAPI()
app.add_middleware(RequestIdMiddleware)
licence = asyncio.Semaphore(2)


class Preview(BaseModel):
    plan: str
    key: str
    size: int


@app.exception_handler(PlanNotFound)
async def not_found(request: Request, error: PlanNotFound) -> JSONResponse:
    return JSONResponse({"detail": "no such plan"}, 404)


@app.exception_handler(RenderError)
async def not_rendered(request: Request, error: RenderError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 422)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/plans/{plan_id}/preview", status_code=201)
async def preview(
    plan_id: str,
    dpi: int = Query(150, ge=36, le=600),
    vault=Depends(get_vault),
    renderer=Depends(get_renderer),
) -> Preview:
    async with licence:
        plan = await vault.fetch(plan_id)
        image = await asyncio.to_thread(renderer.render, plan=plan, dpi=dpi)
        await vault.store(f"{plan_id}@{dpi}", image)
    return Preview(plan=plan_id, key=f"{plan_id}@{dpi}", size=len(image))
