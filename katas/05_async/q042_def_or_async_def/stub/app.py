"""Stock at two suppliers. README.md tells what is asked for."""

from fastapi import FastAPI
from suppliers import ColdStore, MedExpress, Registry, get_cold_store, get_med_express, get_registry

app = FastAPI()


# The licence is checked here.


# GET /cold/{code}: the stock of the vaccine store.


# GET /express/{code}: the stock of the courier.
