"""Fares of ferry operators, with httpx2, a task group, `wait_for` and a client in `app.state`."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, StrictFloat, StrictInt, ValidationError

router = APIRouter()


class Answer(BaseModel):
    price: StrictInt | StrictFloat


class Fare(BaseModel):
    operator: str
    price: int | float


class Comparison(BaseModel):
    fares: list[Fare]
    unavailable: list[str]


async def fare(app: FastAPI, operator: str, params: dict[str, str]) -> Fare | None:
    call = app.state.client.get(f"{app.state.operators[operator]}/fare", params=params)
    try:
        response = await asyncio.wait_for(call, app.state.timeout)
        if response.status_code != httpx2.codes.OK:
            return None
        return Fare(operator=operator, price=Answer.model_validate_json(response.content).price)
    except (httpx2.HTTPError, TimeoutError, ValidationError):
        return None


@router.get("/fares")
async def fares(
    request: Request, origin: str = Query(min_length=1), destination: str = Query(min_length=1)
) -> Comparison:
    app = request.app
    params = {"origin": origin, "destination": destination}
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(fare(app, name, params)) for name in app.state.operators}
    found = [task.result() for task in tasks.values() if task.result()]
    if not found:
        raise HTTPException(status_code=502, detail="no operator answered")
    found.sort(key=lambda one: (one.price, one.operator))
    return Comparison(fares=found, unavailable=sorted(name for name, task in tasks.items() if not task.result()))


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.client = httpx2.AsyncClient(timeout=None, limits=httpx2.Limits(max_connections=None))
    yield
    await app.state.client.aclose()


def create_app(operators: dict[str, str], timeout: float = 2.0) -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.state.operators, app.state.timeout = operators, timeout
    app.include_router(router)
    return app


app = create_app({})
