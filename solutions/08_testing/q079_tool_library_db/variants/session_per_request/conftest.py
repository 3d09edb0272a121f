"""A new session for each request, on the test's connection; the override is an async generator."""

import pytest
from app import app
from db import Base, get_session, real_transactions
from fastapi.testclient import TestClient
from sqlalchemy import StaticPool, create_engine
from sqlalchemy.orm import Session

# Made when pytest reads this file: once in a run, too.
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
real_transactions(engine)
Base.metadata.create_all(engine)


@pytest.fixture
def connection():
    connection = engine.connect()
    outer = connection.begin()
    yield connection
    outer.rollback()
    connection.close()


@pytest.fixture
def session(connection):
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def client(connection, monkeypatch):
    async def session_of_a_request():
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session

    monkeypatch.setitem(app.dependency_overrides, get_session, session_of_a_request)
    with TestClient(app) as client:
        yield client
