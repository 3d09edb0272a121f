"""The observatory's night planner. README.md tells what it is asked, and by whom."""

from fastapi import FastAPI

app = FastAPI(title="Night Planner")


def plan_exposure():
    raise NotImplementedError
