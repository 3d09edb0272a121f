# ruff: noqa: E501, PLR0911, S311
"""What the hidden tests share: made-up rates, a network without names, and a look at the app after each test."""

import inspect
import random
import socket

import app as desk

SEED = {{seed}}  # noqa: F821

_dice = random.Random(str(SEED))
_used = set()
lookups = []


def no_names(host, *_args, **_kwargs):
    lookups.append(host.decode() if isinstance(host, bytes) else str(host))
    raise socket.gaierror(socket.EAI_NONAME, "Name resolution is switched off")


socket.getaddrinfo = no_names


def currency():
    while True:
        code = "".join(_dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3))
        if code not in _used:
            _used.add(code)
            return code


def rate():
    return _dice.randint(10_001, 99_999) / 10_000


def word():
    return "".join(_dice.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def require(fact, otherwise):
    """An assert whose message is all that a learner needs."""
    if not fact:
        raise AssertionError(otherwise)


class Watch:
    """Notes how each test has left the app."""

    def __init__(self):
        self.starts = self._starts()
        self.left_open = {}
        self.left_overridden = {}

    def _starts(self):
        return getattr(desk.app.state, "starts", 0)

    def pytest_runtest_logfinish(self, nodeid):
        name = nodeid.rpartition("::")[2].partition("[")[0]
        self.starts = self._starts()
        self.left_open[name] = getattr(desk.app.state, "open", None)
        self.left_overridden[name] = [getattr(key, "__name__", str(key)) for key in desk.app.dependency_overrides]


watch = Watch()


def arguments(item):
    return list(inspect.signature(item.function).parameters)


def started_once(name):
    """Require that the app runs now, and that it was started once for this test."""
    starts = desk.app.state.starts - watch.starts
    how = "was not started" if not starts else "was started, but it did not run any more"
    require(
        desk.app.state.open is True,
        f"In a test that uses `{name}`, `app.state.open` was {desk.app.state.open}: the app {how}.",
    )
    require(starts == 1, f"For one test that uses `{name}` the app was started {starts} times.")


def shut_down(test, name):
    """Require that the app was not running any more when that test was over."""
    require(test in watch.left_open, f"The test that uses `{name}` has not run.")
    left = watch.left_open[test]
    require(left is False, f"After a test that uses `{name}`, `app.state.open` was {left}: the app was not shut down.")


def counted(request, name):
    """Require one start for each test so far that used the client."""
    items = list(request.session.items)
    before = items[: items.index(request.node)]
    used = sum(name in arguments(item) for item in before)
    starts = getattr(desk.app.state, "starts", None)
    require(starts == used, f"{used} tests have used `{name}`, and the app was started {starts} times.")


def clean(name):
    """Require that no test so far has left something behind."""
    require(watch.left_open, "No test has run.")
    for overrides in watch.left_overridden.values():
        still = f"{', '.join(overrides)} was still replaced"
        require(not overrides, f"After a test that uses `{name}`, `app.dependency_overrides` was not empty: {still}.")
    require(not any(watch.left_open.values()), f"After a test that uses `{name}`, `app.state.open` was still true.")


def answer_of(response):
    """Status and body of an answer; the status alone where a refusal's body is nobody's business."""
    if response.status_code >= 400:
        return response.status_code
    try:
        return response.status_code, response.json()
    except ValueError:
        return response.status_code, response.text


def raised(error):
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def path_of(code):
    return f"/latest/{code}"


def known(code, value):
    return 200, {"currency": code, "rate": value}


def expect(got, want, when, was_looked_up):
    """Require an answer to `GET /rates/…`; `was_looked_up` is how many names had been looked up before it."""
    if got == want:
        return
    shown = [f"{one[0]} {one[1]}" if isinstance(one, tuple) else str(one) for one in (got, want)]
    said = f"{when}: the answer was {shown[0]}, where {shown[1]} is right."
    raise AssertionError(f"{said} {meaning(got, want, was_looked_up)}".strip())


def meaning(got, want, was_looked_up):
    hosts = sorted(set(lookups[was_looked_up:]))
    if hosts:
        return f"The app looked up {', '.join(hosts)}: it turned to the network, and not to the stand-in."
    if isinstance(got, str) and "await" in got:
        return ""
    if got == 502:
        return "The app met a transport error, though it looked up no name: something refused that stands between it and the network."
    if got == 404 and isinstance(want, tuple):
        return "The app was told that this currency is unknown, although `provider.rates` of this test has it."
    if want == 502 and isinstance(got, tuple | int) and got != 500:
        return "The app got an answer from a provider that cannot be reached."
    if isinstance(got, str) or got == 500:
        return "The app catches transport errors of `httpx2` and knows the statuses 200 and 404. Has it met something else?"
    return ""


def listed(paths):
    """A list as a message shows it: short, also when tests share it."""
    paths = list(paths)
    return repr(paths) if len(paths) <= 2 else f"a list of {len(paths)}, the last of them {paths[-1]!r}"


def expect_calls(provider, want, when):
    got = provider.calls
    require(got == want, f"{when}, `provider.calls` was {listed(got)}, where {want!r} is right.")


def expect_fresh(provider):
    """Require a stand-in that nobody has used yet."""
    for name, value in (("rates", provider.rates), ("calls", provider.calls)):
        require(
            len(value) == 0,
            f"At the beginning of a test `provider.{name}` had {len(value)} in it: they were left by another test.",
        )
    require(provider.rates == {} and provider.calls == [], "`provider.rates` is a dict, and `provider.calls` a list.")
    require(not provider.down, "At the beginning of a test `provider.down` was true.")
