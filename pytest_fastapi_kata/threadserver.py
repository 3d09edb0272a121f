"""An app of the check's own behind a real socket, served by uvicorn in a thread of this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from pytest_fastapi_kata.exceptions import ServerError

SECONDS = 15.0


@contextlib.contextmanager
def served(app: Any, **options: Any) -> Iterator[str]:
    """Serve an ASGI app on a free loopback port and yield its address (``http://127.0.0.1:port``).

    The options are those of ``uvicorn.Config``.

    Raises:
        ServerError: it did not start, or did not end.
    """
    import uvicorn  # only live katas need it

    class Server(uvicorn.Server):
        """Says when it serves, or will not."""

        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            self.settled = threading.Event()

        async def startup(self, *arguments: Any, **more: Any) -> None:
            try:
                await super().startup(*arguments, **more)
            finally:
                self.settled.set()

        def run(self, *arguments: Any, **more: Any) -> None:
            # A start that fails ends in SystemExit, which says nothing in a thread.
            with contextlib.suppress(SystemExit):
                super().run(*arguments, **more)
            self.settled.set()

    settings = {"port": 0, "log_config": None, "timeout_graceful_shutdown": 1, "lifespan": "on", **options}
    server = Server(uvicorn.Config(app, **settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.settled.wait(SECONDS)
    if not server.started:
        server.should_exit = True
        msg = "the server in a thread did not start"
        raise ServerError(msg)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        if thread.is_alive():
            server.force_exit = True
            thread.join(SECONDS)
