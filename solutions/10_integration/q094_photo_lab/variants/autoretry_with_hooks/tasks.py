"""Retries by declaration, and a class of task that writes into the record at each turn."""

import os

import jobs
from celery import Celery, Task
from lab import LabBusy, develop

celery_app = Celery("photo_lab")
celery_app.conf.broker_url = os.getenv("BROKER_URL", "memory://")
celery_app.conf.result_backend = os.getenv("RESULT_URL", "cache+memory://")


class Recorded(Task):
    def on_success(self, retval, task_id, args, kwargs):
        if retval is not None:
            jobs.update(kwargs["job_id"], state="done", result=retval)

    def on_retry(self, exc, task_id, args, kwargs, einfo):
        jobs.update(kwargs["job_id"], state="queued")

    def on_failure(self, exc, task_id, args, kwargs, einfo):
        jobs.update(kwargs["job_id"], state="failed", error=str(exc))


@celery_app.task(
    base=Recorded,
    name="prints.develop",
    autoretry_for=(LabBusy,),
    max_retries=3,
    default_retry_delay=float(os.getenv("RETRY_SECONDS", 5)),
    acks_late=True,
    reject_on_worker_lost=True,
)
def print_photo(*, job_id):
    job = jobs.get(job_id)
    if job["state"] in ("queued", "running"):
        jobs.update(job_id, state="running", attempts=job["attempts"] + 1)
        return develop(job_id, job["negative"], job["copies"])
