"""Runs a server object, with the settings from the environment."""

import asyncio
import os

import uvicorn

PORT = int(os.environ.get("PORT", 8000))


def main():
    config = uvicorn.Config(
        "app:app",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=PORT,
        root_path=os.environ.get("ROOT_PATH", ""),
        proxy_headers=True,
        forwarded_allow_ips=[one.strip() for one in os.environ.get("TRUSTED_PROXIES", "127.0.0.1").split(",")],
        timeout_graceful_shutdown=int(os.environ.get("GRACE_SECONDS", 20)),
        access_log=False,
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
