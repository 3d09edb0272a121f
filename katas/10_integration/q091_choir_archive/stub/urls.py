"""Where the archive lies. Given; do not edit."""

import os

from sqlalchemy import URL, make_url


def sync_url() -> URL:
    """DATABASE_URL as it is, for create_engine()."""
    return make_url(os.environ.get("DATABASE_URL", "sqlite:///choir.db"))


def async_url() -> URL:
    """The same database for create_async_engine()."""
    url = sync_url()
    if url.get_backend_name() == "sqlite":
        url = url.set(drivername="sqlite+aiosqlite")
    return url
