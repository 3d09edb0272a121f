"""``fastapi-kata play``: a real server, asked over the network, and ended by a key."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import WorkspaceFolder

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="There are no such terminals.")

PLAY = ["-c", "from pytest_fastapi_kata.cli import main; main()", "play"]
WRONG = "from fastapi import FastAPI\n\napp = FastAPI(title='wrong')\n"


@pytest.fixture
def play(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``play("q902")`` starts it on a terminal and returns the pexpect child."""
    monkeypatch.delenv("COLUMNS", raising=False)
    children = []

    def start(*arguments: str) -> Any:
        child = pexpect.spawn(
            sys.executable, [*PLAY, *arguments], cwd=str(workspace.root), dimensions=(40, 160), encoding="utf-8",
            timeout=200,
        )  # fmt: skip
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def text_until(child: Any, pattern: str) -> str:
    """Return what was shown until the pattern came, without colours."""
    child.expect(pattern)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", child.before + child.after)


def test_the_app_is_served_until_a_key(workspace: WorkspaceFolder, play: Any) -> None:
    """Its docs' address and the request that failed last are shown; Ctrl+C ends it well."""
    workspace.add("q902", WRONG)
    assert 1 == workspace.run("--kata-progress").ret
    child = play("q902")
    shown = text_until(child, "Application startup complete")
    docs = re.search(r"http://127\.0\.0\.1:\d+/docs", shown)
    assert docs is not None
    assert f"curl -i -X POST {docs[0].removesuffix('/docs')}/count" in shown
    assert "wrong" in httpx.get(docs[0]).text
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert (0, None) == (child.exitstatus, child.signalstatus)
    with pytest.raises(httpx.ConnectError):
        httpx.get(docs[0])


def test_a_port_that_is_no_port(workspace: WorkspaceFolder, play: Any) -> None:
    """Is refused before anything starts."""
    workspace.add("q902", WRONG)
    child = play("q902", "--port", "70000")
    assert "70000 is no port" in text_until(child, "65535")
    child.expect(pexpect.EOF)
    child.close()
    assert 2 == child.exitstatus
