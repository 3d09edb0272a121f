"""`fastapi run` looks for a file of this name."""

from lighthouse.station import keeper as app

__all__ = ["app"]
