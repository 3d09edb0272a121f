"""Starts the lighthouse with a server object of its own; the address is read on import."""

import asyncio
import os

from lighthouse.station import keeper
from uvicorn import Config, Server

HOST = os.getenv("HOST", "127.0.0.1")
PORT = int(os.getenv("PORT", "8000"))


def main() -> None:
    asyncio.run(Server(Config(keeper, host=HOST, port=PORT)).serve())


if __name__ == "__main__":
    main()
