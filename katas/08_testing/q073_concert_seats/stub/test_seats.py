"""Tests for the seats. README.md lists what the app promises."""

import asyncio

import httpx2
import pytest
from app import Declined, app, get_bank

# To do: the tests.
