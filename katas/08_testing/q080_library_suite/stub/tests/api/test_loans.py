"""Tests of the API: lend, return, refuse."""
