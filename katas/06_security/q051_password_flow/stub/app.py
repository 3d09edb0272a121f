"""The sign-in of the ferry crew. README.md tells what is asked for; the crew is in crew.py."""

from crew import Member, crew, hasher
from fastapi import FastAPI

app = FastAPI()

# Your routes go here.
