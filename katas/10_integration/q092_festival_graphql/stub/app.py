"""The festival's programme in GraphQL. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your types, your schema and the router for it go here.
