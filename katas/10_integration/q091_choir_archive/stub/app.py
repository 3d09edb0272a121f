"""The choir's archive. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your tables, your session and your routes go here. `urls.py` says where the database lies.
