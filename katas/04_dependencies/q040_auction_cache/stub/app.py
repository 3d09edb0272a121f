"""The auction house. README.md tells what it asks for."""

import auction
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="/lots/{number}")


def rate():
    """Euros for a dollar, as a float."""


def fees():
    """The fee table."""


def hammer_price():
    """The price of the lot in euros, not rounded."""


def premium():
    """What the buyer pays on top of it in euros, not rounded."""


def receipt():
    """The number of a receipt."""


def clerk():
    """The `Clerk` whose key the request brings."""


def entitled():
    """The `Clerk`, if they have the rights that are wanted."""


# Your routes go here, above the line that adds the router to the app.

app.include_router(router)
