"""The violin workshops. README.md tells how they take in and hand over repairs."""

from fastapi import FastAPI

app = FastAPI()

# Your model and your two routes go here.
