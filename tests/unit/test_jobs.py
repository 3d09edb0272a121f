"""The words between the two processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_fastapi_kata.jobs import Job, event_line, read_event

JOB = Job(
    kata_id="q901", folder="/kätas/q901", entry="app.py", app="fastapi", acceptance="/a.py", pristine="/stub",
    solution="/solution", checks=("test_2", "test_1"), timeout=1.5, seed=7, token="secret", stacks="/stacks",  # noqa: S106
)  # fmt: skip


def test_a_job_travels_as_one_line() -> None:
    """It arrives as it was sent, its checks in their order."""
    line = JOB.to_line()
    assert (b"\n", 1) == (line[-1:], line.count(b"\n"))
    assert JOB == Job.from_line(line)
    assert Path("/kätas/q901") == Job.from_line(line).folder_path


def test_an_event_travels_as_one_line() -> None:
    """Texts with line ends and half characters included."""
    line = event_line("secret", event="started", text="a\nb\u2028\ud800")
    assert (b"\n", 1) == (line[-1:], line.count(b"\n"))
    assert {"token": "secret", "event": "started", "text": "a\nb\u2028\ud800"} == read_event(line, "secret")


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"passed\n", b"{", b"3", b"null", b'"secret"', b'["token", "secret"]', b"{}", b'{"token": null}',
        json.dumps({"token": "Secret", "event": "finished"}).encode(), b'{"token": ["secret"]}', b"\xff\xfe", b"\0",
        event_line("", event="finished"), pytest.param(b"[" * 100_000, id="deep"), pytest.param(b"9" * 9999, id="long"),
    ],
)  # fmt: skip
def test_other_lines_are_no_events(line: bytes) -> None:
    """The learner's code may write what it likes."""
    assert read_event(line, "secret") is None
