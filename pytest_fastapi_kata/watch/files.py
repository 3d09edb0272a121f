"""Notices when the learner saves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

from pytest_fastapi_kata.watch.events import Saved, Tell, Troubled

LOOK_SECONDS = 1.0
"""How often to look whether the watched folder is still the same one."""
POLL_MILLISECONDS = 300
_BY_PRODUCTS = ("__pycache__",)


class FileWatch:
    """A thread that tells of changes below a folder, also when that folder goes away and comes back.

    What an editor does for one save, and a burst of saves, is told as one
    change. ``polling`` looks at the files again and again, for folders whose
    changes the system does not report: network mounts, containers.
    """

    def __init__(self, folder: Path, tell: Tell, *, polling: bool = False) -> None:
        self._folder = folder
        self._tell = tell
        self._polling = polling
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="files", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(LOOK_SECONDS * 3)

    def _work(self) -> None:
        while not self._stop.is_set():
            if self._folder.is_dir():
                self._watch()
                if not self._stop.is_set():
                    # Whatever happened between two watches is found by looking.
                    self._tell(Saved(frozenset([self._folder])))
            else:
                self._stop.wait(LOOK_SECONDS)

    def _watch(self) -> None:
        import watchfiles  # its Rust part is loaded while the first screen is painted

        place, first = _identity(self._folder), True
        try:
            for changes in watchfiles.watch(
                self._folder,
                watch_filter=self._matters,
                rust_timeout=int(LOOK_SECONDS * 1000),
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                force_polling=self._polling or None,
                poll_delay_ms=POLL_MILLISECONDS,
                ignore_permission_denied=True,
            ):
                if changes or first or self._polling:
                    # The first time also for what was saved before the watch began. Polling compares
                    # whole seconds, so a second save within one is only found by looking closer.
                    self._tell(Saved(frozenset(Path(path) for _, path in changes) or frozenset([self._folder])))
                first = False
                # A folder that was made anew may get the number of the one before.
                if _identity(self._folder) != place or any(Path(path) == self._folder for _, path in changes):
                    return
        except OSError as error:
            self._fall_back(error)

    def _fall_back(self, error: OSError) -> None:
        if self._polling:
            # Nothing is left to try but to wait for better times.
            self._stop.wait(LOOK_SECONDS)
        elif self._folder.is_dir():
            self._polling = True
            self._tell(Troubled(0, f"The system cannot report changes ({error}), so the files are looked at instead."))

    def _matters(self, _: object, path: str) -> bool:
        try:
            folders = Path(path).relative_to(self._folder).parts[:-1]
        except ValueError:
            return True
        return not any(name in _BY_PRODUCTS or name.startswith(".") for name in folders)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
