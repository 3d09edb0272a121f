"""What has to be moved, room by room. README.md tells what an inventory looks like."""

from fastapi import FastAPI

app = FastAPI()

# Your models and your route go here.
