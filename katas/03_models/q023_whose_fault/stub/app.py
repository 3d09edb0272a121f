"""The course office's registrations. README.md tells who sends what, and what they are told when it is wrong."""

import roster
from fastapi import FastAPI

app = FastAPI()

# roster.rows holds what the old system stored, roster.letter makes the head of a letter from it.

# Your models and your routes go here.
