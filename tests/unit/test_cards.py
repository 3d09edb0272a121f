"""docs/katas.md and the catalogue, and what the mutation run's results become there."""

from __future__ import annotations

import re
from pathlib import Path

import cards
import pytest
import survivors
from survivors import Equivalent, Results, Survivor, Tally

from pytest_fastapi_kata.catalogue import Catalogue, load_catalogue, own_pack
from tests.unit.samples import MODELS, a_kata

SLOWER = Survivor("app.py", 3, "NumberReplacer", "wait(1)", "wait(2)")
HIGHER = Survivor("app.py", 9, "NumberReplacer", "limit = 10", "limit = 11")
REASON = Equivalent("q011", "app.py", "wait(1)", "wait(2)", "No promise says how long.")


@pytest.fixture(scope="module")
def own() -> Catalogue:
    """The kit's own katas."""
    return load_catalogue([own_pack()])


def a_tally(*alive: Survivor, killed: int = 4, **facts: object) -> Tally:
    """Return a tally with these survivors."""
    values = {"digest": "d", "date": "2026-01-02", "possible": 9, "timeouts": 1, "seconds": 0.5, **facts}
    return Tally(total=killed + len(alive), killed=killed, survivors=alive, **values)  # type: ignore[arg-type]


def test_the_page_has_a_row_for_each_kata(own: Catalogue) -> None:
    """Its numbers of checks, near misses and variants are today's; `make mutants` writes the page."""
    text = cards.PAGE.read_text("utf-8")
    missing = [facts for kata in own if (facts := cards.card(kata, Results(), []).facts) not in text]
    assert [] == missing
    assert len(own) == len(re.findall(r"^\| \[q", text, re.MULTILINE))


def test_the_page_tells_the_results_that_are_kept(own: Catalogue) -> None:
    """And no reason is left without its survivor."""
    results, known = survivors.read_results(), survivors.read_equivalents()
    assert [] == survivors.unmatched(known, results)
    text = cards.PAGE.read_text("utf-8")
    assert cards.totals([cards.card(kata, results, known) for kata in own]) in text


def test_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equivalent mutants are set apart; a figure older than the kata is marked."""
    monkeypatch.setattr(cards, "digest", lambda kata: "d")
    results = Results({}, {"q011": a_tally(SLOWER, HIGHER)})
    kata = a_kata(title="One | two")
    row = cards.card(kata, results, [REASON]).row
    assert (
        r"| [q011](../katas/02_routing/q011_one/README.md) One \| two | basic | 2 | 0 | 0 | 4 of 5 | 1 | 1 | 0.50 |"
        == row
    )
    monkeypatch.setattr(cards, "digest", lambda kata: "e")
    assert "| 4 of 5¹ |" in cards.card(kata, results, [REASON]).row
    assert "| none made |" in cards.card(kata, Results({}, {"q011": a_tally(killed=0)}), []).row


def test_a_kata_that_was_not_measured() -> None:
    """Its row says so by having no figures."""
    assert cards.card(a_kata(), Results(), []).row.endswith("| 0 | 0 | | | | |")


def test_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table for each topic, the sums, and how it was measured."""
    monkeypatch.setattr(cards, "digest", lambda kata: "d")
    results = Results(
        {"python": "3.11.1", "pytest": "9"}, {"q011": a_tally(SLOWER), "q021": a_tally(date="2026-01-05")}
    )
    text = cards.page([a_kata(), a_kata("q021_two", topic=MODELS)], results, [REASON])
    assert ["## Routing", "## Models"] == [line for line in text.splitlines() if line.startswith("##")]
    assert "2 katas have 4 checks, which catch 0 near misses and accept 0 variants." in text
    assert "9 mutants were tried: killed 8, equivalent 1, open 0." in text
    assert "Measured 2026-01-02 to 2026-01-05 with Python 3.11.1, pytest 9, two at a time;\n2 of the killed" in text
    assert "Nothing has been measured yet." in cards.page([a_kata()], Results(), [])


def test_results_are_kept(tmp_path: Path) -> None:
    """They come back as they were; without a file there are none."""
    results = Results({"python": "3.11.1"}, {"q011": a_tally(SLOWER, HIGHER)})
    survivors.write_results(results, tmp_path / "mutants.json")
    assert results == survivors.read_results(tmp_path / "mutants.json")
    assert Results() == survivors.read_results(tmp_path / "none.json")


def test_reasons_are_matched_by_text(tmp_path: Path) -> None:
    """A line may move; a reason that fits nothing is reported."""
    file = tmp_path / "equivalents.toml"
    file.write_text(
        '[[q011]]\nfile = "app.py"\nbefore = "wait(1)"\nafter = "wait(2)"\nreason = "No promise says how long."\n'
    )
    known = survivors.read_equivalents(file)
    assert [REASON] == known
    assert [HIGHER] == survivors.still_open("q011", [SLOWER, HIGHER], known)
    assert [SLOWER] == survivors.still_open("q012", [SLOWER], known)
    assert [] == survivors.unmatched(known, Results({}, {"q011": a_tally(SLOWER)}))
    assert known == survivors.unmatched(known, Results({}, {"q011": a_tally(HIGHER)}))
    assert known == survivors.unmatched(known, Results())
    assert [] == survivors.read_equivalents(tmp_path / "none.toml")


def test_the_digest_is_that_of_what_decides(tmp_path: Path) -> None:
    """Solution, given files and checks; not what a learner reads."""
    kata = a_kata(path=tmp_path)
    for name in ("solution/app.py", "solution/variants/one/app.py", "stub/app.py", "acceptance.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")

    def changes(name: str) -> bool:
        before = survivors.digest(kata)
        (tmp_path / name).write_text("x = 2\n")
        return before != survivors.digest(kata)

    assert [changes(name) for name in ("solution/app.py", "stub/app.py", "acceptance.py")] == [True] * 3
    assert [changes(name) for name in ("README.md", "solution/variants/one/app.py")] == [False] * 2
