"""What checks ask of a test suite that the learner has written, and what the learner is told."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from pytest_fastapi_kata.edits import EditError
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.suites import (
    SUITE_SECONDS,
    Mutants,
    SuiteResult,
    SuiteRun,
    TestOutcome,
    TooMuchError,
    lay_out_suite,
)
from pytest_fastapi_kata.suites import read_mutants as read
from pytest_fastapi_kata.tables import Problem
from pytest_fastapi_kata.worker.suitehost import Errand, SuiteHost

_ASYNC_PLUGINS = ("anyio.pytest_plugin", "pytest_asyncio.plugin")
_NAMED = 4


@dataclass(frozen=True)
class Setting:
    """What one run is made of; settings that are equal are run once.

    ``app`` is ``given``, ``rewrite``, or a mutant's name. ``after`` is the
    setting whose folder this one runs in, a second time. ``hidden`` are test
    modules of the check's own (name and text), which run with the learner's
    ``conftest.py`` in place of the learner's tests. ``counted`` says whose
    requests count in this run and ``seconds`` bounds it; None means as
    ``LearnerTests`` has it. With ``stops``, the run ends at the first test that fails.
    """

    app: str = "given"
    reverse: bool = False
    after: Setting | None = None
    paths: tuple[str, ...] = (".",)
    options: tuple[str, ...] = ()
    environment: tuple[tuple[str, str | None], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    own_configuration: bool = False
    counted: str | None = None
    observed: tuple[str, ...] = ()
    stops: bool = False
    seconds: float | None = None


GIVEN = Setting()
AGAIN = Setting(reverse=True, after=GIVEN)
REWRITE = Setting(app="rewrite")


@dataclass
class LearnerTests:
    """Runs the learner's tests; checks get it as ``learner_tests``.

    ``passes_on_the_given_app``, ``passes_again_in_reverse_order``,
    ``passes_on_a_rewrite`` and ``catches("P2")`` are the usual checks.
    ``result(setting)`` gives what came of any run, ``results(settings)`` of
    several, side by side. ``counted`` says whose requests count: those of
    ``app`` in module ``app``, or, where tests make apps of their own by a
    factory, those of ``any`` FastAPI instance. ``plugins`` are modules that
    are loaded besides pytest's own. ``seconds`` bounds each run.
    """

    job: Job
    host: SuiteHost
    scratch: Path
    plugins: tuple[str, ...] = ()
    counted: str = "app"
    seconds: float = SUITE_SECONDS
    _known: dict[Setting, SuiteResult] = field(default_factory=dict)
    _mutants: Mutants | None = None

    @property
    def mutants(self) -> Mutants:
        """The kata's broken apps."""
        if self._mutants is None:
            problems: list[Problem] = []
            self._mutants = read(Path(self.job.acceptance).parent, problems)
            assert not problems, "; ".join(map(str, problems))  # noqa: S101 - an author's mistake, which the gate shows
        return self._mutants

    def result(self, setting: Setting) -> SuiteResult:
        """Return what came of a run."""
        return self.results([setting])[0]

    def results(self, settings: Iterable[Setting]) -> list[SuiteResult]:
        """Return what came of several runs, which go on side by side."""
        wanted = list(settings)
        missing = [one for one in dict.fromkeys(wanted) if one not in self._known]
        earlier = [one.after for one in missing if one.after is not None and one.after not in self._known]
        if earlier:
            self.results(earlier)
        errands = [self._errand(one) for one in missing]
        self._known.update(zip(missing, self.host.run(errands), strict=True))
        return [self._known[one] for one in wanted]

    def passes_on_the_given_app(self, setting: Setting = GIVEN) -> None:
        """Require that every test passes, and that one of them has sent the app a request."""
        result = self.result(setting)
        _require_green(result, "The app is right; the test is not.")
        if not result.requests:
            _fail(_silent(result))

    def passes_again_in_reverse_order(self, setting: Setting = AGAIN) -> None:
        """Require that the tests pass a second time in the same folder, the last one first."""
        self._run_ahead()
        self._require_first()
        result = self.result(setting)
        failed = _culprits(result)
        if failed:
            each = "each needs" if len(failed) > 1 else "it needs"
            msg = (
                f"{_named(failed)} when all tests run a second time, in reverse order: {each} what a test before it "
                f"has done, or trips over what a test has left behind.\n{_detail(failed[0])}"
            )
            _fail(msg)
        _require_green(result, "The first time they passed.")

    def passes_on_a_rewrite(self, setting: Setting = REWRITE) -> None:
        """Require that the tests pass on another app that keeps every promise, and nothing else."""
        self._run_ahead()
        self._require_first()
        result = self.result(setting)
        failed = _culprits(result)
        if failed or result.problems:
            what = _named(failed) if failed else "a test file cannot be read"
            detail = _detail(failed[0]) if failed else result.problems[0]
            meaning = f"{'they rely' if len(failed) > 1 else 'it relies'} on something that nobody promised"
            _fail(f"A rewritten app keeps all promises, and yet {what}: {meaning}.\n{detail}")
        _require_green(result, "On the given app they passed.")

    def catches(self, mutant: str) -> None:
        """Require that at least one test fails on the broken app of that name (see ``mutants.toml``)."""
        self._run_ahead()
        self._require_first()
        broken = self.mutants.mutant(mutant)
        promise = self.mutants.promises[broken.promise]
        result = self.result(self._broken(mutant))
        if result.is_red:
            return
        sentence = f"{broken.promise} (“{promise}”)"
        if result.state == "hung":
            _fail(f"On an app that breaks {sentence} {_unfinished(result)}")
        if result.problems or result.of("error"):
            # Not with what it says: it may quote what the broken app has answered.
            where = result.problems[0].partition(":")[0] if result.problems else result.of("error")[0].name
            msg = (
                f"On an app that breaks {sentence} no test failed; something beside the tests did ({where}), and that "
                "tells nobody what is broken. What may fail belongs into a test."
            )
            _fail(msg)
        if result.state == "ended":
            place = _while(result)
            _fail(f"On an app that breaks {sentence} the run of your tests broke off{place}. That is not a red test.")
        _fail(f"An app that breaks {sentence} passed all your tests.{_idle(result)}")

    def leaves_no_override(self, settings: Iterable[Setting] = (GIVEN, AGAIN)) -> None:
        """Require that ``app.dependency_overrides`` is empty after each test."""
        self._require_first()
        for result in self.results(settings):
            for test in result.tests:
                if test.overrides_left:
                    were = "were" if len(test.overrides_left) > 1 else "was"
                    _fail(f"After {test.name}, {' and '.join(test.overrides_left)} {were} still replaced.")

    def _require_first(self) -> None:
        first = self.result(GIVEN)
        if not first.is_green:
            _fail("First, all your tests have to pass on the given app. Until then, a test that fails tells nothing.")
        if not first.requests:
            _fail(_silent(first))

    def _run_ahead(self) -> None:
        """Do what the job's checks are going to ask for in one go; nothing if the first run is not green."""
        first = self.result(GIVEN)
        if first.is_green and first.requests and len(self.job.checks) > 1:
            self.results([AGAIN, REWRITE, *(self._broken(one.name) for one in self.mutants.mutants)])

    def _broken(self, mutant: str) -> Setting:
        return Setting(app=mutant, stops=True)

    def _errand(self, setting: Setting) -> Errand:
        number = f"run-{len(list(self.scratch.iterdir()))}"
        base = self.scratch / number
        base.mkdir()
        folder = self._folder(setting)
        if setting.after is None:
            self._lay_out(setting, folder)
        run = SuiteRun(
            folder=str(folder),
            paths=setting.paths,
            reverse=setting.reverse,
            own_configuration=setting.own_configuration,
            plugins=(*(name for name in _ASYNC_PLUGINS if _is_there(name)), *self.plugins),
            environment=dict(setting.environment),
            options=setting.options,
            counted=setting.counted or self.counted,
            observed=setting.observed,
            stops=setting.stops,
            temporary=str(base / "tmp"),
            seconds=self.seconds if setting.seconds is None else setting.seconds,
        )
        return Errand(run, base / "report.json", base / "output.txt")

    def _folder(self, setting: Setting) -> Path:
        while setting.after is not None:
            setting = setting.after
        return self.scratch / f"suite-{abs(hash(setting)):x}" / Path(self.job.folder).name

    def _lay_out(self, setting: Setting, folder: Path) -> None:
        kata = Path(self.job.acceptance).parent
        is_mutant = setting.app not in ("given", "rewrite")
        try:
            lay_out_suite(
                folder,
                Path(self.job.folder),
                Path(self.job.pristine),
                self.mutants.given,
                over=kata / "rewrite" if setting.app == "rewrite" else None,
                edits=self.mutants.mutant(setting.app).edits if is_mutant else (),
                hidden=dict(setting.hidden),
                own_configuration=setting.own_configuration,
            )
        except TooMuchError as error:
            _fail(str(error))
        except EditError as error:
            msg = f"mutant {setting.app} {error}"
            raise RuntimeError(msg) from error


def _fail(message: str) -> NoReturn:
    raise AssertionError(message)


def hidden(folder: Path, *names: str, values: Mapping[str, object] | None = None) -> tuple[tuple[str, str], ...]:
    """Read hidden test modules from a folder of the kata; ``{{name}}`` in their text becomes the value's ``repr``."""
    found = []
    for name in names:
        text = (folder / name).read_text("utf-8")
        for key, value in (values or {}).items():
            text = text.replace("{{" + key + "}}", repr(value))
        found.append((name, text))
    return tuple(found)


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def _require_green(result: SuiteResult, verdict: str) -> None:
    if result.state == "hung":
        text = _unfinished(result)
        _fail(text[0].upper() + text[1:])
    if result.problems:
        _fail(f"A test file cannot be read, so its tests do not run.\n{result.problems[0]}")
    if result.state == "ended":
        _fail(f"The run of your tests broke off{_while(result)}.\n{_last_lines(result)}")
    failed = _culprits(result)
    if failed:
        _fail(f"{_named(failed)}. {verdict}\n{_detail(failed[0])}")


def _unfinished(result: SuiteResult) -> str:
    name = result.running or "the collection"
    if result.had_failed:
        doing = f"{name} had failed, and what tidies up after it was still at work"
        return f"your tests were not at their end after {result.seconds:g} s: {doing}. Put a limit on every wait there."
    advice = "A test that does not end is not a red test; put a limit on every wait."
    return f"your tests were not at their end after {result.seconds:g} s: {name} was running. {advice}"


def _silent(result: SuiteResult) -> str:
    if not result.tests:
        return "There is no test yet. A test is a function whose name begins with `test_`, in a file whose name does."
    if not result.of("passed"):
        kinds = sorted({test.outcome for test in result.tests})
        return f"None of your tests has passed on the given app ({', '.join(kinds)}); none of them proves anything yet."
    return "No test has talked to the app yet: none of those that passed has sent it a request."


def _culprits(result: SuiteResult) -> tuple[TestOutcome, ...]:
    # In the order in which they ran: what went wrong first often explains the rest.
    return tuple(test for test in result.tests if test.outcome in ("failed", "error"))


def _named(tests: tuple[TestOutcome, ...]) -> str:
    more = len(tests) - 1
    others = f" (and {more} more)" if more else ""
    return f"{tests[0].name}{others} fails" if not more else f"{tests[0].name}{others} fail"


def _detail(test: TestOutcome) -> str:
    return f"{test.place}: {test.message}" if test.place else test.message


def _while(result: SuiteResult) -> str:
    return f" in {result.running}" if result.running else ""


def _last_lines(result: SuiteResult) -> str:
    return "\n".join(result.output.strip().splitlines()[-5:])


def _idle(result: SuiteResult) -> str:
    """Say which tests that passed have proved nothing, as far as that can be seen from outside."""
    silent = [test.name for test in result.of("passed") if not test.requests]
    skipped = [test.name for test in (*result.of("skipped"), *result.of("xfailed"))]
    notes = [
        (silent, "sent the app no request"),
        (skipped, "did not count, for they were skipped or expected to fail"),
    ]
    return "".join(f" Of these, {_some(names)} {what}." for names, what in _there(notes))


def _there(notes: list[tuple[list[str], str]]) -> Iterator[tuple[list[str], str]]:
    return (note for note in notes if note[0])


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
