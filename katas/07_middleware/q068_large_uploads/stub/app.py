"""Aerial surveys arrive. README.md tells what is asked for."""

import settings
from fastapi import FastAPI

app = FastAPI()


# PUT /scans/{name}: the body is the file.


# POST /scans: a form with the file.


# GET /scans: the names of the complete scans.
