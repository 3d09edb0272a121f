"""Starts the lighthouse, as a coroutine."""

import asyncio
from os import environ

from uvicorn import Config, Server


async def main() -> None:
    config = Config(
        app="lighthouse.station:keeper",
        host=environ.get("HOST", "127.0.0.1"),
        port=int(environ.get("PORT", 8000)),
        log_level="warning",
    )
    await Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main())
