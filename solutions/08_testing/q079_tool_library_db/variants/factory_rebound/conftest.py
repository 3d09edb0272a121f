"""The app's own `get_session` stays: its session factory is bound to the test's connection instead."""

import db
import pytest
from app import app
from fastapi.testclient import TestClient
from sqlalchemy import StaticPool, create_engine


@pytest.fixture(scope="session")
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    db.real_transactions(engine)
    db.Base.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection


@pytest.fixture(autouse=True)
def outer(connection):
    outer = connection.begin()
    db.SessionLocal.configure(bind=connection, join_transaction_mode="create_savepoint")
    yield outer
    db.SessionLocal.configure(bind=db.engine, join_transaction_mode="conditional_savepoint")
    outer.rollback()


@pytest.fixture
def session(outer):
    with db.SessionLocal() as session:
        yield session


@pytest.fixture
def client(outer):
    return TestClient(app)
