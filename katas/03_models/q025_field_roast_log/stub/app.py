"""What the roasting machine reports. README.md tells its key names, the website's, and the rules."""

from fastapi import FastAPI

app = FastAPI()

# Your model and your route go here.
