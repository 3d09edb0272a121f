"""Models and an exception handler; the key itself, prefixed, is the id."""

from typing import Annotated, Literal
from urllib.parse import quote
from uuid import uuid4

import jobs
from fastapi import FastAPI, Header, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError
from pydantic import BaseModel, Field
from tasks import print_photo

app = FastAPI()


class Order(BaseModel):
    negative: str
    copies: Annotated[int, Field(gt=0, lt=51)]


class Job(BaseModel):
    id: str
    state: Literal["queued", "running", "done", "failed"]
    attempts: int
    result: str | None
    error: str | None


@app.exception_handler(OperationalError)
def away(request: Request, error: OperationalError):
    return JSONResponse({"detail": "come back later"}, 503)


@app.post("/prints", status_code=status.HTTP_202_ACCEPTED, response_model=Job)
def new(
    body: Order,
    request: Request,
    response: Response,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
):
    job_id = f"key-{quote(key, safe='')}".replace("%", "~") if key else f"job-{uuid4()}"
    if jobs.add(job_id, body.negative, body.copies):
        try:
            print_photo.apply_async(kwargs={"job_id": job_id}, retry=False)
        except BaseException:
            jobs.remove(job_id)
            raise
    job = jobs.get(job_id)
    if job["negative"] != body.negative or job["copies"] != body.copies:
        raise HTTPException(409)
    response.headers["location"] = str(request.url_for("job", job_id=job_id))
    return job


@app.get("/prints/{job_id}", response_model=Job)
def job(job_id: str, response: Response):
    found = jobs.get(job_id)
    if not found:
        raise HTTPException(404)
    if found["state"] not in ("done", "failed"):
        response.headers["retry-after"] = "10"
    return found
