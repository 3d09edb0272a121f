"""Log in with the federation's account. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your routes go here. `provider.py` is the other side; it is not to be edited.
