"""Start of a worker process: ``--serve FD`` forks a process for each job, ``--once`` runs one job."""

from __future__ import annotations

import sys

from pytest_fastapi_kata.worker import serve

if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve.serve(int(sys.argv[2]))
    else:
        serve.run_once()
