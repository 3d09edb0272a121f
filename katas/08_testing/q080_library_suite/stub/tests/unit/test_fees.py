"""Tests of `late_fee` alone: no app, no catalogue."""
