"""Tests that hold the hive log to its own document. README.md says what is promised."""

import schemathesis
from app import app

# To do: the tests.
