"""Base images: does an installed package allow a Python version? README.md has the details."""

from fastapi import FastAPI

app = FastAPI(title="Base Image Picker")

# Your route goes here.
