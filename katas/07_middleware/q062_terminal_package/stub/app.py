"""The container terminal: puts together what the teams deliver in the package `terminal`. README.md tells how."""

import terminal
from fastapi import FastAPI
from terminal import berths, cranes, customs, lookup

app = FastAPI()
