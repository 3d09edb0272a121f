"""Databases and Redis for checks: new for each, gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_fastapi_kata.stores import EmbeddedRedis, database, empty_redis, is_postgresql, named_redis


def test_each_sqlite_database_is_a_new_file(tmp_path: Path) -> None:
    """Two databases are two files, in the folder that is given, with the driver that is asked for."""
    with database(tmp_path, environment={}) as one, database(tmp_path, driver="aiosqlite", environment={}) as two:
        assert one.startswith(f"sqlite:///{tmp_path.as_posix()}/")
        assert two.startswith(f"sqlite+aiosqlite:///{tmp_path.as_posix()}/")
        assert one.rpartition("/")[2] != two.rpartition("/")[2]


def test_the_environment_names_real_servers() -> None:
    """An empty variable names none."""
    assert (True, False) == (is_postgresql({"KATA_DATABASE_URL": "postgresql://x"}), is_postgresql({}))
    assert ("redis://x", None) == (named_redis({"KATA_REDIS_URL": "redis://x"}), named_redis({"KATA_REDIS_URL": ""}))


def test_the_embedded_redis_is_spoken_to_over_tcp_and_emptied() -> None:
    """A real client writes and reads; emptied, nothing is left; closed, nobody answers."""
    redis = pytest.importorskip("redis")
    server = EmbeddedRedis()
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        client.set("a", "1")
        assert "1" == client.get("a")
        with empty_redis(server.url):
            pass
        assert client.get("a") is None
    server.close()
    with redis.Redis.from_url(server.url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
