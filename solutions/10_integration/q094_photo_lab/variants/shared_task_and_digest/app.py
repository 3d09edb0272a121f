"""Async endpoints that leave what blocks to threads; the id is a digest of the key."""

import hashlib
import secrets
from typing import Annotated

import jobs
from fastapi import Body, FastAPI, Header, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from kombu.exceptions import KombuError, OperationalError
from tasks import work

app = FastAPI()


def answer(job, status, headers):
    del job["negative"], job["copies"]
    return JSONResponse(job, status, headers)


def queue(id, negative, copies):
    if jobs.add(id, negative, copies):
        try:
            work.delay(id, negative, copies)
        except (OperationalError, KombuError):
            jobs.remove(id)
            return None
    return jobs.get(id)


@app.post("/prints")
async def post(
    negative: Annotated[str, Body()],
    copies: Annotated[int, Body(ge=1, le=50)],
    idempotency_key: Annotated[str | None, Header()] = None,
):
    key = secrets.token_bytes() if idempotency_key is None else idempotency_key.encode()
    job = await run_in_threadpool(queue, hashlib.sha256(key).hexdigest(), negative, copies)
    if job is None:
        raise HTTPException(503, headers={"Retry-After": "30"})
    if (job["negative"], job["copies"]) != (negative, copies):
        raise HTTPException(409)
    return answer(job, 202, {"location": f"/prints/{job['id']}"})


@app.get("/prints/{id}")
async def get(id: str):
    job = await run_in_threadpool(jobs.get, id)
    if job is None:
        raise HTTPException(404)
    return answer(job, 200, {"retry-after": "1"} if job["state"] in ("queued", "running") else None)
