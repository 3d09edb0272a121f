"""The contracts of an energy supplier. README.md says how errors are to be answered."""

import api
from fastapi import FastAPI

app = FastAPI()
app.include_router(api.router)

# Your error handling goes here (and in the app above). The texts are in messages.py.
