"""The label service. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


# Your lifespan, your queue and your routes go here.
