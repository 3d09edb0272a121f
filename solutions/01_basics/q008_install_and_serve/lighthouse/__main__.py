"""Starts the lighthouse: `python -m lighthouse` runs this file."""

import os

import uvicorn


def main() -> None:
    uvicorn.run(
        "lighthouse.station:keeper",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
    )


# `python -m lighthouse` gives the module this name. Whoever imports it gets `main`, and no server.
if __name__ == "__main__":
    main()
