"""The newspaper archive. README.md tells which addresses it answers."""

from fastapi import FastAPI

app = FastAPI()

# Your routes go here.
