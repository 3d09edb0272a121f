"""Databases and Redis for checks: small embedded ones, or real servers that the environment names.

``KATA_DATABASE_URL`` names a PostgreSQL (``postgresql://user:password@host:port/name``);
each check gets a schema of its own there, which is dropped afterwards.
``KATA_REDIS_URL`` names a Redis database, which is emptied before each check;
checks of katas that run side by side take turns there.
"""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATABASE = "KATA_DATABASE_URL"
REDIS = "KATA_REDIS_URL"


def is_postgresql(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether checks work on a real PostgreSQL."""
    return bool(environment.get(DATABASE))


@contextlib.contextmanager
def database(folder: Path, *, driver: str = "", environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield SQLAlchemy's URL of an empty database: a new SQLite file in the folder, or a new schema in PostgreSQL.

    ``driver`` is that for SQLite, such as ``aiosqlite``; psycopg serves both kinds of PostgreSQL engines.
    """
    named = environment.get(DATABASE)
    if not named:
        name = f"sqlite+{driver}" if driver else "sqlite"
        yield f"{name}:///{(folder / f'{uuid.uuid4().hex}.db').as_posix()}"
        return
    schema = f"kata_{uuid.uuid4().hex}"
    address = named.partition("://")[2]
    with _connected(f"postgresql://{address}") as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        try:
            mark = "&" if "?" in address else "?"
            yield f"postgresql+psycopg://{address}{mark}options={quote(f'-csearch_path={schema}')}"
        finally:
            # What the learner's app has left open may hold locks on the tables.
            connection.execute(_END_OTHERS, (f"%{schema}%",))
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname LIKE %s AND pid <> pg_backend_pid()"
)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    import psycopg  # only where a PostgreSQL is named

    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


class EmbeddedRedis:
    """A Redis server of this process (fakeredis), on a free loopback port, in a thread. It knows no Lua."""

    def __init__(self) -> None:
        from fakeredis import TcpFakeServer  # only some katas need it

        self._server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
        # A client that hangs must not keep the process from ending.
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's address, as Redis clients take it."""
        return f"redis://127.0.0.1:{self._server.server_address[1]}/0"

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def named_redis(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the real Redis that the environment names, if any."""
    return environment.get(REDIS) or None


@contextlib.contextmanager
def empty_redis(url: str, *, is_shared: bool = False) -> Iterator[None]:
    """Remove every key of the database that the address names; one that is shared is held until the block ends."""
    import redis  # only some katas need it

    with _turn(url) if is_shared else contextlib.nullcontext(), redis.Redis.from_url(url) as client:
        client.flushdb()
        yield


def _turn(url: str) -> contextlib.AbstractContextManager[Any]:
    # Imported here, as hardly anybody names a Redis, and every run of a kata would wait for it.
    import hashlib

    import platformdirs
    from filelock import FileLock

    name = f"redis-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
    return FileLock(platformdirs.user_cache_path("pytest-fastapi-kata", ensure_exists=True) / name)
