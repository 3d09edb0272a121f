"""The bird observatory. README.md says which formats it speaks."""

from fastapi import FastAPI

app = FastAPI()

# The model of a record, the records themselves, and your three routes go here.
