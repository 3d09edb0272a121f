"""The tool shed of the neighbourhood. README.md tells how a loan is asked for and answered."""

from fastapi import FastAPI
from shed import Shed, get_shed

app = FastAPI(title="Tool Shed")

# Your types and your function go here.
