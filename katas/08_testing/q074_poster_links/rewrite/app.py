"""Another app that keeps every promise of README.md, and shares nothing else with the given one."""

import json
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path
from secrets import token_urlsafe

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response


class Ledger:
    """Counts who is here for the first time."""

    pages: dict[str, int] | None = None

    def open(self):
        self.pages = {"owl": 0, "dino": 0}

    def close(self, path):
        Path(path).write_text(f"{self}\n", encoding="ascii")
        self.pages = None

    def __str__(self):
        return json.dumps(self.pages, indent=4)


ledger = Ledger()
museum = APIRouter()


@museum.get("/p/{poster}")
async def show_the_way(poster: str, request: Request):
    """Send a visitor to the hall of the poster."""
    hall = {"owl": 7, "dino": 3}.get(poster)
    if hall is None:
        return Response("no such poster", 404)
    answer = Response("this way", 307, {"location": f"https://museum.example/hall/{hall}"})
    if not ledger.pages:
        raise RuntimeError("The museum is closed")
    if "visitor" not in request.cookies:
        ledger.pages[poster] += 1
        answer.set_cookie("visitor", token_urlsafe(6), max_age=86_400, httponly=True)
    return answer


@museum.get("/stats")
async def show_the_ledger(request: Request):
    """Show the ledger to the staff."""
    if request.headers.get("X-Staff-Key") != "night-shift":
        return JSONResponse({"problem": "staff only"}, 403)
    return Response(str(ledger), media_type="application/json")


@asynccontextmanager
async def opening_hours(_):
    path = environ["NEWCOMERS_FILE"]
    ledger.open()
    yield
    ledger.close(path)


app = FastAPI(title="Posters", lifespan=opening_hours)
app.include_router(museum)
