"""The worker: one task, which looks into the record before it prints, and writes there what came of it."""

import os

import jobs
import lab
from celery import Celery, Task

ATTEMPTS = 4
RETRY_SECONDS = float(os.environ.get("RETRY_SECONDS", "5"))

celery_app = Celery(
    "photo_lab",
    broker=os.environ.get("BROKER_URL", "memory://"),
    backend=os.environ.get("RESULT_URL", "cache+memory://"),
)


# The message is done with when the work is, not when it begins; one whose worker has died goes to another.
@celery_app.task(bind=True, max_retries=ATTEMPTS - 1, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def print_photo(self: Task, job_id: str) -> None:
    job = jobs.get(job_id)
    if job is None or job["state"] in {"done", "failed"}:
        # The message has come twice.
        return
    # A job that is running already has lost its worker.
    jobs.update(job_id, state="running", attempts=job["attempts"] + 1)
    try:
        result = lab.develop(job_id, job["negative"], job["copies"])
    except lab.LabBusy as error:
        if self.request.retries >= self.max_retries:
            jobs.update(job_id, state="failed", error=str(error))
            return
        jobs.update(job_id, state="queued")
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from None
    except Exception as error:  # noqa: BLE001 - whatever it was, the customer has to hear of it
        jobs.update(job_id, state="failed", error=str(error))
    else:
        jobs.update(job_id, state="done", result=result)
