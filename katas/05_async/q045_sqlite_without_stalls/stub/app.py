"""The lending desk. README.md tells what is asked for."""

from fastapi import FastAPI


def create_app(database: str) -> FastAPI:
    """Make the app that keeps its books in this SQLite file."""
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"pong": True}

    # Your two routes go here.

    return app


app = create_app("library.db")
