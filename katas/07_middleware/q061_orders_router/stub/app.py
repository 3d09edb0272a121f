"""The bakery's app: it serves the router of orders.py, and a front page."""

from fastapi import FastAPI

app = FastAPI()
