"""A shared task, configured by settings for the whole app; the message carries all that is to be done."""

import os

import jobs
import lab
from celery import Celery, shared_task

celery_app = Celery("lab")
celery_app.config_from_object(
    {
        "broker_url": os.environ.get("BROKER_URL") or "memory://",
        "result_backend": os.environ.get("RESULT_URL") or "cache+memory://",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
    }
)
# FastAPI calls sync endpoints in threads, and shared tasks look for the app there.
celery_app.set_default()


@shared_task(bind=True, max_retries=None)
def work(self, job_id, negative, copies):
    job = jobs.get(job_id)
    if job["state"] not in ("queued", "running"):
        return job["state"]
    attempt = job["attempts"] + 1
    jobs.update(job_id, state="running", attempts=attempt)
    try:
        change = {"state": "done", "result": lab.develop(job_id=job_id, negative=negative, copies=copies)}
    except lab.LabBusy as exc:
        if attempt < 4:
            jobs.update(job_id, state="queued")
            self.retry(exc=exc, countdown=float(os.environ.get("RETRY_SECONDS", "5")))
        change = {"state": "failed", "error": str(exc)}
    except Exception as exc:
        change = {"state": "failed", "error": str(exc)}
    jobs.update(job_id, **change)
    return change["state"]
