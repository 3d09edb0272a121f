"""What a learner sees: fresh, in the making, solved, and from the cache."""

from __future__ import annotations

import pytest

from tests.conftest import WorkspaceFolder, squeezed


def test_a_fresh_workspace_exits_0_and_says_what_to_do(workspace: WorkspaceFolder) -> None:
    """Nothing is started: no failure, the map, and the first kata with its path."""
    workspace.add("q901")
    workspace.add("q902")
    result = workspace.run("--kata-progress")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "=* progress =*",
            "  topic * basic * advanced * solved*",
            "  90 Tiny things * 0/1 * 0/1 * 0/2*",
            "  all * 0/1 * 0/1 * 0/2*",
            "",
            "  Next: q901 · A greeting",
            "    “How do you greet?”",
            "    read      katas/90_tiny/q901_greeting/README.md",
            "    edit      katas/90_tiny/q901_greeting/app.py",
            "    then run  pytest --kata-progress",
        ]
    )
    result.stdout.no_fnmatch_line("*FAIL*")
    assert not (workspace.root / ".kata/progress.json").exists()


def test_a_started_kata_is_explained_once(workspace: WorkspaceFolder) -> None:
    """The first failed check is explained, the others are listed by title, the hint command is named."""
    workspace.add("q901", "from fastapi import FastAPI\n\napp = FastAPI(title='mine')\n")
    result = workspace.run("--kata-progress", "--kata-seed=7")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "_* q901 · A guest is greeted by name _*",
            "  `GET /greetings/{name}` answers an object with the name under `hello`.",
            "",
            "  There is no such route yet.",
            "",
            "  sent        GET /greetings/*",
            "  came back   404 Not Found",
            "              content-type: application/json",
            '              {"detail": "Not Found"}',
            "",
            "  expected    200",
            "  got         404",
            "",
            "  as curl     curl -i http://127.0.0.1:8000/greetings/*",
            "",
            "  Not passed either:",
            "  ✗ There is no greeting for nobody",
            "  ✗ The docs know the greeting",
            "",
            "  0 of 3 checks pass · a hint: fastapi-kata hint q901 · seed 7",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(["  ✗ q901 · A greeting  0 of 3 checks pass", "*Next: q901 · A greeting"])
    assert result.stdout.str().count("came back") == 1


def test_a_solved_kata_is_counted_recorded_and_then_reported_from_the_cache(workspace: WorkspaceFolder) -> None:
    """The second run does not run it again; ``--kata-fresh`` does."""
    workspace.add("q901", "solution")
    workspace.add("q902")
    first = workspace.run("--kata-progress")
    first.stdout.fnmatch_lines(
        [
            "  ✓ q901 is solved. An answer to its question: fastapi-kata answer q901",
            "  90 Tiny things * 1/1 * 0/1 * 1/2*",
            "*Next: q902 · A counter",
        ]
    )
    assert first.ret == 0
    first.assert_outcomes(passed=3, deselected=2)
    entry = workspace.progress["katas"]["q901"]
    assert (1, "0.1.0") == (entry["attempts"], entry["solved_with"])

    second = workspace.run("--kata-progress")
    second.assert_outcomes(deselected=5)
    second.stdout.fnmatch_lines(["  90 Tiny things * 1/1 * 0/1 * 1/2*"])
    second.stdout.no_fnmatch_line("*is solved*")
    assert second.ret == 0

    workspace.run("--kata-progress", "--kata-fresh").assert_outcomes(passed=3, deselected=2)
    assert entry == workspace.progress["katas"]["q901"], "running unchanged code again is no further attempt"


def test_a_change_to_a_solved_kata_runs_it_again(workspace: WorkspaceFolder) -> None:
    """The cache holds for the exact content of the folder only."""
    file = workspace.add("q901", "solution")
    assert workspace.run("--kata-progress").ret == 0
    file.write_text(file.read_text().replace('{"hello": name}', '{"hallo": name}'))
    result = workspace.run("--kata-progress")
    assert result.ret == 1
    result.assert_outcomes(passed=2, failed=1)
    assert 1 == workspace.progress["katas"]["q901"]["attempts"], "attempts are counted until it is solved"
    assert "solved_at" in workspace.progress["katas"]["q901"], "what was solved once stays in the record"


def test_all_solved_says_so(workspace: WorkspaceFolder) -> None:
    """With nothing left, the model answers are recommended."""
    workspace.add("q901", "solution")
    workspace.add("q902", "solution")
    result = workspace.run("--kata-progress")
    result.stdout.fnmatch_lines(["  all * 2/2*", "  All solved.*fastapi-kata answer*"])
    assert result.ret == 0


def test_the_likely_cause_of_a_near_miss_is_shown(workspace: WorkspaceFolder) -> None:
    """If the failed checks are those of a near miss, its why is told."""
    workspace.add("q901", workspace.kata("q901").solution.joinpath("app.py").read_text().replace('"nobody":', '"":'))
    result = workspace.run("--kata-progress")
    result.stdout.fnmatch_lines(["  Somebody greeted nobody.", "  A likely cause", "  Nobody is taken for a name*"])


def test_plain_pytest_runs_what_was_started_also_if_solved(workspace: WorkspaceFolder) -> None:
    """Without --kata-progress nothing comes from the cache, and no map is shown."""
    workspace.add("q901", "solution")
    workspace.add("q902")
    first, second = workspace.run(), workspace.run()
    for result in (first, second):
        result.assert_outcomes(passed=3, deselected=2)
        result.stdout.no_fnmatch_line("=* progress =*")
    first.stdout.fnmatch_lines(["  ✓ q901 is solved.*", "*Next: q902 · A counter"])
    second.stdout.no_fnmatch_line("*Next:*")


def test_an_untouched_stub_runs_when_it_is_named(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path argument means this kata, and so does standing in its folder; --kata-all means all."""
    workspace.add("q901")
    workspace.add("q902")
    for arguments in ([workspace.entry("q901")], ["katas/90_tiny/q901_greeting"]):
        result = workspace.run(*arguments)
        result.assert_outcomes(failed=3)
        assert result.ret == 1
    workspace.run("katas/90_tiny/q901_greeting/README.md").assert_outcomes(failed=3)
    with monkeypatch.context() as inside:
        inside.chdir(workspace.folder("q901"))
        workspace.run().assert_outcomes(failed=3)
    workspace.run("katas/90_tiny").assert_outcomes(deselected=5)
    workspace.run("--kata-all").assert_outcomes(failed=5)


def test_the_message_of_the_raised_exception_and_the_learners_line_are_shown(workspace: WorkspaceFolder) -> None:
    """A server error shows what was raised, where in the learner's file, and what they printed."""
    workspace.add(
        "q901",
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/greetings/{name}')\ndef greet(name: str):\n"
        "    print('looking for', len(name))\n    return {'hello': {}[name]}\n",
    )
    text = squeezed(workspace.run("--kata-progress"))
    assert "came back 500 Internal Server Error" in text
    assert "raised KeyError:" in text
    assert "your code app.py:9 in greet return {'hello': {}[name]}" in text
    assert "you printed looking for 6" in text


def test_options_can_stand_in_the_ini_file(workspace: WorkspaceFolder) -> None:
    """``kata_progress`` and ``kata_seed`` in pyproject.toml mean what the options mean."""
    workspace.add("q901", "from fastapi import FastAPI\n\napp = FastAPI(title='x')\n")
    file = workspace.root / "pyproject.toml"
    file.write_text(file.read_text() + 'kata_progress = true\nkata_seed = "4711"\n')
    result = workspace.run()
    result.stdout.fnmatch_lines(["*seed 4711*", "=* progress =*"])


def test_the_seed_makes_a_run_repeatable(workspace: WorkspaceFolder) -> None:
    """The same seed makes up the same names; without one they differ."""
    workspace.add("q901", "from fastapi import FastAPI\n\napp = FastAPI(title='x')\n")

    def target(*arguments: str) -> str:
        report = workspace.run_json(*arguments)
        text: str = report["katas"][0]["checks"][0]["explanation"]["exchanges"][0]["target"]
        return text

    assert target("--kata-seed=1") == target("--kata-seed=1")
    assert 1 < len({target("--kata-seed=1"), target(), target()})


def test_verbose_explains_every_failed_check(workspace: WorkspaceFolder) -> None:
    """--kata-verbose shows one explanation for each failed check."""
    workspace.add("q901", "from fastapi import FastAPI\n\napp = FastAPI(title='x')\n")
    result = workspace.run("--kata-verbose")
    result.stdout.fnmatch_lines(
        [
            "_* q901 · A guest is greeted by name _*",
            "_* q901 · There is no greeting for nobody _*",
            "_* q901 · The docs*_*",
        ]
    )


def test_a_console_without_unicode_gets_ascii(workspace: WorkspaceFolder, monkeypatch) -> None:
    """Marks, dots and quotes have plain likenesses."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("PYTHONUTF8", "0")
    workspace.add("q901", "from fastapi import FastAPI\n\napp = FastAPI(title='x')\n")
    result = workspace.run("--kata-progress")
    result.stdout.fnmatch_lines(["  x There is no greeting for nobody", '    "How do you greet?"'])
    assert result.stdout.str().isascii()
