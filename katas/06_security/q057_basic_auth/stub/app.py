"""The kitchen printers. README.md tells what is asked for; printers and tickets are in printers.py."""

from fastapi import FastAPI
from printers import printers, queues

app = FastAPI()

# Your route goes here.
