"""A pytest plugin and command-line kit for learning FastAPI by solving katas."""

__version__ = "0.1.0"
