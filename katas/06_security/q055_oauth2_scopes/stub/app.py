"""The greenhouse and its apps. README.md tells what is asked for; greenhouse.py is given."""

from fastapi import FastAPI
from greenhouse import SCOPES, check_login, house

app = FastAPI()

# Your routes go here.
