"""The fixtures that checks are written with."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_fastapi_kata import stores, threadserver
from pytest_fastapi_kata.apploader import AppLoader
from pytest_fastapi_kata.asgi import Server, serving
from pytest_fastapi_kata.clients import Recorder, RecordingAsyncClient, RecordingClient, RecordingHttpClient
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.liveserver import READY_SECONDS, LiveServer
from pytest_fastapi_kata.madeup import MadeUp
from pytest_fastapi_kata.openapi import Docs
from pytest_fastapi_kata.rendezvous import Gate, MovableLoop
from pytest_fastapi_kata.worker.learnertests import LearnerTests
from pytest_fastapi_kata.worker.suitehost import SuiteHost


@dataclass
class Bench:
    """What one job works with; the recorder is a new one for every check."""

    job: Job
    loader: AppLoader
    host: SuiteHost = field(default_factory=SuiteHost)
    recorder: Recorder = field(default_factory=Recorder)
    module: ModuleType | None = None
    learner_tests: LearnerTests | None = None


BENCH = pytest.StashKey[Bench]()


@pytest.fixture
def kata_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The kit's own state of this check; checks use the fixtures below instead."""
    bench = request.config.stash[BENCH]
    bench.recorder = Recorder()
    bench.module = None
    before = dict(os.environ)
    os.chdir(bench.job.folder)
    yield bench
    bench.loader.forget()
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> MadeUp:
    """A generator seeded by the run and the check's name, for everything that could be hard-coded."""
    job = request.config.stash[BENCH].job
    return MadeUp(f"{job.seed}/{job.kata_id}/{request.node.name}")


@pytest.fixture
def environment(kata_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``environment(NAME="value", OTHER=None)`` sets or removes variables until the check ends.

    Call it before the app is imported, that is before ``module``, ``app`` or
    ``client`` is asked for: list a fixture of your own that uses it first.
    """
    del kata_bench

    def set_variables(**variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return set_variables


@pytest.fixture
def given(kata_bench: Bench) -> Callable[..., ModuleType]:
    """``given("courier", DEPOTS={...})`` puts the kit's copy of a given file in the learner's way.

    The attributes replace those of the file; a name without a file makes a
    module of these attributes alone. Call it before the app is imported.
    """

    def give(name: str, /, **attributes: Any) -> ModuleType:
        return kata_bench.loader.give(name, attributes)

    return give


@pytest.fixture
def load(kata_bench: Bench, environment: Callable[..., None]) -> Callable[..., ModuleType]:
    """``load(NAME="value")`` imports the learner's entry anew, under these environment variables.

    ``load("other")`` imports another module of the kata's folder.
    """

    def import_anew(name: str | None = None, /, **variables: str | None) -> ModuleType:
        environment(**variables)
        kata_bench.module = kata_bench.loader.load(name)
        return kata_bench.module

    return import_anew


@pytest.fixture
def module(load: Callable[..., ModuleType]) -> ModuleType:
    """The learner's module (the kata's entry), imported anew for this check."""
    return load()


@pytest.fixture
def app(module: ModuleType, kata_bench: Bench) -> Any:
    """The learner's app, ``module.app``."""
    return kata_bench.loader.app(module)


@pytest.fixture
def client_for(kata_bench: Bench) -> Iterator[Callable[..., RecordingClient]]:
    """``client_for(app, **options)`` opens one more recorded TestClient, lifespan run, until the check ends.

    The options are those of Starlette's TestClient. ``lifespan=False`` leaves
    the lifespan alone.
    """
    with ExitStack() as stack:

        def open_client(app: Any, *, lifespan: bool = True, **options: Any) -> RecordingClient:
            client = RecordingClient(app, kata_bench.recorder, **options)
            if lifespan:
                stack.enter_context(client)
            return client

        yield open_client


@pytest.fixture
def client(app: Any, client_for: Callable[..., RecordingClient]) -> RecordingClient:
    """A TestClient over the learner's app: lifespan run, redirects and server errors are answers."""
    return client_for(app)


@pytest.fixture
async def async_client(app: Any, kata_bench: Bench) -> AsyncIterator[RecordingAsyncClient]:
    """An httpx client in the check's own event loop; the lifespan is run, server errors are answers."""
    async with AsyncExitStack() as stack:
        lifespan = getattr(getattr(app, "router", None), "lifespan_context", None)
        if lifespan is not None:
            await stack.enter_async_context(lifespan(app))
        yield await stack.enter_async_context(RecordingAsyncClient(app, kata_bench.recorder))


@pytest.fixture
def docs(app: Any) -> Docs:
    """The OpenAPI document of the learner's app, to be asked about paths, parameters and schemas."""
    return Docs(app.openapi())


@pytest.fixture
def docs_for() -> Callable[[Any], Docs]:
    """``docs_for(app)`` gives the OpenAPI document of another app, or of this one after a change."""

    def ask(app: Any) -> Docs:
        return Docs(app.openapi())

    return ask


@pytest.fixture
def live_server(kata_bench: Bench, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """``live_server(lambda port: [command, …])`` starts a real server in the kata's folder.

    Returns a ``LiveServer`` once it has answered over HTTP. Further arguments:
    ``environment`` (a dict, or a function of the port that gives one),
    ``ready_path``, ``seconds`` until it has to be ready. Every process of its
    group is ended with the check.
    """
    with ExitStack() as stack:

        def start(
            command: Callable[[int], list[str]],
            *,
            environment: dict[str, str] | Callable[[int], dict[str, str]] | None = None,
            ready_path: str = "/",
            seconds: float = READY_SECONDS,
        ) -> LiveServer:
            def variables(port: int) -> dict[str, str]:
                own = environment(port) if callable(environment) else environment
                return {"HOME": str(tmp_path), **(own or {})}

            server = LiveServer(command, kata_bench.loader.folder, variables)
            stack.enter_context(server)
            server.start(ready_path, seconds)
            return server

        yield start


@pytest.fixture
def served() -> Iterator[Callable[..., str]]:
    """``served(app)`` serves an app on a free port from a thread, until the check ends, and returns its address."""
    with ExitStack() as stack:

        def serve(app: Any, **options: Any) -> str:
            return stack.enter_context(threadserver.served(app, **options))

        yield serve


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database: a new SQLite file, or a new schema in the PostgreSQL that is named."""
    with stores.database(tmp_path) as url:
        yield url


@pytest.fixture
def async_database_url(tmp_path: Path) -> Iterator[str]:
    """As ``database_url``, for SQLAlchemy's async engines (aiosqlite, psycopg)."""
    with stores.database(tmp_path, driver="aiosqlite") as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of the Redis of this run, embedded or named by ``KATA_REDIS_URL``; checks use ``redis_url``."""
    named = stores.named_redis()
    if named is not None:
        yield named
        return
    server = stores.EmbeddedRedis()
    yield server.url
    server.close()


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The address of an empty Redis database."""
    with stores.empty_redis(redis_server, is_shared=stores.named_redis() is not None):
        yield redis_server


@pytest.fixture
def http(kata_bench: Bench) -> Iterator[RecordingHttpClient]:
    """A recorded httpx client for real servers; give it whole addresses."""
    with RecordingHttpClient(kata_bench.recorder, timeout=10) as client:
        yield client


@pytest.fixture
def asgi(kata_bench: Bench) -> Callable[..., AbstractAsyncContextManager[Server]]:
    """Serves an app on the check's own loop as a server does, lifespan run.

    ``async with asgi(app) as server`` begins and ends it;
    ``server.start("GET", "/x", …)`` returns a ``Call`` at once, which has
    ``await call.reply()``, ``await call.ended()``, ``call.taken``,
    ``call.sent`` and ``call.leave()``. ``await server.request(…)`` is both.
    ``hold=`` (an event) keeps sends waiting, ``fail_at=`` lets the nth fail, a
    generator as ``body=`` is asked for chunks only as the app takes them.
    ``server.websocket("/live")`` returns a ``Socket``.
    """

    def serve(app: Any, spec_version: str = "2.4") -> AbstractAsyncContextManager[Server]:
        return serving(app, kata_bench.recorder, spec_version)

    return serve


@pytest.fixture
def learner_tests(kata_bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> LearnerTests:
    """The learner's test suite, to be run against the given app, a rewrite, and broken apps (``mutants.toml``).

    Runs are shared by the checks of a kata, so each is done once.
    """
    if kata_bench.learner_tests is None:
        scratch = tmp_path_factory.mktemp("suites")
        kata_bench.learner_tests = LearnerTests(kata_bench.job, kata_bench.host, scratch)
    return kata_bench.learner_tests


@pytest.fixture
def rendezvous() -> Iterator[Callable[..., Gate]]:
    """``rendezvous()`` gives a ``Gate`` that holds calls until it is opened; ``rendezvous(3)`` opens when three came.

    Fakes wait with ``await gate.passed()`` or, blocking, ``gate.hold()``; the
    check with ``await gate.meets(2, "what the learner is told if not")``.
    """
    gates: list[Gate] = []

    def make(expected: int | None = None, **options: Any) -> Gate:
        gates.append(Gate(expected, **options))
        return gates[-1]

    yield make
    for gate in gates:
        gate.open()


@pytest.fixture
def advance() -> Callable[[float], None]:
    """``advance(30)`` moves the clock of the check's event loop on by 30 seconds: no limit is waited for."""

    def move(seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(loop, MovableLoop):
            loop.advance(seconds)

    return move


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async checks run on asyncio, on a loop whose clock ``advance`` can move."""
    return "asyncio", {"loop_factory": MovableLoop}
