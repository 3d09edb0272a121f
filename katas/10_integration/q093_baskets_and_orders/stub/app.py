"""The shop's baskets and orders. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()

# Your routes go here. `ledger.py` keeps the orders; Redis is at REDIS_URL.
