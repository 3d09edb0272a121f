"""Previews of floor plans, with seats made in the lifespan and a semaphore around `run_in_threadpool`."""

from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated

import anyio
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from studio import PlanNotFound, RenderError, RequestIdMiddleware, get_renderer, get_vault


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield {"seats": anyio.Semaphore(2)}


app = FastAPI(lifespan=lifespan)
app.add_middleware(RequestIdMiddleware)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


async def rendered(request: Request, renderer=Depends(get_renderer)):
    async def render(plan: bytes, dpi: int) -> bytes:
        async with request.state.seats:
            return await run_in_threadpool(partial(renderer.render, plan, dpi=dpi))

    return render


@app.post("/plans/{plan_id}/preview", status_code=201)
async def preview(
    plan_id: str, dpi: Annotated[int, Query(ge=36, le=600)] = 150, vault=Depends(get_vault), render=Depends(rendered)
):
    try:
        image = await render(await vault.fetch(plan_id), dpi)
    except PlanNotFound:
        raise HTTPException(404, "no such plan")
    except RenderError as error:
        raise HTTPException(422, error.args[0])
    await vault.store(key := f"{plan_id}@{dpi}", image)
    return {"plan": plan_id, "key": key, "size": len(image)}
