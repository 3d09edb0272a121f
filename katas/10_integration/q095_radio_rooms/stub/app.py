"""The radio rooms of a mountain rescue service. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your WebSocket and your routes go here.
