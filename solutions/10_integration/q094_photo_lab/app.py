"""The counter: it writes a job down, queues it, and tells how it is getting on."""

import uuid
from typing import Annotated, Any

import jobs
from fastapi import FastAPI, Header, HTTPException, Response
from kombu.exceptions import OperationalError
from pydantic import BaseModel, Field
from tasks import print_photo

app = FastAPI()
KEYS = uuid.UUID("5a0f4a5e-6f5c-4f7a-9a52-0d6d3b1c8e11")


class NewPrint(BaseModel):
    negative: str
    copies: int = Field(ge=1, le=50)


def shown(job: dict[str, Any]) -> dict[str, Any]:
    return {key: job[key] for key in ("id", "state", "attempts", "result", "error")}


# Publishing blocks, so this is no coroutine.
@app.post("/prints", status_code=202)
def order(new: NewPrint, response: Response, idempotency_key: Annotated[str | None, Header()] = None):
    # The same key makes the same id, and then the record decides who was first.
    job_id = str(uuid.uuid4() if idempotency_key is None else uuid.uuid5(KEYS, idempotency_key))
    if jobs.add(job_id, new.negative, new.copies):
        try:
            print_photo.delay(job_id)
        except OperationalError:
            # A record without a message would be a job that nobody does.
            jobs.remove(job_id)
            raise HTTPException(503, "Prints cannot be taken just now") from None
    job = jobs.get(job_id)
    if job is None:
        # Another request with this key could not be queued, and has just taken it back.
        raise HTTPException(503, "Prints cannot be taken just now")
    if (job["negative"], job["copies"]) != (new.negative, new.copies):
        raise HTTPException(409, "This key belongs to another order")
    response.headers["Location"] = f"/prints/{job_id}"
    return shown(job)


@app.get("/prints/{job_id}")
def follow(job_id: str, response: Response):
    job = jobs.get(job_id)
    if job is None:
        raise HTTPException(404, "No such job")
    if job["state"] in {"queued", "running"}:
        response.headers["Retry-After"] = "2"
    return shown(job)
