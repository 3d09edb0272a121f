"""The process between the warm one and a job: it clears away what the job leaves, and ends as the job has ended."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

PARENT_SECONDS = 1.0
"""How often a warden looks whether its own parent is still there."""
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PDEATHSIG = 1


def guard(run: Callable[[], NoReturn], fd: int) -> NoReturn:
    """Run a job in a child, clear away whatever it leaves behind, and end the way the child has ended.

    ``run`` does the job and ends its process; ``fd``, through which it reports, is the child's alone.
    On Linux, orphans of this process's descendants become its children, so that
    not even a daemon of the learner's outlives the job.
    """
    adopt_orphans()
    parent = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    worker = os.fork()
    if worker == 0:
        end_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.setsid()
        run()
    os.close(fd)
    signal.signal(signal.SIGTERM, lambda *_: _kill_group(worker))
    # Whoever waits for the job may be killed, too.
    signal.signal(signal.SIGALRM, lambda *_: None if os.getppid() == parent else _kill_group(worker))
    signal.setitimer(signal.ITIMER_REAL, PARENT_SECONDS, PARENT_SECONDS)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    # Look first and reap last: until then nobody else can get this process id.
    os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
    _kill_group(worker)
    _, status = os.waitpid(worker, 0)
    clear_away()
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, where the platform can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Have this process killed when its parent ends, where the platform can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def clear_away() -> None:
    """Kill the children of this process, and those that they leave to it, until none is there."""
    while True:
        for pid in children_of(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
            # There may be a thousand: they are not looked for again after each single one.
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def children_of(parent: int) -> list[int]:
    """Return the process ids of a process's children, where /proc tells them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; state and parent come behind it.
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
