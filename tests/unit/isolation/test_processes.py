"""Worker processes: what they report, and that they always end."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.exceptions import WorkerError
from pytest_fastapi_kata.isolation.processes import (
    ForkedProcesses,
    Mode,
    Processes,
    SpawnedProcesses,
    default_mode,
    open_processes,
    worker_environment,
)
from pytest_fastapi_kata.jobs import Job

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
HANG = "import signal\nfrom fastapi import FastAPI\napp = FastAPI()\nsignal.pause()\n"


@pytest.fixture(scope="module", params=[pytest.param("fork", marks=needs_fork), "spawn"])
def processes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Processes of each mode; starting them takes most of the time, so the tests share them."""
    mode: Mode = request.param
    one = open_processes(mode, 1, tmp_path_factory.mktemp("scratch"))
    yield one
    one.close()


def a_job(tiny: Catalogue, folder: Path, source: str | None = None, token: str = "secret") -> Job:  # noqa: S107
    """Return a job of q901 with its solution, or with this app."""
    kata = tiny.find("q901")
    folder.mkdir(exist_ok=True)
    shutil.copy(kata.solution / "app.py", folder)
    if source is not None:
        (folder / "app.py").write_text(source, "utf-8")
    return Job(
        kata_id=kata.id, folder=str(folder.resolve()), entry=kata.entry, app=kata.app, acceptance=str(kata.acceptance),
        pristine=str(kata.stub), solution=str(kata.solution), checks=kata.check_names[1:], timeout=60.0, seed=1,
        token=token, stacks=str(folder / "stacks"),
    )  # fmt: skip


def until_the_end(processes: Processes, *numbers: int) -> dict[int, tuple[list[dict[str, Any]], int]]:
    """Return the events and the exit code of each of these jobs."""
    events: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    ends: dict[int, int] = {}
    while ends.keys() != events.keys():
        report = processes.reports.get(timeout=60)
        if report.exit is not None:
            ends[report.number] = report.exit
        elif report.event is not None:
            events[report.number].append(report.event)
    return {number: (events[number], ends[number]) for number in numbers}


def names(events: list[dict[str, Any]]) -> list[str]:
    """Return what happened, in short."""
    return [f"{event['event']} {event.get('check', '')} {event.get('outcome', '')}".strip() for event in events]


def test_a_job_reports_each_check(processes: Processes, tiny: Catalogue, tmp_path: Path) -> None:
    """In the order of the job; its end comes last."""
    number = processes.launch(a_job(tiny, tmp_path / "kata"))
    events, status = until_the_end(processes, number)[number]
    expected = []
    for check in tiny.find("q901").check_names[1:]:
        expected += [f"started {check}", "importing", "imported", f"finished {check} passed"]
    assert ([*expected, "done"], 0) == (names(events), status)
    assert ["/greetings/{name}"] == events[3]["routes"]


def test_jobs_side_by_side(processes: Processes, tiny: Catalogue, tmp_path: Path) -> None:
    """One hangs and is killed, with its whole group; the other one does not notice."""
    hanging = processes.launch(a_job(tiny, tmp_path / "hanging", HANG, "one"))
    while (report := processes.reports.get(timeout=60)).event != {"token": "one", "event": "importing"}:
        assert hanging == report.number
    other = processes.launch(a_job(tiny, tmp_path / "other", token="two"))  # noqa: S106
    assert hanging != other
    events, status = until_the_end(processes, other)[other]
    assert ("done", 0) == (events[-1]["event"], status)
    processes.kill(hanging)
    assert -signal.SIGKILL == until_the_end(processes, hanging)[hanging][1]
    processes.kill(hanging)


@pytest.mark.parametrize("processes", [pytest.param("fork", marks=needs_fork)], indirect=True)
def test_a_process_may_end_as_it_likes(processes: Processes, tiny: Catalogue, tmp_path: Path) -> None:
    """Its exit code is reported; lines that it forges are not."""
    source = (
        'import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b\'{"event": "finished"}\\n[[[\\n\')\n'
        "    except OSError:\n        pass\nos._exit(7)\n"
    )
    number = processes.launch(a_job(tiny, tmp_path / "kata", source))
    events, status = until_the_end(processes, number)[number]
    assert (["started test_nobody_is_unknown", "importing"], 7) == (names(events), status)


def is_alive(file: Path) -> bool:
    """Say whether the process whose number stands in a file is alive; a zombie is not."""
    stat = Path(f"/proc/{file.read_text('ascii')}/stat")
    return stat.exists() and stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a process find what another has left")
def test_nothing_outlives_a_job(processes: Processes, tiny: Catalogue, tmp_path: Path) -> None:
    """A daemon that left the group ends with the job, which it holds up in no way."""
    source = (
        "import os, pathlib, signal\nfrom fastapi import FastAPI\napp = FastAPI()\nready = os.pipe()\n"
        "if os.fork() == 0:\n    os.setsid()\n"
        "    (pathlib.Path(__file__).parent / 'daemon').write_text(str(os.getpid()))\n"
        "    os.write(ready[1], b'1')\n    signal.pause()\nos.read(ready[0], 1)\n"
    )
    number = processes.launch(a_job(tiny, tmp_path / "kata", source))
    assert 0 == until_the_end(processes, number)[number][1]
    assert not is_alive(tmp_path / "kata" / "daemon")


@pytest.mark.skipif(sys.platform != "linux", reason="only there is a job guarded")
@pytest.mark.parametrize("blow", ["SIGKILL", "SIGSTOP"])
def test_a_job_may_hit_its_warden(blow: str, processes: Processes, tiny: Catalogue, tmp_path: Path) -> None:
    """Killed or stopped, it costs the job: its end is reported, and its process is gone."""
    source = (
        "import os, pathlib, signal\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "note = pathlib.Path(__file__).parent / 'note'\nnote.write_text(str(os.getpid()))\n"
        "note.rename(note.with_name('job'))\n"
        f"os.kill(os.getppid(), signal.{blow})\nsignal.pause()\n"
    )
    number = processes.launch(a_job(tiny, tmp_path / "kata", source, "one"))
    while not (tmp_path / "kata" / "job").is_file():
        time.sleep(0.01)
    processes.kill(number)
    assert -signal.SIGKILL == until_the_end(processes, number)[number][1]
    while is_alive(tmp_path / "kata" / "job"):
        time.sleep(0.01)


@needs_fork
def test_a_warm_process_that_went_away_is_started_anew(tiny: Catalogue, tmp_path: Path) -> None:
    """The jobs that it ran have ended with it; the next one runs."""
    processes = ForkedProcesses(tmp_path)
    try:
        hanging = processes.launch(a_job(tiny, tmp_path / "hanging", HANG))
        processes._server.kill()
        assert -signal.SIGKILL == until_the_end(processes, hanging)[hanging][1]
        number = processes.launch(a_job(tiny, tmp_path / "kata"))
        assert 0 == until_the_end(processes, number)[number][1]
    finally:
        processes.close()
    assert processes._server.returncode is not None


@pytest.fixture
def broken_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that only complains."""
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho no lück >&2\nexit 3\n", "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


@needs_fork
@pytest.mark.usefixtures("broken_python")
def test_a_warm_process_that_cannot_start(tiny: Catalogue, tmp_path: Path) -> None:
    """Its own words are passed on, and another way is named."""
    processes = ForkedProcesses(tmp_path)
    with pytest.raises(WorkerError, match=r"did not start; it said:\n(no lück\n)+") as error:
        processes.launch(a_job(tiny, tmp_path / "kata"))
    processes.close()
    assert "--kata-isolation=spawn" in error.value.remedy


@pytest.mark.skipif(os.name == "nt", reason="the broken interpreter is a shell script")
@pytest.mark.usefixtures("broken_python")
def test_a_spawned_process_that_cannot_start(tiny: Catalogue, tmp_path: Path) -> None:
    """Its exit code is reported like any other."""
    processes = SpawnedProcesses(0, tmp_path)
    number = processes.launch(a_job(tiny, tmp_path / "kata"))
    assert ([], 3) == until_the_end(processes, number)[number]
    processes.close()


@pytest.mark.parametrize(
    ("platform", "fork", "mode"),
    [("linux", True, "fork"), ("darwin", True, "spawn"), ("linux", False, "spawn"), ("win32", False, "spawn")],
)
def test_default_mode(platform: str, fork: bool, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork where it exists and is safe."""
    monkeypatch.setattr(sys, "platform", platform)
    if fork:
        monkeypatch.setattr(os, "fork", lambda: 0, raising=False)
    else:
        monkeypatch.delattr(os, "fork", raising=False)
    assert mode == default_mode()


def test_worker_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What steers the outer pytest stays outside, and temporary files go where they are removed."""
    for name in ("PYTEST_ADDOPTS", "COV_CORE_SOURCE", "PYTHONBREAKPOINT", "PYTHONSTARTUP", "KATA_COLOUR"):
        monkeypatch.setenv(name, "x")
    environment = worker_environment(tmp_path)
    assert {"KATA_COLOUR"} == {
        name for name in environment if name.startswith(("PYTEST_", "COV_", "PYTHONB", "PYTHONS", "KATA_"))
    }
    assert {str(tmp_path)} == {environment[name] for name in ("TMPDIR", "TEMP", "TMP")}
    assert "utf-8" == environment["PYTHONIOENCODING"]
