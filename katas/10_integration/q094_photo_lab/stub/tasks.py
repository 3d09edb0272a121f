"""The photo lab's worker. README.md tells what is asked for."""

import os

from celery import Celery

celery_app = Celery(
    "photo_lab",
    broker=os.environ.get("BROKER_URL", "memory://"),
    backend=os.environ.get("RESULT_URL", "cache+memory://"),
)

# Your task goes here. `lab.py` has the machine.
