"""Measures the checks: how many small faults in each kata's solution do they notice?

    python benchmarks/mutants.py [q011 …] [--most N] [--jobs 2]

The faults are those of cosmic-ray's mutation operators, used as a library. Its
own runner, and mutmut's, start or fork a whole test run from a project's own
tests; ours are hidden checks that run in forks of a process which is warm
already. So only the operators are taken, and each mutant goes through the
scheduler that a learner's answer goes through.

The results are kept in ``mutants.json``. A kata whose solution and checks have
not changed is not tried again, unless more mutants are asked for.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import difflib
import os
import platform
import random
import shutil
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import parso.python.tree  # noqa: F401 - parso's modules import each other, and cosmic_ray alone begins at the wrong end
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from survivors import (
    Results,
    Survivor,
    Tally,
    digest,
    read_equivalents,
    read_results,
    still_open,
    unmatched,
    write_results,
)

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.isolation.processes import default_mode
from pytest_fastapi_kata.isolation.scheduler import KataRun, Scheduler
from pytest_fastapi_kata.kata import Kata, is_source
from pytest_fastapi_kata.progress import installed
from pytest_fastapi_kata.verify.candidates import lay_out_solution

MOST = 40
SECONDS = 8.0
"""Most katas allow their checks more; a mutant that hangs is found out sooner with less."""
SEED = 11


@dataclass(frozen=True)
class Mutant:
    """A solution with one fault: the ``code`` of one file, and where it differs from the original."""

    where: Survivor
    code: str

    @property
    def family(self) -> str:
        """The operator without what it replaces by what: there are a hundred for ``+`` and its like."""
        return self.where.operator.partition("_")[0]


def learners_files(kata: Kata) -> list[Path]:
    """Return the modules of the solution that a learner writes, relative to its folder; given files are not theirs."""
    found = []
    for path in sorted(kata.solution.rglob("*.py")):
        relative = path.relative_to(kata.solution)
        if is_source(path) and relative.parts[0] != "variants" and _given(kata, relative) != path.read_text("utf-8"):
            found.append(relative)
    return found


def _given(kata: Kata, relative: Path) -> str:
    """Return what the stub has in that place."""
    path = kata.stub / relative
    return path.read_text("utf-8") if path.is_file() else ""


def given_lines(kata: Kata, relative: Path) -> set[int]:
    """Return the numbers of the lines that the stub has, too: a learner leaves them as they are."""
    old, new = (text.splitlines() for text in (_given(kata, relative), (kata.solution / relative).read_text("utf-8")))
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.b + 1 + number for block in blocks for number in range(block.size)}


def operators() -> Iterator[tuple[str, Any]]:
    """Yield cosmic-ray's operators by name, but for those that want names of variables to work on."""
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments():
            yield name.partition("/")[2], operator()


def all_mutants(kata: Kata) -> list[Mutant]:
    """Return every mutant of a kata's solution that Python can read, each program once."""
    found = []
    for relative in learners_files(kata):
        source = (kata.solution / relative).read_text("utf-8")
        seen = {_meaning(source), ""}
        for line, operator, code in _mutations(source, given_lines(kata, relative)):
            meaning = _meaning(code)
            if meaning not in seen:
                seen.add(meaning)
                found.append(Mutant(Survivor(relative.as_posix(), line, operator, *_difference(source, code)), code))
    return found


def _mutations(source: str, given: set[int]) -> Iterator[tuple[int, str, str]]:
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in operators():
        places = [node for node in nodes for _ in operator.mutation_positions(node)]
        for occurrence, node in enumerate(places):
            line = node.start_pos[0]
            if not (line in given or is_annotation(node) or is_for_type_checkers(node)):
                yield line, name, _mutated(source, operator, occurrence)


def _mutated(source: str, operator: Any, occurrence: int) -> str:
    try:
        return str(mutate_code(source, operator, occurrence))
    except AttributeError:
        # ExceptionReplacer cannot replace a name with a dot in a tuple of several.
        return source


def _meaning(code: str) -> str:
    """Return a text that is the same for programs that differ in layout only; empty if it is no program."""
    try:
        with warnings.catch_warnings():
            # Such as `is "text"`, which mutants say.
            warnings.simplefilter("ignore")
            compile(code, "<mutant>", "exec")
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return ""


def is_annotation(node: Any) -> bool:
    """Say whether a node is part of a type; calls such as `Query(ge=1)` in `Annotated` do something."""
    while node.parent is not None:
        before = node.get_previous_sibling()
        if node.type == "trailer" and node.children[0] == "(":
            return False
        if node.parent.type in ("tfpdef", "annassign") and before == ":":
            return True
        if node.parent.type == "funcdef" and before == "->":
            return True
        node = node.parent
    return False


def is_for_type_checkers(node: Any) -> bool:
    """Say whether a node stands in, or under, an `if TYPE_CHECKING`."""
    while node is not None:
        if node.type == "if_stmt" and node.children[1].get_code().strip().endswith("TYPE_CHECKING"):
            return True
        node = node.parent
    return False


def _difference(source: str, code: str) -> tuple[str, str]:
    """Return the lines that differ, before and after."""
    old, new = source.splitlines(), code.splitlines()
    changes = [
        one for one in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if one[0] != "equal"
    ]
    first, last = changes[0], changes[-1]
    return _text(old[first[1] : last[2]]), _text(new[first[3] : last[4]])


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in lines if line.strip())


def choose(mutants: Iterable[Mutant], kata: str, most: int) -> list[Mutant]:
    """Choose at most so many, in turn one of each family; a larger choice holds the smaller one."""
    chance = random.Random(f"{SEED} {kata}")  # noqa: S311 - to be the same each time is what it is for
    families = defaultdict(list)
    for mutant in mutants:
        families[mutant.family].append(mutant)
    for family in families.values():
        chance.shuffle(family)
    columns = zip_longest(*(_line_by_line(families[name]) for name in sorted(families)))
    return [mutant for column in columns for mutant in column if mutant is not None][:most]


def _line_by_line(family: list[Mutant]) -> list[Mutant]:
    """Put the first mutant of each line before any second one."""
    places: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for mutant in family:
        places[mutant.where.file, mutant.where.line].append(mutant)
    columns = zip_longest(*places.values())
    return [mutant for column in columns for mutant in column if mutant is not None]


def hurried(kata: Kata) -> Kata:
    """Return the kata with less time for a check, but for those that start servers or run suites."""
    slow = kata.judged == "suite" or "live_server" in kata.acceptance.read_text("utf-8")
    return kata if slow else replace(kata, timeout=min(kata.timeout, SECONDS))


class Trials:
    """Runs solutions and mutants of one kata, each in a folder of its own."""

    def __init__(self, kata: Kata, scheduler: Scheduler, scratch: Path) -> None:
        self._kata = hurried(kata)
        self._scheduler = scheduler
        self._scratch = scratch
        self._count = 0

    def submit(self, mutant: Mutant | None = None) -> KataRun:
        """Queue a mutant, or the solution as it is."""
        self._count += 1
        folder = lay_out_solution(self._kata, self._scratch / str(self._count)).folder
        if mutant is not None:
            (folder / mutant.where.file).write_text(mutant.code, encoding="utf-8")
        return self._scheduler.submit(self._kata, folder, self._kata.check_names, SEED)

    def finish(self, runs: Iterable[KataRun]) -> None:
        """Return when all have finished; one check that fails is enough, and the rest is spared."""
        going = list(runs)
        while going := [run for run in going if not run.finished]:
            self._scheduler.step()
            for run in going:
                if run.pending and failed(run):
                    self._scheduler.abandon(run)


def failed(run: KataRun) -> bool:
    """Say whether a check did not pass."""
    return any(result.outcome != "passed" for result in run.results.values())


def hung(run: KataRun) -> bool:
    """Say whether a deadline ended it."""
    return any(one.explanation is not None and one.explanation.kind == "timeout" for one in run.results.values())


def measure(kata: Kata, scheduler: Scheduler, scratch: Path, most: int) -> Tally | None:
    """Try a kata's mutants; None if its solution does not pass, and no mutant would tell anything."""
    trials = Trials(kata, scheduler, scratch)
    state = digest(kata)
    whole = trials.submit()
    trials.finish([whole])
    if failed(whole):
        return None
    every = all_mutants(kata)
    pairs = [(mutant.where, trials.submit(mutant)) for mutant in choose(every, kata.id, most)]
    trials.finish(run for _, run in pairs)
    alive = tuple(where for where, run in pairs if not failed(run))
    return Tally(
        digest=state,
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        possible=len(every),
        total=len(pairs),
        killed=len(pairs) - len(alive),
        timeouts=sum(hung(run) for _, run in pairs),
        seconds=round(sum(result.seconds for result in whole.results.values()), 2),
        survivors=tuple(sorted(alive, key=lambda one: (one.file, one.line, one.operator))),
    )


def is_known(kata: Kata, results: Results, most: int) -> bool:
    """Say whether there are figures for the kata as it is, of as many mutants as are asked for."""
    tally = results.katas.get(kata.id)
    return tally is not None and tally.digest == digest(kata) and tally.total >= min(most, tally.possible)


def versions() -> dict[str, str]:
    """Return what the figures were measured with."""
    names = ("cosmic-ray", "fastapi", "pytest")
    found = {name: installed(name) for name in names}
    return {"kit": __version__, "python": platform.python_version(), **found}


def measure_all(katas: Iterable[Kata], *, most: int, jobs: int) -> None:
    """Measure katas, and keep each of them at once, so that nothing is lost if somebody stops it."""
    with tempfile.TemporaryDirectory() as folder, Scheduler(default_mode(), jobs) as scheduler:
        for kata in katas:
            scratch = Path(folder).resolve() / kata.id
            missing = why_unavailable(kata)
            tally = None if missing else measure(kata, scheduler, scratch, most)
            shutil.rmtree(scratch, ignore_errors=True)
            if tally is None:
                print(f"{kata.id}  not measured: {missing or 'its solution does not pass'}", flush=True)
                continue
            keep(kata, tally)
            print(f"{kata.id}  {tally.killed} of {tally.total} killed, checks {tally.seconds:.2f} s", flush=True)


def keep(kata: Kata, tally: Tally) -> None:
    """Put a tally into `mutants.json`."""
    results = read_results()
    results.katas[kata.id] = tally
    results.versions = versions()
    write_results(results)


def show(katas: Iterable[Kata], results: Results) -> None:
    """Print the survivors without a reason, and the reasons without a survivor."""
    known = read_equivalents()
    for kata in katas:
        tally = results.katas.get(kata.id)
        for one in still_open(kata.id, tally.survivors if tally else (), known):
            print(f"{kata.id}  {one.file}:{one.line}  {one.operator}\n    - {one.before}\n    + {one.after}")
    for entry in unmatched(known, results):
        print(f"equivalents.toml: no survivor of {entry.kata} in {entry.file} is `{entry.after}`")


def main(arguments: list[str]) -> None:
    """Measure what is not known yet, and show what survived."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("katas", nargs="*", help="ids such as q011; all if none is named")
    parser.add_argument("--most", type=int, default=MOST, help="mutants of each kata (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="how many run side by side (%(default)s)")
    options = parser.parse_args(arguments)
    catalogue = load_catalogue([own_pack()])
    katas = [catalogue.find(name) for name in options.katas] or catalogue.katas
    results = read_results()
    todo = [kata for kata in katas if not is_known(kata, results, options.most)]
    measure_all(todo, most=options.most, jobs=options.jobs)
    show(katas, read_results())


if __name__ == "__main__":
    # Solutions are tried as a learner's answers are, without bytecode of one mutant for the next.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    main(sys.argv[1:])
