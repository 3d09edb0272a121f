"""Starts the lighthouse with settings from the environment."""

import sys

import uvicorn

from .settings import Settings
from .station import keeper


def main():
    settings = Settings()
    server = uvicorn.Server(uvicorn.Config(keeper, **settings.model_dump()))
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
