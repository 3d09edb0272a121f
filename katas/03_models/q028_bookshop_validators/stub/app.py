"""A second-hand bookshop. README.md tells how people type, and what is to come of it."""

import isbn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

# isbn.canonical(text) turns 10 or 13 characters without separators into 13 digits, or raises ValueError.


class Book(BaseModel):
    """One donated book. Its fields and its validators go here."""


# A model for wishes, and your routes, go here.
