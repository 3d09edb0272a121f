"""River levels, kept for a minute. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


# Your routes go here.
