"""One connection held open by a fixture, listeners of its own, and a savepoint around each test; the override is async."""

import pytest
from app import app
from db import Base, Loan, Tool, get_session
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def connection():
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False})
    event.listen(engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        for model in (Tool, Loan):
            Base.metadata.tables[model.__tablename__].create(connection)
            connection.commit()
        with connection.begin() as outer:
            yield connection
            outer.rollback()
    engine.dispose()


@pytest.fixture
def session(connection):
    around = connection.begin_nested()
    session = Session(connection, autoflush=True)
    yield session
    session.close()
    around.rollback()


@pytest.fixture
def client(session):
    async def override():
        return session

    app.dependency_overrides = {get_session: override}
    yield TestClient(app)
    app.dependency_overrides = {}
