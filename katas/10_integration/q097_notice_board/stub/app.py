"""The notice board. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your pages go here. `templates/base.html` is what they extend.
