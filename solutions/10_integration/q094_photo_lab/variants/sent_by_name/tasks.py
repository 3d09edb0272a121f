"""A task under a name of its own, which sends its next attempt itself."""

import os

from celery import Celery
from jobs import get, update
from lab import BadNegative, LabBusy, develop

BROKER = os.environ.get("BROKER_URL", "memory://")
celery_app = Celery("worker", broker=BROKER, backend=os.environ.get("RESULT_URL", "cache+memory://"))
PAUSE = float(os.environ.get("RETRY_SECONDS", 5))


def fail(job_id, error):
    update(job_id, state="failed", error=str(error))


def run(task, job_id):
    job = get(job_id) or {"state": "gone"}
    if job["state"] in ("gone", "done", "failed"):
        return
    attempts = job["attempts"] + 1
    update(job_id, state="running", attempts=attempts)
    try:
        update(job_id, result=develop(job_id, job["negative"], job["copies"]), state="done")
    except BadNegative as error:
        fail(job_id, error)
    except LabBusy as error:
        if attempts == 4:
            fail(job_id, error)
        else:
            update(job_id, state="queued")
            task.apply_async([job_id], countdown=PAUSE)
    except Exception as error:
        fail(job_id, error)


celery_app.task(run, bind=True, name="lab.print", acks_late=True, reject_on_worker_lost=True)
