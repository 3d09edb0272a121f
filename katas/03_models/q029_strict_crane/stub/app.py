"""The harbour crane. README.md says what it takes."""

from fastapi import FastAPI

app = FastAPI()

# Your models and both routes go here.
