"""Departures at tram stops, live. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your GraphQL schema, its router and the vehicles' route go here.
