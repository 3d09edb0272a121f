"""Reading what faulthandler wrote down."""

from __future__ import annotations

import faulthandler
from pathlib import Path

import pytest

from pytest_fastapi_kata.explanation import Frame
from pytest_fastapi_kata.isolation.stacks import stuck_frames

DUMP = """\
Timeout (0:00:03)!
Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 331 in wait
  File "/usr/lib/python3.11/queue.py", line 180 in get

Thread 0x00007f02 (most recent call first):
  File "/usr/lib/python3.11/re.py", line 9 in match
  File "{folder}/shed/hats.py", line 2 in find
  File "{folder}/app.py", line 1 in <module>
  File "{folder}/app.py", line 99 in nowhere
  File "{folder}/gone.py", line 1 in gone
  File "{folder}-other/app.py", line 1 in other

Current thread 0x00007f03 (most recent call first):
  File "{folder}/app.py", line 1 in current
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The learner's folder."""
    (tmp_path / "kata/shed").mkdir(parents=True)
    (tmp_path / "kata/app.py").write_text("  serve()  \n", "utf-8")
    (tmp_path / "kata/shed/hats.py").write_text("# hats\nfind('ü')\n", "utf-8")
    return tmp_path / "kata"


def test_the_first_thread_in_the_learners_code(folder: Path, tmp_path: Path) -> None:
    """Its frames, outermost first, with their lines; other files and threads are left out."""
    (tmp_path / "stacks").write_text(DUMP.format(folder=folder), "utf-8")
    assert (
        Frame("gone.py", 1, "gone", ""),
        Frame("app.py", 99, "nowhere", ""),
        Frame("app.py", 1, "<module>", "serve()"),
        Frame("shed/hats.py", 2, "find", "find('ü')"),
    ) == stuck_frames(tmp_path / "stacks", folder)


def test_the_folder_may_be_named_by_a_link(folder: Path, tmp_path: Path) -> None:
    """The dump has the real path."""
    (tmp_path / "stacks").write_text(DUMP.format(folder=folder), "utf-8")
    (tmp_path / "link").symlink_to(folder)
    assert 4 == len(stuck_frames(tmp_path / "stacks", tmp_path / "link"))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe no dump",
        b"Thread 0x01 (most recent call first):\n  <no Python frame>\n",
        b'Thread 0x01 (most recent call first):\n  File "/usr/lib/re.py", line 9 in match\n',
        b'  File "app.py", line 1 in outside\n',
    ],
)
def test_a_dump_without_the_learners_code(folder: Path, tmp_path: Path, text: bytes) -> None:
    """There is nothing to show."""
    (tmp_path / "stacks").write_bytes(text)
    assert () == stuck_frames(tmp_path / "stacks", folder)


def test_no_dump(folder: Path, tmp_path: Path) -> None:
    """Neither a missing file nor a folder is an error."""
    assert () == stuck_frames(tmp_path / "stacks", folder)
    assert () == stuck_frames(tmp_path, folder)


def test_a_source_that_is_no_text(folder: Path, tmp_path: Path) -> None:
    """The place is shown without its line."""
    (folder / "app.py").write_bytes(b"\xff\n")
    (tmp_path / "stacks").write_text(f'Thread 0x1:\n  File "{folder}/app.py", line 1 in f\n', "utf-8")
    assert (Frame("app.py", 1, "f", ""),) == stuck_frames(tmp_path / "stacks", folder)


def test_what_faulthandler_writes_today(tmp_path: Path) -> None:
    """This interpreter's own dump can be read."""
    with (tmp_path / "stacks").open("wb") as file:
        faulthandler.dump_traceback(file)
    frames = stuck_frames(tmp_path / "stacks", Path(__file__).parent)
    assert ("test_what_faulthandler_writes_today", "faulthandler.dump_traceback(file)") == (
        frames[-1].function, frames[-1].code,
    )  # fmt: skip
