"""The museum's tickets. README.md tells what is asked for; the cards are in cards.py."""

import cards
from fastapi import FastAPI

app = FastAPI()

# Your routes go here.
