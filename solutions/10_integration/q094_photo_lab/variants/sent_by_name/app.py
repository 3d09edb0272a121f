"""A web app that knows the task by its name only; async endpoints that block for a moment, under one lock."""

import threading
import uuid

import jobs
import kombu.exceptions
import tasks
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, conint

router = APIRouter(prefix="/prints")
one_at_a_time = threading.Lock()


class Order(BaseModel):
    negative: str
    copies: conint(ge=1, le=50)


def seen(job):
    return {name: value for name, value in job.items() if name not in ("negative", "copies")}


@router.post("", status_code=202)
async def take(order: Order, request: Request, response: Response):
    key = request.headers.get("idempotency-key")
    job_id = (uuid.uuid4() if key is None else uuid.uuid5(uuid.NAMESPACE_URL, key)).hex
    with one_at_a_time:
        known = jobs.get(job_id)
        if known is None:
            if not jobs.add(job_id, order.negative, order.copies):
                known = jobs.get(job_id)
            else:
                try:
                    tasks.celery_app.send_task("lab.print", args=(job_id,))
                except kombu.exceptions.OperationalError:
                    jobs.remove(job_id)
                    raise HTTPException(503)
                known = jobs.get(job_id)
    if order != Order(**known):
        raise HTTPException(409)
    response.headers["Location"] = "/prints/" + job_id
    return seen(known)


@router.get("/{job_id}")
async def show(job_id: str, response: Response):
    job = jobs.get(job_id)
    if job is None:
        raise HTTPException(404)
    if job["state"] in ("queued", "running"):
        response.headers["Retry-After"] = "5"
    return seen(job)


app = FastAPI()
app.include_router(router)
