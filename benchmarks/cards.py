"""Writes docs/katas.md: a card for each kata, from the catalogue and from what the mutation run found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from survivors import Equivalent, Results, Tally, digest, read_equivalents, read_results, still_open

from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.kata import Kata, read_near_misses

PAGE = Path(__file__).resolve().parent.parent / "docs" / "katas.md"
COLUMNS = "| Kata | Level | Checks | Near misses | Variants | Mutants killed | Equivalent | Open | Seconds |"
RULE = "|---|---|--:|--:|--:|--:|--:|--:|--:|"
OLD = "¹"
"""Marks figures that are older than the kata."""

TEXT = """\
# The katas, measured

`make mutants` measures, and writes this page.
{totals}

- **Checks** are the hidden acceptance tests; **seconds** is what they take on the kit's solution, one after the other.
- **Near misses** are plausible wrong answers. `fastapi-kata verify` lets none of them pass: each fails in exactly the
  checks that are named for it. **Variants** are correct answers in other styles, all accepted.
- **Mutants** are copies of the kit's solution with one small fault each: a number one too high, `<` for `<=`, a
  decorator or a `not` left out. cosmic-ray's operators make them, but not in types, in given files, or in lines
  that the stub has, too. Of each kata a part is tried, the same each time and spread over the operators. A mutant is
  **killed** when a check does not pass. “9 of 10” leaves equivalent mutants out.
- A mutant that passes every check is a survivor. It is **equivalent** if it keeps all that the README promises, and
  `benchmarks/equivalents.toml` says why; or it is **open**: it may be a hole in the checks, or nobody has looked at it.

{measured}
"""


@dataclass(frozen=True)
class Card:
    """What is told of one kata; ``tally`` is None if it was not measured yet."""

    kata: Kata
    near_misses: int
    variants: int
    tally: Tally | None
    open: int
    old: bool

    @property
    def equivalent(self) -> int:
        """How many survivors have a reason."""
        return len(self.tally.survivors) - self.open if self.tally else 0

    @property
    def facts(self) -> str:
        """The first cells of the row, which hang on the kata alone."""
        kata = self.kata
        title = kata.title.replace("|", r"\|")
        name = f"[{kata.id}](../katas/{kata.folder}/README.md) {title}"
        return f"| {name} | {kata.level} | {len(kata.checks)} | {self.near_misses} | {self.variants} |"

    @property
    def row(self) -> str:
        """The whole row."""
        if self.tally is None:
            return f"{self.facts} | | | |"
        mark = OLD if self.old else ""
        killed = (
            f"{self.tally.killed} of {self.tally.total - self.equivalent}{mark}" if self.tally.total else "none made"
        )
        return f"{self.facts} {killed} | {self.equivalent} | {self.open} | {self.tally.seconds:.2f} |"


def card(kata: Kata, results: Results, known: Iterable[Equivalent]) -> Card:
    """Return the card of a kata."""
    tally = results.katas.get(kata.id)
    return Card(
        kata=kata,
        near_misses=len(read_near_misses(kata, [])),
        variants=len(kata.variants()),
        tally=tally,
        open=len(still_open(kata.id, tally.survivors if tally else (), known)),
        old=tally is not None and tally.digest != digest(kata),
    )


def page(katas: Iterable[Kata], results: Results, known: Iterable[Equivalent]) -> str:
    """Return the page: what was measured and how, and a table for each topic."""
    known = list(known)
    cards = [card(kata, results, known) for kata in katas]
    lines = [TEXT.format(totals=totals(cards), measured=measured(cards, results)), *tables(cards)]
    return "\n".join(lines)


def tables(cards: list[Card]) -> Iterator[str]:
    """Yield the lines of all tables."""
    for topic in dict.fromkeys(one.kata.topic for one in cards):
        yield from [f"## {topic.title}", "", COLUMNS, RULE]
        yield from (one.row for one in cards if one.kata.topic == topic)
        yield ""


def totals(cards: list[Card]) -> str:
    """Return the sums over all katas, in a sentence."""
    tallies = [one.tally for one in cards if one.tally]
    tried, killed = sum(one.total for one in tallies), sum(one.killed for one in tallies)
    same, left = sum(one.equivalent for one in cards), sum(one.open for one in cards)
    checks, misses = sum(len(one.kata.checks) for one in cards), sum(one.near_misses for one in cards)
    return (
        f"{len(cards)} katas have {checks} checks, which catch {misses} near misses and accept "
        f"{sum(one.variants for one in cards)} variants.\n{tried} mutants were tried: killed {killed}, "
        f"equivalent {same}, open {left}."
    )


def measured(cards: list[Card], results: Results) -> str:
    """Say when, and with which versions."""
    dates = sorted({one.tally.date for one in cards if one.tally})
    if not dates:
        return "Nothing has been measured yet."
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    names = {"kit": "kit", "python": "Python", "fastapi": "FastAPI"}
    versions = ", ".join(f"{names.get(name, name)} {version}" for name, version in results.versions.items())
    hung = sum(one.tally.timeouts for one in cards if one.tally)
    old = f" {OLD} The kata has been changed since." if any(one.old for one in cards) else ""
    return f"Measured {when} with {versions}, two at a time;\n{hung} of the killed ended at a deadline.{old}"


def main() -> None:
    """Write the page."""
    catalogue = load_catalogue([own_pack()])
    PAGE.write_text(page(catalogue.katas, read_results(), read_equivalents()), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
