"""The laboratory's portal. README.md tells what is asked for."""

import accounts
import settings
from fastapi import FastAPI

app = FastAPI()

# Your routes go here.
