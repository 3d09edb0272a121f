"""The learner's record and the cache of results: never lost, never fatal."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from pytest_fastapi_kata import __version__, progress
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import Record, ResultCache, all_notes, checks_digest, installed, result_key
from pytest_fastapi_kata.results import CheckResult, KataResult
from tests.unit.conftest import Desk, PackFolder
from tests.unit.samples import HOSTILE, a_kata, a_result, failed, passed


@pytest.fixture
def record(desk: Desk) -> Record:
    """The record of a fresh workspace."""
    return Record(desk.workspace)


@pytest.fixture
def cache(desk: Desk) -> ResultCache:
    """The cache of a fresh workspace."""
    return ResultCache(desk.workspace)


def stored(desk: Desk, name: str = "progress.json") -> dict[str, Any]:
    """Return a file of the record as it lies on the disk."""
    data: dict[str, Any] = json.loads((desk.root / ".kata" / name).read_text("utf-8"))
    return data


def solved(kata: Kata) -> KataResult:
    """Return a result in which every check passed."""
    checks = (CheckResult(check.name, check.title, "passed", seconds=0.5) for check in kata.checks)
    return a_result(kata, "solved", *checks, seconds=1.25)


def test_installed() -> None:
    """A version, or an empty text."""
    assert installed("pytest").startswith(("8.", "9."))
    assert "" == installed("no-such-distribution-anywhere")


def test_a_fresh_record_is_empty_and_writes_nothing(desk: Desk, record: Record) -> None:
    """Looking does not make files."""
    assert ({}, {}, []) == (record.read(), record.entry(desk.kata("q901")), record.notes)
    assert not (desk.root / ".kata").exists()


def test_note_results(desk: Desk, record: Record) -> None:
    """Attempts count changed code; a solved kata remembers when, with which kit, and by which checks."""
    kata = desk.kata("q901")
    failing = a_result(kata, "failing", failed(1))
    record.note_results([(failing, True)])
    record.note_results([(failing, False)])
    assert {"q901": {"attempts": 1}} == record.read()
    record.note_results([(solved(kata), True)])
    entry = record.entry(kata)
    assert (2, __version__, checks_digest(kata)[:16]) == (entry["attempts"], entry["solved_with"], entry["checks"])
    assert datetime.fromisoformat(entry["solved_at"]).tzinfo is not None
    assert 1 == stored(desk)["format_version"]


def test_a_kata_was_solved_when_it_was_solved_first(desk: Desk, record: Record) -> None:
    """A later run, and a later failure, leave the day alone."""
    kata = desk.kata("q901")
    day = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
    desk.write(".kata/progress.json", json.dumps({"katas": {"q901": {"solved_at": day, "solved_with": "0.0.1"}}}))
    record.note_results([(solved(kata), False), (a_result(kata, "failing"), True)])
    assert (day, __version__) == (record.entry(kata)["solved_at"], record.entry(kata)["solved_with"])


def test_no_results_are_no_reason_to_write(desk: Desk, record: Record, cache: ResultCache) -> None:
    """The file would only change its date."""
    record.note_results([])
    cache.put([])
    assert not (desk.root / ".kata").exists()


def test_note_look(desk: Desk, record: Record) -> None:
    """The most counts, of each kind."""
    kata = desk.kata("q901")
    for what, count in (("hints", 2), ("hints", 1), ("solution", 1)):
        record.note_look(kata, what, count)
    assert {"hints": 2, "solution": 1} == record.entry(kata)


def test_what_others_wrote_stays(desk: Desk, record: Record) -> None:
    """Unknown keys and katas survive a change."""
    desk.write(".kata/progress.json", '{"mine": 2, "katas": {"z1": {"a": 1}, "z2": 3, "q901": {"note": "ü"}}}')
    record.note_look(desk.kata("q901"), "hints", 1)
    assert {"mine": 2, "katas": {"z1": {"a": 1}, "z2": 3, "q901": {"hints": 1, "note": "ü"}}} == stored(desk)
    assert "ü" in (desk.root / ".kata/progress.json").read_text("utf-8")
    assert {"z1", "q901"} == record.read().keys()


@pytest.mark.parametrize("entry", ["3", "[]", '{"hints": "many", "attempts": "few"}', '{"hints": null}'])
def test_a_strange_entry_is_begun_anew(desk: Desk, record: Record, entry: str) -> None:
    """A value of another type counts as none."""
    desk.write(".kata/progress.json", f'{{"katas": {{"q901": {entry}}}}}')
    kata = desk.kata("q901")
    record.note_look(kata, "hints", 1)
    record.note_results([(a_result(kata, "failing"), True)])
    assert (1, 1) == (record.entry(kata)["hints"], record.entry(kata)["attempts"])


BROKEN = ["", "{", "[]", "3", "null", '{"katas": 3}', "{}", "\x00", '"\xff"']
DEEP = pytest.param("[" * 100_000, id="deep")


@pytest.mark.parametrize("text", [*BROKEN, DEEP])
def test_a_broken_record_is_set_aside(desk: Desk, record: Record, text: str) -> None:
    """It is kept byte for byte under another name, and a new one begun; both are said once."""
    file = desk.write(".kata/progress.json", "")
    file.write_bytes(content := text.encode("latin-1"))
    assert {} == record.read()
    record.note_look(desk.kata("q901"), "hints", 1)
    assert content == (desk.root / ".kata/progress.json.broken-1").read_bytes()
    assert {"q901": {"hints": 1}} == stored(desk)["katas"]
    assert 1 == len(record.notes)
    assert record.notes[0].endswith(". It was kept as progress.json.broken-1, and a new one begun.")


def test_each_broken_record_is_kept(desk: Desk, record: Record) -> None:
    """An earlier one is not overwritten."""
    desk.write(".kata/progress.json.broken-1", "first")
    desk.write(".kata/progress.json", "second")
    record.read()
    assert ["first", "second"] == [
        (desk.root / f".kata/progress.json.broken-{number}").read_text("utf-8") for number in (1, 2)
    ]


def test_a_broken_record_that_cannot_be_set_aside(desk: Desk, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is said, and the run goes on."""
    file = desk.write(".kata/progress.json", "{")

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    assert {} == record.read()
    assert [f"{file} is not valid JSON, and cannot be set aside (Permission denied)."] == record.notes


def test_a_folder_in_place_of_the_record(desk: Desk, record: Record) -> None:
    """It can neither be read nor written, which is said."""
    (desk.root / ".kata/progress.json").mkdir(parents=True)
    assert {} == record.read()
    assert "cannot be read" in record.notes[0]
    record.note_look(desk.kata("q901"), "hints", 1)
    assert "so this run was not recorded" in record.notes[-1]


def test_a_record_of_a_newer_kit_is_left_alone(desk: Desk, record: Record) -> None:
    """It can be read, but is not written."""
    text = '{"format_version": 2, "katas": {"q901": {"hints": 2}}}'
    file = desk.write(".kata/progress.json", text)
    record.note_look(desk.kata("q901"), "hints", 3)
    assert text == file.read_text("utf-8")
    assert {"hints": 2} == record.entry(desk.kata("q901"))
    assert ["progress.json was written by a newer kit and was left alone: update the kit."] == record.notes


@pytest.mark.parametrize("version", ["1", "0", '"99"', "null"])
def test_other_versions_are_written(desk: Desk, record: Record, version: str) -> None:
    """Only a larger number is a newer kit's."""
    desk.write(".kata/progress.json", f'{{"format_version": {version}, "katas": {{}}}}')
    record.note_look(desk.kata("q901"), "hints", 1)
    assert ({"hints": 1}, []) == (record.entry(desk.kata("q901")), record.notes)


def test_a_lock_that_another_run_holds(desk: Desk, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the run goes on, unrecorded, and says so; nothing is written meanwhile."""
    monkeypatch.setattr(progress, "LOCK_SECONDS", 0.01)
    (desk.root / ".kata/cache").mkdir(parents=True)
    with FileLock(desk.root / ".kata/cache/progress.lock"):
        record.note_look(desk.kata("q901"), "hints", 1)
    assert ["progress.json was not updated: another run has held its lock for 0.01 s."] == record.notes
    assert {} == record.read()
    record.note_look(desk.kata("q901"), "hints", 1)
    assert {"hints": 1} == record.entry(desk.kata("q901"))


def test_a_file_where_the_folder_should_be(desk: Desk, record: Record, cache: ResultCache) -> None:
    """Nothing can be recorded, which is said and hurts nobody."""
    desk.write(".kata", "")
    record.note_look(desk.kata("q901"), "hints", 1)
    cache.put([(solved(desk.kata("q901")), "key")])
    assert all("so this run was not recorded" in notes[-1] for notes in (record.notes, cache.notes))


def test_a_record_that_is_read_only_stays(desk: Desk, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """To replace it would be possible, but the learner did not want it."""
    file = desk.write(".kata/progress.json", '{"katas": {}}')
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file)
    record.note_look(desk.kata("q901"), "hints", 1)
    assert '{"katas": {}}' == file.read_text("utf-8")
    assert [f"{file} could not be written (Permission denied), so this run was not recorded."] == record.notes


def test_a_disk_that_is_full_leaves_the_old_record(desk: Desk, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced whole or not at all, and no half-written file is left."""
    record.note_look(desk.kata("q901"), "hints", 1)
    before = sorted(path.name for path in (desk.root / ".kata").iterdir())

    def full(handle: int, *args: Any, **options: Any) -> Any:
        os.close(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    record.note_look(desk.kata("q901"), "hints", 2)
    assert {"hints": 1} == record.entry(desk.kata("q901"))
    assert "No space left on device" in record.notes[0]
    assert before == sorted(path.name for path in (desk.root / ".kata").iterdir())


def test_the_record_is_a_file_to_commit(desk: Desk, record: Record) -> None:
    """Keys are sorted, the last line ends, everybody may read it."""
    for name in ("q902", "q901"):
        record.note_look(desk.kata(name), "hints", 1)
    file = desk.root / ".kata/progress.json"
    text = file.read_bytes()
    assert text.index(b"q901") < text.index(b"q902")
    assert text.endswith(b"}\n")
    assert b"\r" not in text
    assert 0o444 == file.stat().st_mode & 0o444


def test_the_key_of_a_result(desk: Desk, pack: PackFolder) -> None:
    """It changes with the learner's files and with the checks, and with nothing else of the kata."""
    kata = pack.load().find("q901")
    keys = [result_key(desk.workspace, kata)]
    pack.file("q901_greeting/README.md").write_text("new", "utf-8")
    assert keys == [result_key(desk.workspace, kata)]
    for file in (desk.entry("q901"), pack.file("q901_greeting/acceptance.py"), pack.file("q901_greeting/kata.toml")):
        file.write_text(file.read_text("utf-8") + "\n# more", "utf-8")
        keys.append(result_key(desk.workspace, kata))
    pack.file("q901_greeting/acceptance.py").unlink()
    keys.append(result_key(desk.workspace, kata))
    assert len(keys) == len(set(keys))


def test_the_cache_returns_what_was_put(desk: Desk, cache: ResultCache) -> None:
    """In this run and in the next one, marked as cached."""
    kata = desk.kata("q901")
    result, key = solved(kata), result_key(desk.workspace, kata)
    cache.put([(result, key)])
    assert replace(result, cached=True) == cache.get(kata)
    assert replace(result, cached=True) == ResultCache(desk.workspace).get(kata)
    assert cache.get(desk.kata("q902")) is None


def test_the_cache_forgets_with_a_change(desk: Desk, cache: ResultCache) -> None:
    """Another key is another result; until then nothing has changed."""
    kata = desk.kata("q901")
    key = result_key(desk.workspace, kata)
    assert cache.has_changed(kata, key)
    cache.put([(solved(kata), key)])
    assert not cache.has_changed(kata, key)
    desk.entry("q901").write_text("app = 1", "utf-8")
    assert cache.has_changed(kata, result_key(desk.workspace, kata))
    assert cache.get(kata) is None


def test_the_cache_keeps_explanations(desk: Desk, cache: ResultCache) -> None:
    """A failed kata is explained from it as it was when it ran."""
    kata = desk.kata("q902")
    why = failed(1, message="No.", diff=("-1",)).explanation
    checks = [CheckResult(name, kata.check(name).title, "failed", why) for name in kata.check_names]
    cache.put([(a_result(kata, "failing", *checks), result_key(desk.workspace, kata))])
    found = ResultCache(desk.workspace).get(kata)
    assert found is not None
    assert ("failing", tuple(checks)) == (found.status, found.checks)


def test_a_result_with_any_characters_can_be_kept(desk: Desk, cache: ResultCache) -> None:
    """Half a character in a message of the learner's must not end the run."""
    kata = desk.kata("q902")
    check = replace(failed(1, error=f"ValueError: {HOSTILE}"), name=kata.check_names[0])
    cache.put([(a_result(kata, "failing", check), result_key(desk.workspace, kata))])
    found = ResultCache(desk.workspace).get(kata)
    assert found is not None
    assert "failed" == found.checks[0].outcome


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry.pop("checks"), lambda entry: entry.pop("seconds"),
        lambda entry: entry.update(checks=3), lambda entry: entry.update(checks=[3]),
        lambda entry: entry.update(seconds="long"), lambda entry: entry["checks"][0].pop("outcome"),
        lambda entry: entry["checks"][0].update(explanation=[1]), lambda entry: entry.pop("key"),
    ],
)  # fmt: skip
def test_a_damaged_result_is_none(desk: Desk, cache: ResultCache, damage: Any) -> None:
    """The kata runs again."""
    kata = desk.kata("q901")
    cache.put([(solved(kata), result_key(desk.workspace, kata))])
    data = stored(desk, "cache/results.json")
    damage(data["katas"]["q901"])
    desk.write(".kata/cache/results.json", json.dumps(data))
    assert ResultCache(desk.workspace).get(kata) is None


@pytest.mark.parametrize("text", ['{"katas": {"q901": []}}', '{"katas": {"q901": "x"}}', "[", DEEP])
def test_a_broken_cache_is_empty(desk: Desk, cache: ResultCache, text: str) -> None:
    """So every kata counts as changed."""
    desk.write(".kata/cache/results.json", text)
    assert cache.get(desk.kata("q901")) is None
    assert cache.has_changed(desk.kata("q901"), "")


def test_notes_are_told_once(desk: Desk, record: Record, cache: ResultCache) -> None:
    """Those of all stores, in order."""
    record.notes += ["a", "b"]
    cache.notes += ["b", "c"]
    assert ["a", "b", "c"] == list(all_notes(record, cache))


def test_the_digest_of_checks_that_are_not_there(tmp_path: Path) -> None:
    """A kata without its files has a digest, too; it is no reason to fail."""
    assert checks_digest(a_kata(path=tmp_path)) == checks_digest(a_kata(path=tmp_path / "nowhere"))


def test_checks_by_number_are_no_results_of_the_tiny_katas(desk: Desk) -> None:
    """A cached result that lacks the kata's checks does not make it solved."""
    cache = ResultCache(desk.workspace)
    kata = desk.kata("q901")
    cache.put([(a_result(kata, "solved", passed(1)), result_key(desk.workspace, kata))])
    found = cache.get(kata)
    assert found is not None
    assert "partial" == found.status
