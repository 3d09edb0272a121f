"""Everything about orders. README.md tells what belongs here; the orders themselves are in bakery.py."""

from fastapi import APIRouter

router = APIRouter()
