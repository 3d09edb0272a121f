"""Previews of floor plans. README.md tells what is asked for."""

from fastapi import FastAPI
from studio import RequestIdMiddleware

app = FastAPI()
app.add_middleware(RequestIdMiddleware)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


# Your route goes here.
