"""Runs the watched kata in a worker that has been waiting for it, and keeps the result."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.isolation.processes import Mode
from pytest_fastapi_kata.isolation.scheduler import KataRun, Scheduler
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import Record, ResultCache, all_notes, result_key
from pytest_fastapi_kata.results import KataResult
from pytest_fastapi_kata.verdict import conclude
from pytest_fastapi_kata.watch.events import Judged, Tell, Ticked, Troubled
from pytest_fastapi_kata.workspace import Workspace

_CLOSE_SECONDS = 10.0


@dataclass(frozen=True)
class _Order:
    number: int
    kata: Kata


class Judge:
    """A thread that runs one kata at a time; a new order ends the run before it.

    Use it as a context manager. It tells of every check that finishes and of
    the end of each run that was not overtaken by another.
    """

    def __init__(self, workspace: Workspace, mode: Mode, tell: Tell, seed: int | None = None) -> None:
        self._workspace = workspace
        self._tell = tell
        self._seed = seed
        self._scheduler = Scheduler(mode, 1)
        self._order: _Order | None = None
        self._numbers = 0
        self._done = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="judge", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._set(None)
        self._thread.join(_CLOSE_SECONDS)
        self._scheduler.close()

    def request(self, kata: Kata) -> int:
        """Have a kata run from its beginning, and return the number of the run."""
        with self._changed:
            self._numbers += 1
            self._set(_Order(self._numbers, kata))
            return self._numbers

    def drop(self) -> None:
        """End the run that is going on, if there is one."""
        with self._changed:
            self._set(None)

    def _set(self, order: _Order | None) -> None:
        self._order = order
        self._changed.notify()
        self._scheduler.wake()

    def _work(self) -> None:
        while True:
            try:
                # The next worker gets ready while the learner writes.
                self._scheduler.warm()
            except OSError as error:
                self._tell(Troubled(0, f"The worker cannot be started: {error.strerror}."))
            with self._changed:
                self._changed.wait_for(self._has_news)
                if self._closed:
                    return
                order = self._order
            if order is not None:
                self._judge(order)
                self._done = order.number

    def _has_news(self) -> bool:
        return self._closed or (self._order is not None and self._order.number > self._done)

    def _judge(self, order: _Order) -> None:
        try:
            # Taken before the run: the result holds for this state of the files.
            key = result_key(self._workspace, order.kata)
            run = self._run(order)
            if run is not None:
                self._tell(self._keep(order, run, key))
        except KataError as error:
            self._tell(Troubled(order.number, str(error)))
        except OSError as error:
            self._tell(Troubled(order.number, f"The kata could not be run: {error}."))

    def _run(self, order: _Order) -> KataRun | None:
        kata, told = order.kata, 0
        seed = secrets.randbelow(900_000) + 100_000 if self._seed is None else self._seed
        run = self._scheduler.submit(kata, self._workspace.folder(kata), kata.check_names, seed)
        while not run.finished:
            if self._order is not order:
                self._scheduler.cancel()
                return None
            self._scheduler.step()
            for check in list(run.results.values())[told:]:
                told += 1
                self._tell(Ticked(order.number, check))
        return run

    def _keep(self, order: _Order, run: KataRun, key: str) -> Judged:
        """Record the result as a run of pytest does, unless the files have changed in the meantime."""
        checks = run.ordered_results()
        result: KataResult = conclude(order.kata, checks, sum(check.seconds for check in checks))
        cache, record = ResultCache(self._workspace), Record(self._workspace)
        record.note_results([(result, cache.has_changed(order.kata, key))])
        if key == result_key(self._workspace, order.kata):
            cache.put([(result, key)])
        time = datetime.now().astimezone().strftime("%H:%M:%S")
        return Judged(order.number, result, tuple(all_notes(record, cache)), time)
