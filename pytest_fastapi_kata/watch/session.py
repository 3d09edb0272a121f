"""What is being watched, what is known of it, and what each event does to that. Nothing here paints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import Record, ResultCache, installed
from pytest_fastapi_kata.results import CheckResult, KataResult
from pytest_fastapi_kata.standing import standing, standings
from pytest_fastapi_kata.watch.events import Ended, Event, Judged, Key, Saved, Ticked, Troubled
from pytest_fastapi_kata.workspace import Workspace

Page = Literal["verdict", "task", "hints", "answer", "solution", "list", "keys"]


class Runs(Protocol):
    """What a session asks of the judge."""

    def request(self, kata: Kata) -> int:
        """Have a kata run, and return the run's number."""
        ...

    def drop(self) -> None:
        """End the run that is going on."""
        ...


@dataclass(frozen=True)
class Actions:
    """What the session has others do: each returns what there is to say about it."""

    open: Callable[[Kata], str]
    reset: Callable[[Kata], str]


@dataclass(frozen=True)
class Question:
    """Something that is done only after a yes."""

    text: str
    yes: Callable[[], None]


@dataclass
class Session:
    """One kata under watch, and the way to the others.

    ``run`` is the number of the run that is going on, 0 if none is; ``ticks``
    are the checks that it has finished. ``page`` is what is shown, ``top`` the
    first of its lines on the screen.
    """

    workspace: Workspace
    catalogue: Catalogue
    runs: Runs
    actions: Actions
    kata: Kata
    results: dict[str, KataResult] = field(default_factory=dict)
    run: int = 0
    ticks: dict[str, CheckResult] = field(default_factory=dict)
    page: Page = "verdict"
    top: int = 0
    cursor: int = 0
    hints: int = 0
    question: Question | None = None
    notice: str = ""
    time: str = ""
    gone: bool = False
    other: Kata | None = None
    _digest: str = ""

    def begin(self) -> None:
        """Find out where everything stands, and run the kata if that is not known."""
        found = standings(self.workspace, self.catalogue, ResultCache(self.workspace))
        self.results = {result.kata.id: result for result in found}
        self.go_to(self.kata)

    @property
    def result(self) -> KataResult:
        """Where the kata stands, by its last verdict."""
        return self.results.get(self.kata.id) or KataResult(self.kata, "not_started")

    @property
    def katas(self) -> list[Kata]:
        """The katas of the workspace, in their order."""
        return [result.kata for result in self.results.values()]

    @property
    def solved(self) -> int:
        """How many of them are solved."""
        return sum(result.status == "solved" for result in self.results.values())

    @property
    def running(self) -> bool:
        """Whether a run is going on."""
        return self.run > 0

    def was_solved(self) -> bool:
        """Say whether the kata is solved, or has been before."""
        return self.result.status == "solved" or "solved_at" in Record(self.workspace).entry(self.kata)

    # What happens.

    def handle(self, event: Event) -> bool:
        """Take an event in; return False when the watch is over."""
        match event:
            case Ended():
                return False
            case Key(name):
                return self._pressed(name)
            case Saved(paths):
                self._saved(paths)
            case Ticked(run, check) if run == self.run:
                self.ticks[check.name] = check
            case Judged(run) if run == self.run:
                self._judged(event)
            case Troubled(run, text):
                self.notice = text
                if run == self.run:
                    self.run = 0
            case _:
                pass
        return True

    def _saved(self, paths: frozenset[Path]) -> None:
        folder = self.workspace.folder(self.kata)
        if any(_touches(path, folder) for path in paths):
            self._look_again()
            return
        for kata in self.katas:
            if any(path.is_relative_to(self.workspace.folder(kata)) for path in paths):
                self.other = kata
                self.notice = f"You saved {kata.id}, and {self.kata.id} is watched. (g) goes to {kata.id}."

    def _look_again(self) -> None:
        """Run the kata if its files differ from those of the last run."""
        gone = not self.workspace.folder(self.kata).is_dir()
        digest = self.workspace.digest(self.kata)
        if (digest, gone) == (self._digest, self.gone):
            return
        self._take_stock()
        if self.page != "list":
            self.show("verdict")

    def _take_stock(self) -> None:
        """Find out where the kata stands now, without its last verdict if that no longer holds."""
        self.gone = not self.workspace.folder(self.kata).is_dir()
        self._digest = self.workspace.digest(self.kata)
        self.notice = ""
        # Something may have been installed since.
        installed.cache_clear()
        if self.gone:
            self._stop()
            return
        found = standing(self.workspace, ResultCache(self.workspace), self.kata)
        if found.status == "failing" and not found.checks:
            self._start()
            return
        self._stop()
        self.results[self.kata.id] = found

    def _start(self) -> None:
        self.ticks = {}
        self.run = self.runs.request(self.kata)

    def _stop(self) -> None:
        self.run = 0
        self.ticks = {}
        self.runs.drop()

    def _judged(self, event: Judged) -> None:
        self.run = 0
        self.time = event.time
        self.results[self.kata.id] = event.result
        if event.notes:
            self.notice = event.notes[0]

    # What the learner asks for.

    def _pressed(self, name: str) -> bool:
        if self.question is not None:
            question, self.question = self.question, None
            if name.lower() == "y":
                self._try(question.yes)
            else:
                self.notice = "Nothing was done."
            return True
        self.notice = ""
        if self.page == "list" and self._pressed_in_list(name):
            return True
        if name.lower() == "q":
            return False
        action = self._actions().get(name.lower())
        if action is not None:
            self._try(action)
        return True

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except KataError as error:
            self.notice = ". ".join(part for part in (error.problem, error.remedy) if part)

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "n": self._next,
            "p": self._previous,
            "g": self._go_to_other,
            "l": self._list,
            "h": self._hint,
            "t": lambda: self._toggle("task"),
            "a": lambda: self._reveal("answer"),
            "s": lambda: self._reveal("solution"),
            "r": self._run_again,
            "o": self._open,
            "e": self._open,
            "x": self._reset,
            "?": lambda: self._toggle("keys"),
            "escape": lambda: self.show("verdict"),
            "up": lambda: self.scroll(-1),
            "k": lambda: self.scroll(-1),
            "down": lambda: self.scroll(1),
            "j": lambda: self.scroll(1),
            "pageup": lambda: self.scroll(-10),
            "b": lambda: self.scroll(-10),
            "pagedown": lambda: self.scroll(10),
            " ": lambda: self.scroll(10),
            "home": lambda: self.scroll(-1_000_000),
            "end": lambda: self.scroll(1_000_000),
        }

    def scroll(self, lines: int) -> None:
        """Move the page; whoever paints knows its length and bounds it."""
        self.top = max(0, self.top + lines)

    def show(self, page: Page) -> None:
        """Show a page from its beginning."""
        self.page = page
        self.top = 0

    def _toggle(self, page: Page) -> None:
        self.show("verdict" if self.page == page else page)

    def go_to(self, kata: Kata) -> None:
        """Watch another kata, or this one anew."""
        self.kata = kata
        self.other = None
        self.time = ""
        self.hints = _hints_seen(self.workspace, kata)
        self.show("verdict")
        self._take_stock()

    def following(self) -> Kata | None:
        """Return the next kata that is not solved, from here on and then from the beginning."""
        katas = self.katas
        here = next((n for n, kata in enumerate(katas) if kata.id == self.kata.id), -1)
        for kata in [*katas[here + 1 :], *katas[: max(here, 0)]]:
            if self.results[kata.id].status != "solved":
                return kata
        return None

    def _next(self) -> None:
        kata = self.following()
        if kata is None:
            self.notice = "There is no other kata left to solve."
        else:
            self.go_to(kata)

    def _previous(self) -> None:
        katas = self.katas
        here = next((n for n, kata in enumerate(katas) if kata.id == self.kata.id), 0)
        if here == 0:
            self.notice = "This is the first kata."
        else:
            self.go_to(katas[here - 1])

    def _go_to_other(self) -> None:
        if self.other is not None:
            self.go_to(self.other)

    def _list(self) -> None:
        self.cursor = next((n for n, kata in enumerate(self.katas) if kata.id == self.kata.id), 0)
        self._toggle("list")

    def _pressed_in_list(self, name: str) -> bool:
        steps = {
            "up": -1,
            "k": -1,
            "down": 1,
            "j": 1,
            "pageup": -10,
            "pagedown": 10,
            " ": 10,
            "home": -9999,
            "end": 9999,
        }
        if name in steps:
            self.cursor = max(0, min(len(self.katas) - 1, self.cursor + steps[name]))
            return True
        if name == "enter" and self.katas:
            self.go_to(self.katas[self.cursor])
            return True
        if name.lower() == "q":
            self.show("verdict")
            return True
        return False

    def _hint(self) -> None:
        """Show the hints seen so far; one more if those are on the screen already, or if there were none."""
        if self.page == "hints" or self.hints == 0:
            self.hints = min(self.hints + 1, len(self.kata.hints))
            Record(self.workspace).note_look(self.kata, "hints", self.hints)
        self.show("hints")

    def _reveal(self, page: Literal["answer", "solution"]) -> None:
        if self.page == page:
            self.show("verdict")
        elif self.was_solved():
            self.show(page)
        else:
            text = f"{self.kata.id} is not solved yet. Show the {page} all the same? It is noted in your record."
            self.question = Question(text, lambda: self._reveal_unearned(page))

    def _reveal_unearned(self, page: Literal["answer", "solution"]) -> None:
        Record(self.workspace).note_look(self.kata, page, 1)
        self.show(page)

    def _run_again(self) -> None:
        self.show("verdict")
        reason = why_unavailable(self.kata)
        if self.gone:
            self.notice = f"There is nothing to run: the folder of {self.kata.id} is gone."
        elif reason:
            self.notice = reason
        else:
            self._digest = self.workspace.digest(self.kata)
            self._start()

    def _open(self) -> None:
        self.notice = self.actions.open(self.kata)

    def _reset(self) -> None:
        text = f"Put the stub of {self.kata.id} back? What you wrote is kept as a backup."
        self.question = Question(text, self._reset_now)

    def _reset_now(self) -> None:
        said = self.actions.reset(self.kata)
        self.go_to(self.kata)
        self.notice = said


def _touches(path: Path, folder: Path) -> bool:
    # A folder above that was renamed or deleted takes this one along.
    return path.is_relative_to(folder) or folder.is_relative_to(path)


def _hints_seen(workspace: Workspace, kata: Kata) -> int:
    noted = Record(workspace).entry(kata).get("hints")
    return min(max(0, noted), len(kata.hints)) if isinstance(noted, int) else 0
