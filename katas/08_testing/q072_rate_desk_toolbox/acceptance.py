"""Checks of q072: what the tests of colleagues find in the toolbox."""

from pathlib import Path

import pytest

from pytest_fastapi_kata.worker.learnertests import Setting, hidden

DATA = Path(__file__).parent / "data"
# A proxy would be reached without a look at the provider's name.
PROXIES = tuple((name, None) for lower in ("http_proxy", "https_proxy", "all_proxy") for name in (lower, lower.upper()))
OWN_CODE = '    return response.json()["rate"]'
START = "        app.state.open = True"


class Toolbox:
    """The runs of hidden tests with the learner's `conftest.py`."""

    def __init__(self, learner_tests):
        self.tests = learner_tests
        seed = learner_tests.job.seed
        self.values = {"seed": f"{seed}/q072", "margin": 1 + sum(map(ord, str(seed))) % 7}

    def run(self, *files, replaced=()):
        texts = hidden(DATA, "desk_watch.py", *files, values=self.values)
        return Setting(environment=PROXIES, hidden=(*texts, *replaced))

    def plain(self):
        return self.run("test_plain.py")

    def awaited(self):
        return self.run("test_awaited.py")

    def margin(self):
        app = (Path(self.tests.job.pristine) / "app.py").read_text("utf-8")
        margin = self.values["margin"]
        for old, new in ((OWN_CODE, f"{OWN_CODE} + {margin}"), (START, f"        app.state.till = {margin}\n{START}")):
            assert app.count(old) == 1
            app = app.replace(old, new)
        return self.run("test_margin.py", replaced=(("app.py", app),))

    def passes(self, setting, *names, uses):
        """Require that these hidden tests have passed; the first that has not says why."""
        if len(self.tests.job.checks) > 1:
            self.tests.results([self.plain(), self.awaited(), self.margin()])
        result = self.tests.result(setting)
        if result.problems:
            raise AssertionError(f"The tests cannot be run: {result.problems[0]}")
        for name in names:
            test = result.test(name)
            if test is None:
                raise AssertionError(stopped(result, uses))
            if test.outcome not in ("passed", "xfailed"):
                raise AssertionError(said(test, uses))


def said(test, uses):
    where = f" ({test.place})" if test.place.startswith("conftest") else ""
    if test.outcome == "failed":
        return f"{test.message}{where}"
    if test.outcome == "error":
        return f"A test that uses {uses} could not be set up, or could not be tidied up after{where}: {test.message}"
    return f"A test that uses {uses} was {test.outcome} instead of run{where}. {test.message}".strip()


def stopped(result, uses):
    if result.state == "hung":
        return f"A test that uses {uses} did not come to its end within 20 seconds, or one before it did not."
    if result.state == "ended":
        last = " ".join(result.output.strip().splitlines()[-1:])
        return f"The run of tests that use {uses} broke off before its end. {last}".strip()
    return f"A test that uses {uses} was not run."


@pytest.fixture
def toolbox(learner_tests):
    return Toolbox(learner_tests)


def test_client_runs_startup_and_shutdown(toolbox):
    """In a test that uses `client` the app runs; it was started once for that test, and is shut down when the test is over."""
    toolbox.passes(toolbox.plain(), "test_open", "test_closed", uses="`client`")
    toolbox.passes(toolbox.margin(), "test_lifespan", uses="`client`")


def test_provider_is_replaced_on_the_wire(toolbox):
    """A rate that a test puts into `provider.rates` is answered by the app, all others are 404, `provider.calls` lists the paths that were asked for, and the app's own code for asking still runs."""
    names = ("test_provider_named_first", "test_client_named_first")
    toolbox.passes(toolbox.plain(), *names, uses="`client` and `provider`")
    toolbox.passes(toolbox.margin(), "test_margin", uses="`client` and `provider`")


def test_real_provider_never_contacted(toolbox):
    """With either client the app talks to the stand-in, also in tests that do not name `provider`."""
    toolbox.passes(toolbox.plain(), "test_alone", uses="`client`")
    toolbox.passes(toolbox.awaited(), "test_alone", uses="`aclient`")


def test_provider_can_be_down(toolbox):
    """While `provider.down` is true the provider cannot be reached and lists no calls; afterwards it answers again."""
    toolbox.passes(toolbox.plain(), "test_down", uses="`client` and `provider`")


def test_client_speaks_websocket(toolbox):
    """A test can talk to `/ticker` by `client.websocket_connect`, and the app asks the stand-in for the rate."""
    toolbox.passes(toolbox.plain(), "test_ticker", uses="`client` and `provider`")


def test_aclient_lives_in_the_tests_loop(toolbox):
    """In an async test that uses `aclient` the app runs, started once in the event loop of that test, and is shut down when the test is over."""
    toolbox.passes(toolbox.awaited(), "test_open", "test_closed", uses="`aclient`")
    toolbox.passes(toolbox.margin(), "test_lifespan_awaited", uses="`aclient`")


def test_two_requests_overlap(toolbox):
    """While two tasks of an async test wait at `GET /alerts/next`, a third request is served, and both get its text."""
    toolbox.passes(toolbox.awaited(), "test_overlap", uses="`aclient`")


def test_aclient_uses_the_provider(toolbox):
    """With `aclient` the app asks the same stand-in, known and unknown currencies, down and up."""
    names = ("test_provider_named_first", "test_client_named_first", "test_down")
    toolbox.passes(toolbox.awaited(), *names, uses="`aclient` and `provider`")


def test_every_test_starts_afresh(toolbox):
    """Each test finds a provider that is up, knows no rate and has no calls, and an app that was started for this test alone."""
    plain = ("test_fresh_once", "test_fresh_twice")
    toolbox.passes(toolbox.plain(), *plain, uses="`client` and `provider`")
    toolbox.passes(toolbox.plain(), "test_fresh_provider", "test_fresh_provider_again", uses="`provider`")
    toolbox.passes(toolbox.plain(), "test_starts", uses="`client`")
    toolbox.passes(toolbox.awaited(), *plain, uses="`aclient` and `provider`")
    toolbox.passes(toolbox.awaited(), "test_starts", uses="`aclient`")


def test_nothing_left_behind(toolbox):
    """After each test, one that fails included, `app.dependency_overrides` is empty and the app is closed."""
    toolbox.passes(toolbox.plain(), "test_failing", "test_clean", uses="`client` and `provider`")
    toolbox.passes(toolbox.awaited(), "test_failing", "test_clean", uses="`aclient` and `provider`")
