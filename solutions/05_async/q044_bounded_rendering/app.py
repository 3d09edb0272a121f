"""Previews of floor plans: the renderer works in threads, and whoever waits for a seat waits on the event loop."""

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, HTTPException, Query
from studio import PlanNotFound, Renderer, RenderError, RequestIdMiddleware, Vault, get_renderer, get_vault

app = FastAPI()
app.add_middleware(RequestIdMiddleware)

# The renders have a limit of their own; the threads that all `def` functions share are none of their business.
seats = CapacityLimiter(2)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/plans/{plan_id}/preview", status_code=201)
async def preview(
    plan_id: str,
    vault: Annotated[Vault, Depends(get_vault)],
    renderer: Annotated[Renderer, Depends(get_renderer)],
    dpi: Annotated[int, Query(ge=36, le=600)] = 150,
):
    try:
        plan = await vault.fetch(plan_id)
        image = await to_thread.run_sync(renderer.render, plan, dpi, limiter=seats)
    except PlanNotFound:
        raise HTTPException(404, "no such plan") from None
    except RenderError as error:
        raise HTTPException(422, str(error)) from None
    key = f"{plan_id}@{dpi}"
    await vault.store(key, image)
    return {"plan": plan_id, "key": key, "size": len(image)}
