"""Ferry fares. README.md tells what travellers are shown, and how the app waits."""

from carriers import CARRIERS, Fare, ask
from fastapi import FastAPI

app = FastAPI(title="Ferry Fares")

# The type of the answer and your route go here.
