"""The fixtures are one folder up."""
