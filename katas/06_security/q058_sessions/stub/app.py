"""The theatre's box office. README.md tells what is asked for."""

from boxoffice import IDLE_SECONDS, check_login, clock, orders
from fastapi import FastAPI

app = FastAPI()

# Your routes go here.
