"""The host that forks: side by side, bounded, and nothing of one run in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_fastapi_kata.worker.suitehost import side_by_side

DRIVER = """\
import json, sys
from pathlib import Path
import pytest, fastapi.testclient
from pytest_fastapi_kata.suites import SuiteRun
from pytest_fastapi_kata.worker.suitehost import Errand, ForkingHost

scratch = Path(sys.argv[1])
errands = []
for number, text in enumerate(json.loads(sys.argv[2])):
    folder = scratch / str(number)
    folder.mkdir()
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\\n")
    run = SuiteRun(str(folder), seconds=3 if "hang" in text else 60)
    errands.append(Errand(run, folder / "report.json", folder / "output.txt"))
host = ForkingHost()
results = host.run(errands[:2]) + host.run(errands[2:])
print(json.dumps([[r.state, [t.outcome for t in r.tests], r.running] for r in results]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_each_run_is_a_fork_of_its_own(tmp_path: Path) -> None:
    """Modules, exits, crashes and hangs of one run do not reach another; late ones are stopped."""
    texts = [
        "import json\njson.marker = 1\ndef test_a(): assert True\n",
        "import json\ndef test_b(): assert not hasattr(json, 'marker')\n",
        "import time\ndef test_hang(): time.sleep(600)\n",
        "import os\ndef test_c(): os._exit(3)\n",
        "import os, signal\ndef test_d(): os.kill(os.getpid(), signal.SIGKILL)\n",
        "import os\ndef test_e(): assert os.getsid(0) == os.getpid()\n",
    ]
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path), json.dumps(texts)], capture_output=True, text=True, check=True
    )
    assert [
        ["finished", ["passed"], ""],
        ["finished", ["passed"], ""],
        ["hung", [], "test_hang"],
        ["ended", [], "test_c"],
        ["ended", [], "test_d"],
        ["finished", ["passed"], ""],
    ] == json.loads(done.stdout)


def test_runs_go_on_side_by_side() -> None:
    """As many as there are cores, four at most."""
    assert 1 <= side_by_side() <= 4
