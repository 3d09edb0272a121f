"""The trip page. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


# Your route goes here.
