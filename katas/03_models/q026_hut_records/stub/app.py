"""The huts of an alpine club. README.md tells who may see what, and what a patch may touch."""

import huts
from fastapi import FastAPI

app = FastAPI()

# huts.huts maps an id to what was reported of that hut.

# Your models and your routes go here.
