"""What checks ask of a test suite that the learner has written, and what the learner is told."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
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
    TooMuchError,
    lay_out_suite,
)
from pytest_fastapi_kata.suites import read_mutants as read
from pytest_fastapi_kata.tables import Problem
from pytest_fastapi_kata.worker.suitehost import Errand, SuiteHost
from pytest_fastapi_kata.worker.suitewords import (
    culprits,
    detail,
    idle,
    in_which,
    last_lines,
    named,
    silent,
    unfinished,
)

_ASYNC_PLUGINS = ("anyio.pytest_plugin", "pytest_asyncio.plugin")


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
            _fail(silent(result))

    def passes_again_in_reverse_order(self, setting: Setting = AGAIN) -> None:
        """Require that the tests pass a second time in the same folder, the last one first."""
        self._run_ahead()
        self._require_first()
        result = self.result(setting)
        failed = culprits(result)
        if failed:
            each = "each needs" if len(failed) > 1 else "it needs"
            msg = (
                f"{named(failed)} when all tests run a second time, in reverse order: {each} what a test before it "
                f"has done, or trips over what a test has left behind.\n{detail(failed[0])}"
            )
            _fail(msg)
        _require_green(result, "The first time they passed.")

    def passes_on_a_rewrite(self, setting: Setting = REWRITE) -> None:
        """Require that the tests pass on another app that keeps every promise, and nothing else."""
        self._run_ahead()
        self._require_first()
        result = self.result(setting)
        failed = culprits(result)
        if failed or result.problems:
            what = named(failed) if failed else "a test file cannot be read"
            where = detail(failed[0]) if failed else result.problems[0]
            meaning = f"{'they rely' if len(failed) > 1 else 'it relies'} on something that nobody promised"
            _fail(f"A rewritten app keeps all promises, and yet {what}: {meaning}.\n{where}")
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
            _fail(f"On an app that breaks {sentence} {unfinished(result)}")
        if result.problems or result.of("error"):
            # Not with what it says: it may quote what the broken app has answered.
            where = result.problems[0].partition(":")[0] if result.problems else result.of("error")[0].name
            msg = (
                f"On an app that breaks {sentence} no test failed; something beside the tests did ({where}), and that "
                "tells nobody what is broken. What may fail belongs into a test."
            )
            _fail(msg)
        if result.state == "ended":
            place = in_which(result)
            _fail(f"On an app that breaks {sentence} the run of your tests broke off{place}. That is not a red test.")
        _fail(f"An app that breaks {sentence} passed all your tests.{idle(result)}")

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
            _fail(silent(first))

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
        text = unfinished(result)
        _fail(text[0].upper() + text[1:])
    if result.problems:
        _fail(f"A test file cannot be read, so its tests do not run.\n{result.problems[0]}")
    if result.state == "ended":
        _fail(f"The run of your tests broke off{in_which(result)}.\n{last_lines(result)}")
    failed = culprits(result)
    if failed:
        _fail(f"{named(failed)}. {verdict}\n{detail(failed[0])}")
