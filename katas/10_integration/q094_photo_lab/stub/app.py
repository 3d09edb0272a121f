"""The photo lab's counter. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your routes go here. `jobs.py` is the record, `tasks.py` has the work.
