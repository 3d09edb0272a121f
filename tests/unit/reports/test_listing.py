"""A list of katas."""

from __future__ import annotations

from pytest_fastapi_kata.reports.lines import plain
from pytest_fastapi_kata.reports.listing import listing_lines
from tests.unit.samples import MODELS, a_kata, a_result


def test_a_listing() -> None:
    """Each topic has a head, each kata its mark, id, level and title; the count is the last line."""
    results = [
        a_result(a_kata("q011_a"), "solved"),
        a_result(a_kata("q012_b", level="intermediate", title="Sent\x1b"), "failing"),
        a_result(a_kata("q013_c"), "not_started"),
        a_result(a_kata("q021_d", topic=MODELS, level="advanced"), "unavailable"),
        a_result(a_kata("q022_e", topic=MODELS), "broken"),
        a_result(a_kata("q023_f", topic=MODELS), "timeout"),
    ]
    assert """\
02 Routing
  ✓ q011  basic        Title of q011
  ✗ q012  intermediate Sent\\x1b
  · q013  basic        Title of q013
03 Models
  – q021  advanced     Title of q021
  ✗ q022  basic        Title of q022
  ✗ q023  basic        Title of q023
1 of 6 solved""" == plain(listing_lines(results))


def test_an_empty_listing() -> None:
    """It says so."""
    assert "No kata fits." == plain(listing_lines([]))
