"""Checks of q089: what a scrape shows of the traffic, and what the probes say."""
# ruff: noqa: SLF001 - what is to be put aside has no public names

import asyncio
import math
import os
import re
import time
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import opentelemetry.metrics._internal as otel
import opentelemetry.sdk.metrics._internal as sdk
import prometheus_client
import pytest
from opentelemetry.util._once import Once
from prometheus_client.parser import text_string_to_metric_families

from pytest_fastapi_kata.checks import exactly, told
from pytest_fastapi_kata.rendezvous import settle, until

DURATION = "http_server_request_duration_seconds"
ACTIVE = "http_server_active_requests"
DELIVERED = "parcels_delivered_total"
LABELS = ("http_request_method", "http_response_status_code", "http_route")
SHOW, DELIVER = "/api/parcels/{code}", "/api/parcels/{code}/delivery"
SLOW = 0.05


# --- The learner's app on a hub of the check's own


class Unwell(Exception):
    """What a check of the hub raises; no class that an answer could name."""


@dataclass
class Probed:
    """One of the hub's two checks: raises, waits at a gate, or returns."""

    error: Exception | None = None
    gate: object = None
    calls: int = 0

    async def check(self):
        self.calls += 1
        if self.gate is not None:
            await self.gate.passed()
        if self.error is not None:
            raise self.error


@dataclass
class Hub:
    """A hub that knows its parcels; some of them crash, are waited for, or take their time."""

    known: dict = field(default_factory=dict)
    crashing: set = field(default_factory=set)
    gates: dict = field(default_factory=dict)
    slow: bool = False
    database: Probed = field(default_factory=Probed)
    broker: Probed = field(default_factory=Probed)

    def parcel(self, rng, *, crashes=False):
        code = f"{rng.word()}-{rng.digits(7)}"
        self.known[code] = f"{rng.word()} {rng.word()}"
        if crashes:
            self.crashing.add(code)
        return code

    async def find(self, code):
        await self._work_on(code)
        return {"code": code, "state": self.known[code]}

    async def deliver(self, code, zone):
        del zone
        await self._work_on(code)

    async def _work_on(self, code):
        if code in self.gates:
            await self.gates[code].passed()
        if self.slow:
            await asyncio.sleep(SLOW)
        if code in self.crashing:
            raise RuntimeError("the sorter is jammed")
        if code not in self.known:
            raise KeyError(code)


@pytest.fixture
def hub():
    return Hub()


@contextmanager
def telemetry_put_aside():
    """Give the block a registry and a meter provider that nobody has used, and put everything back afterwards."""
    registry = prometheus_client.REGISTRY
    kept = {name: value for name, value in vars(registry).items() if name != "_lock"}
    copies = {name: value.copy() if isinstance(value, dict | list) else value for name, value in kept.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("OTEL_", "FASTAPI_OTEL_"))]:
            patch.delenv(name)
        patch.setattr(otel, "_METER_PROVIDER", None)
        patch.setattr(otel, "_METER_PROVIDER_SET_ONCE", Once())
        patch.setattr(otel, "_PROXY_METER_PROVIDER", otel._ProxyMeterProvider())
        # What a provider does when the process ends would find another registry.
        patch.setattr(sdk, "register", lambda function: function, raising=False)
        # They would fill what a learner is shown of a scrape.
        for name in ("PROCESS_COLLECTOR", "PLATFORM_COLLECTOR", "GC_COLLECTOR"):
            patch.setattr(getattr(prometheus_client, name), "collect", list)
        vars(registry).update(copies)
        try:
            yield
        finally:
            vars(registry).update(kept)


@pytest.fixture
def running(kata_bench, given, load, asgi, hub):
    """A context manager that imports the learner's app anew, on this check's hub, and serves it."""

    @asynccontextmanager
    async def run(probe_seconds=None):
        probes = {"check_database": hub.database.check, "check_broker": hub.broker.check}
        with telemetry_put_aside():
            given("hub", find=hub.find, deliver=hub.deliver, **probes)
            app = kata_bench.loader.app(load(PROBE_SECONDS=probe_seconds))
            async with asgi(app) as server:
                yield server

    return run


async def ask(server, method, target, **options):
    """Send a request and wait until the app is done with it."""
    call = server.start(method, target, **options)
    response = await call.reply()
    await call.ended()
    return response


async def show(server, code):
    return await ask(server, "GET", f"/api/parcels/{code}")


async def deliver(server, code, zone):
    return await ask(server, "POST", f"/api/parcels/{code}/delivery", json={"zone": zone})


# --- What a scrape says


@dataclass
class Scrape:
    text: str
    families: list

    def sums(self, name, *labels):
        """Return the values of a series' samples, summed over all labels that are not named."""
        found = Counter()
        for family in self.families:
            for sample in family.samples:
                if sample.name == name:
                    found[tuple(sample.labels.get(label, "") for label in labels)] += sample.value
        return found

    def kind_of(self, name):
        """Return the type of the metric that has samples of this name."""
        kinds = [one.type for one in self.families if any(sample.name == name for sample in one.samples)]
        return kinds[0] if kinds else "(there is none)"


async def scrape(server):
    """Ask for the metrics and read them as Prometheus does."""
    response = await ask(server, "GET", "/metrics")
    if response.status_code in (301, 302, 303, 307, 308):
        response = await ask(server, "GET", urlsplit(response.header("location") or "/").path or "/")
    assert response.status_code == 200, "`GET /metrics` is what Prometheus asks for."
    kind = (response.header("content-type") or "no content type").partition(";")[0].strip()
    assert kind == "text/plain", "This is the content type of `/metrics`. Prometheus does not read anything else."
    try:
        families = list(text_string_to_metric_families(response.text))
    except Exception as error:
        raise AssertionError(f"`/metrics` is not in the text format of Prometheus: {error}") from None
    shorten(server._recorder, response.text)
    return Scrape(response.text, families)


NOISE = re.compile(r'(?:otel_scope|network_protocol|url_scheme|service_)\w*="[^"]*",?|\w+="",')


def shorten(recorder, text):
    """Let a learner who is shown the last scrape see the samples that matter, and no buckets."""
    lines = [line for line in text.splitlines() if not line.startswith(("#", "target_info", "python_", "process_"))]
    lines = [NOISE.sub("", line).replace(",}", "}") for line in lines if not re.match(r"\w+_(bucket|created)\b", line)]
    record = recorder.records[-1]
    body = "\n".join(["(shortened: without comments, buckets, and labels that are empty or about the library)", *lines])
    recorder.records[-1] = replace(record, exchange=replace(record.exchange, response_body=body))


def whole(number):
    return int(number) if math.isfinite(number) and number == int(number) else number


def growth(before, after, name, *labels):
    """Return by how much each series has grown between two scrapes, as far as it has."""
    old, new = before.sums(name, *labels), after.sums(name, *labels)
    return {key: whole(new[key] - old[key]) for key in sorted(new.keys() | old.keys()) if new[key] != old[key]}


def counted(before, after):
    """Return how many requests were counted between two scrapes, by method, status and route."""
    found = growth(before, after, f"{DURATION}_count", *LABELS)
    return {
        f"{method or '(no method)'} {status or '(no status)'} {route or '(empty)'}": number
        for (method, status, route), number in found.items()
    }


def nothing_of(after, name):
    """Whether a scrape has no series of this name, for a message."""
    return not after.sums(name)


NO_HISTOGRAM = f"There is no `{DURATION}_count` in what `/metrics` says."


# --- Checks


async def test_requests_are_counted_by_route_template(running, hub, rng):
    """Every request counts once in the histogram, under its method, its status, and the whole template of its route with all prefixes."""
    async with running() as server:
        code, zone = hub.parcel(rng), rng.word()
        numbers = [rng.randint(1, 4) for _ in range(5)]
        before = await scrape(server)
        for _ in range(numbers[0]):
            response = await show(server, code)
            assert response.status_code == 200
            assert response.json() == exactly({"code": code, "state": hub.known[code]})
        for _ in range(numbers[1]):
            assert (await show(server, f"{rng.word()}-{rng.digits(7)}")).status_code == 404
        for _ in range(numbers[2]):
            response = await deliver(server, code, zone)
            assert response.status_code == 201
            assert response.json() == exactly({"code": code, "zone": zone})
        for _ in range(numbers[3]):
            assert (await deliver(server, f"{rng.word()}-{rng.digits(7)}", zone)).status_code == 404
        for _ in range(numbers[4]):
            response = await ask(server, "POST", f"/api/parcels/{code}/delivery", json={"area": zone})
            assert response.status_code == 422
        after = await scrape(server)
    names = [f"GET 200 {SHOW}", f"GET 404 {SHOW}", f"POST 201 {DELIVER}", f"POST 404 {DELIVER}", f"POST 422 {DELIVER}"]
    got = counted(before, after)
    routes = {name.split(" ", 2)[2] for name in got}
    assert got == dict(zip(names, numbers, strict=True)), told(
        (nothing_of(after, f"{DURATION}_count"), NO_HISTOGRAM),
        (
            any("/metrics" in route for route in routes),
            "Among the requests there is a scrape, which is not to be measured.",
        ),
        (
            any(code in route for route in routes),
            "A route's label is its template, and not the path that was asked for.",
        ),
        (
            bool(routes & {"/parcels/{code}", "/{code}"}),
            "The template of the route is not whole: a prefix is missing. In the label, it begins where the path begins.",
        ),
        "This is by how much the histogram's `_count` has grown from one scrape to the next, by method, status and route.",
    )


async def test_labels_stay_few(running, hub, rng):
    """Parcel codes, and paths that no route knows, are in no label of any metric. Requests for such paths count with an empty route."""
    async with running() as server:
        before = await scrape(server)
        paths = [
            f"/{rng.word()}-{rng.digits(6)}",
            f"/{rng.word()}/{rng.digits(8)}",
            f"/api/{rng.word()}{rng.digits(5)}",
        ]
        for path in paths:
            assert (await ask(server, "GET", path)).status_code == 404
        codes = [hub.parcel(rng) for _ in range(3)]
        for code in codes:
            assert (await show(server, code)).status_code == 200
            assert (await deliver(server, code, rng.word())).status_code == 201
        after = await scrape(server)
    told_of = {key: number for key, number in counted(before, after).items() if " 404 " in key}
    assert told_of == {"GET 404 (empty)": len(paths)}, told(
        (nothing_of(after, f"{DURATION}_count"), NO_HISTOGRAM),
        (
            any(path in after.text for path in paths),
            "The path that somebody has made up is a label. Anyone can invent such paths, and each makes a new time series.",
        ),
        (
            bool(told_of),
            "So many requests for paths that no route knows were sent. They are counted, but not with an empty `http_route`.",
        ),
        "So many requests for paths that no route knows were sent. They have to be counted, too.",
    )
    shown = [path for path in paths if path in after.text]
    assert shown == [], "Paths that somebody has made up are shown by the metrics. Each makes a new time series."
    shown = [code for code in codes if code in after.text]
    assert shown == [], "The codes of parcels are shown by the metrics. Each parcel makes a new time series."


async def test_crashes_are_counted_as_500(running, hub, rng):
    """A request whose endpoint crashes counts as well, with the status 500 that the client gets."""
    async with running() as server:
        code, numbers = hub.parcel(rng, crashes=True), [rng.randint(1, 4), rng.randint(1, 4)]
        before = await scrape(server)
        assert (await show(server, hub.parcel(rng))).status_code == 200
        for _ in range(numbers[0]):
            assert (await show(server, code)).status_code == 500
        for _ in range(numbers[1]):
            assert (await deliver(server, code, rng.word())).status_code == 500
        after = await scrape(server)
    got = {key: number for key, number in counted(before, after).items() if "/metrics" not in key}
    wanted = {f"GET 200 {SHOW}": 1, f"GET 500 {SHOW}": numbers[0], f"POST 500 {DELIVER}": numbers[1]}
    assert got == wanted, told(
        (nothing_of(after, f"{DURATION}_count"), NO_HISTOGRAM),
        (
            sum(got.values()) == 1,
            "All but one of these requests crashed, and nothing of that was counted: the worst answers are missing.",
        ),
        "All but one of these requests crashed. This is by how much the histogram's `_count` has grown.",
    )


async def test_durations_are_a_histogram_in_seconds(running, hub, rng):
    """Durations are a histogram in seconds: the smallest bucket ends at 0.01 or below, the largest finite one from 1 to 60; sum, count and buckets agree with how long the requests took."""
    async with running() as server:
        code, number = hub.parcel(rng), rng.randint(2, 3)
        hub.slow = True
        before = await scrape(server)
        began = time.perf_counter()
        for _ in range(number):
            assert (await show(server, code)).status_code == 200
        most = time.perf_counter() - began + 0.02
        after = await scrape(server)
    kind = after.kind_of(f"{DURATION}_count")
    assert kind == "histogram", f"This is the type of `{DURATION}`."
    wanted = ("GET", "200", SHOW)
    count = growth(before, after, f"{DURATION}_count", *LABELS).get(wanted, 0)
    assert count == number, f"So many requests were sent to `{SHOW}`. This is by how much `_count` has grown there."
    names = [key[3] for key in after.sums(f"{DURATION}_bucket", *LABELS, "le") if key[:3] == wanted]
    bounds = sorted(float(name) for name in names)
    finite = [bound for bound in bounds if math.isfinite(bound)] or [math.inf]
    is_fine = finite[0] <= 0.01
    assert is_fine, (
        f"The smallest bucket ends at {finite[0]:g} seconds. What a quick request took cannot be told from it."
    )
    is_fine = 1 <= finite[-1] <= 60
    assert is_fine, f"The largest finite bucket ends at {finite[-1]:g}. It is to be from 1 to 60, in seconds."
    total = growth(before, after, f"{DURATION}_sum", *LABELS).get(wanted, 0)
    is_all_of_it, is_no_more = total >= number * SLOW * 0.9, total <= most
    assert is_all_of_it, (
        f"The endpoint takes {SLOW} seconds for each request, and `_sum` has grown by less than that. "
        "The time in the endpoint belongs to the duration."
    )
    assert is_no_more, (
        "`_sum` has grown by more seconds than have passed. Is it in seconds, and is each request in it once?"
    )
    buckets = growth(before, after, f"{DURATION}_bucket", *LABELS, "le")
    grown = {name: buckets.get((*wanted, name), 0) for name in names}
    quick = [name for name in names if float(name) < SLOW * 0.9 and grown[name] != 0]
    assert quick == [], f"Each request took at least {SLOW} seconds, and buckets that end before that have grown."
    missing = [name for name in names if float(name) >= most and grown[name] != number]
    assert missing == [], "These buckets end after the longest request, and do not hold all requests."


async def test_requests_in_flight_are_visible(running, hub, rng, rendezvous):
    """While requests are being worked on, the gauge shows how many, by method. When they have ended, it is back at 0, also after a crash."""
    async with running() as server:
        gate, codes = rendezvous(), [hub.parcel(rng), hub.parcel(rng, crashes=True)]
        hub.gates = dict.fromkeys(codes, gate)
        calls = [
            server.start("GET", f"/api/parcels/{codes[0]}"),
            server.start("POST", f"/api/parcels/{codes[1]}/delivery", json={"zone": rng.word()}),
        ]
        await gate.meets(2, "Two requests were sent at the same time, and did not both get to the hub.")
        during = await scrape(server)
        gate.open()
        replies = [await call.reply() for call in calls]
        for call in calls:
            await call.ended()
        after = await scrape(server)
    got = active(during)
    assert got == {"GET": 1, "POST": 1}, told(
        (nothing_of(during, ACTIVE), f"There is no `{ACTIVE}` in what `/metrics` says."),
        (got == {"GET": 2, "POST": 1}, "The scrape counts itself as a request in flight."),
        "One GET and one POST are being worked on, and the gauge shows this, by method.",
    )
    kind = during.kind_of(ACTIVE)
    assert kind == "gauge", f"This is the type of `{ACTIVE}`."
    assert [reply.status_code for reply in replies] == [200, 500]
    assert active(after) == {}, (
        "Both requests have ended, the POST by a crash, and nobody else is there. The gauge still shows requests."
    )


def active(scraped):
    return {method: whole(value) for (method,), value in scraped.sums(ACTIVE, LABELS[0]).items() if value}


async def test_deliveries_are_counted_by_zone(running, hub, rng):
    """Successful deliveries are counted by zone. Unknown parcels, invalid requests and crashes are not."""
    async with running() as server:
        zones = rng.words(3)
        wanted = {zone: rng.randint(1, 4) for zone in zones[:2]}
        crashing = hub.parcel(rng, crashes=True)
        before = await scrape(server)
        for zone, number in wanted.items():
            for _ in range(number):
                assert (await deliver(server, hub.parcel(rng), zone)).status_code == 201
        middle = await scrape(server)
        for zone in zones:
            assert (await deliver(server, f"{rng.word()}-{rng.digits(7)}", zone)).status_code == 404
            assert (await deliver(server, crashing, zone)).status_code == 500
        response = await ask(server, "POST", f"/api/parcels/{hub.parcel(rng)}/delivery", json={"zone": 17})
        assert response.status_code == 422
        after = await scrape(server)
    got = {zone: number for (zone,), number in growth(before, middle, DELIVERED, "zone").items()}
    assert got == wanted, told(
        (nothing_of(middle, DELIVERED), f"There is no `{DELIVERED}` in what `/metrics` says."),
        "So many parcels were delivered, by zone. This is by how much the counter has grown.",
    )
    kind = after.kind_of(DELIVERED)
    assert kind == "counter", f"This is the type of `{DELIVERED}`."
    got = {zone: number for (zone,), number in growth(middle, after, DELIVERED, "zone").items()}
    assert got == {}, (
        "Nothing was delivered: the parcels were unknown, or the delivery crashed. They are counted all the same."
    )


async def test_probes_and_scrapes_leave_no_trace(running, hub, rng):
    """Requests to `/livez`, `/readyz` and `/metrics` are measured nowhere. Any other request still is."""
    async with running() as server:
        code = hub.parcel(rng)
        before = await scrape(server)
        hub.broker.error = OSError("gone")
        for _ in range(rng.randint(2, 3)):
            for path in ("/livez", "/readyz", "/metrics"):
                await ask(server, "GET", path)
        hub.broker.error = None
        assert (await show(server, code)).status_code == 200
        after = await scrape(server)
    got = Counter()
    for name, number in counted(before, after).items():
        got["(the parcel)" if "/parcels/" in name else name] += number
    assert dict(got) == {"(the parcel)": 1}, told(
        (nothing_of(after, f"{DURATION}_count"), NO_HISTOGRAM),
        "One parcel was asked for. All else that was counted are probes or scrapes.",
    )
    assert active(after) == {}, "Nothing is being worked on but this scrape, which is not to be measured."


async def test_liveness_asks_nobody(running, hub):
    """`GET /livez` answers 200 `{"status": "alive"}`, even if database and broker are gone, and asks neither of them."""
    hub.database.error, hub.broker.error = OSError("gone"), OSError("gone")
    async with running() as server:
        response = await ask(server, "GET", "/livez")
    assert response.status_code == 200, told(
        (
            response.status_code == 503,
            "Database and broker are gone, and the app says that it is not alive. A restart would mend neither.",
        ),
    )
    assert response.json() == exactly({"status": "alive"})
    asked = [name for name, one in (("database", hub.database), ("broker", hub.broker)) if one.calls]
    assert asked == [], (
        "Liveness has asked others. If they are slow, this instance is restarted, and that mends nothing."
    )


def readiness(database="ok", broker="ok"):
    status = "ready" if database == broker == "ok" else "not ready"
    return {"status": status, "checks": {"database": database, "broker": broker}}


async def test_readiness_names_what_is_wrong(running, hub, rng):
    """`GET /readyz` answers 200 if both checks return, and otherwise 503; it says which one has failed, without the text of the error. It asks anew every time."""
    secret = f"{rng.word()}:{rng.digits(6)}"
    error = Unwell(f"cannot log in as {secret}")
    cases = [(None, None), (error, None), (None, error), (error, error), (None, None)]
    async with running() as server:
        for hub.database.error, hub.broker.error in cases:
            words = ["failed" if one else "ok" for one in (hub.database.error, hub.broker.error)]
            response = await ask(server, "GET", "/readyz")
            status = 503 if "failed" in words else 200
            assert response.status_code == status, told(
                (
                    response.status_code == 500,
                    f"The checks of database and broker end like this: {', '.join(words)}. The probe itself has crashed.",
                ),
                (
                    response.status_code == 200,
                    f"The checks of database and broker end like this: {', '.join(words)}. "
                    "An orchestrator reads the status only, and goes on sending traffic.",
                ),
                f"The checks of database and broker end like this: {', '.join(words)}.",
            )
            assert response.json() == exactly(readiness(*words)), told(
                (secret in response.text, "The text of an error is shown, and there may be secrets in it."),
            )


async def test_readiness_checks_run_together(running, hub, rendezvous):
    """Both checks of a probe are under way at the same time."""
    gate = hub.database.gate = hub.broker.gate = rendezvous(2)
    async with running("600") as server:
        call = server.start("GET", "/readyz")
        call.is_waited_for = True
        await until(lambda: gate.arrived == 2 or call.is_answered)
        begun = gate.arrived
        assert begun == 2, told(
            (begun == 1, "One check was called, and the other not before the first had ended. So their times add up."),
            "A probe has to ask this many checks.",
        )
        response = await call.reply()
        assert response.status_code == 200
        assert response.json() == exactly(readiness())


async def test_a_hanging_check_does_not_hang_the_probe(running, hub, rng, rendezvous, advance):
    """Each check may take `PROBE_SECONDS`, which are 2 if the variable is not set. One that takes longer is a `timeout`, the other one is what it is, and the answer is 503."""
    limit = rng.randint(5, 9) / 10
    cases = rng.shuffled([("database", limit), ("broker", limit)])
    for name, seconds in [*cases, (rng.choice(["database", "broker"]), None)]:
        async with running(None if seconds is None else str(seconds)) as server:
            gate = rendezvous()
            call = await probe_that_hangs(server, hub, name, gate)
            advance((seconds or 2) + 0.5)
            call.is_waited_for = True
            await until(lambda call=call: call.is_answered)
            assert call.is_answered, told(
                (
                    seconds is None,
                    "`PROBE_SECONDS` is not set, 2.5 seconds have passed, and the probe still waits for a check that hangs.",
                ),
                "A check hangs, more than `PROBE_SECONDS` have passed, and the probe still waits for it. To an orchestrator, "
                "a probe without an answer is a dead instance.",
            )
            response = await call.reply()
            assert response.status_code == 503, "One of the two checks hangs, the other one is fine."
            got = response.json()
            assert got == exactly(readiness(**{name: "timeout"})), told(
                (
                    got == readiness(database="timeout", broker="timeout"),
                    "One of the two checks hangs, the other has returned long ago, and both are called late.",
                ),
                (
                    got == readiness(**{name: "failed"}),
                    "One of the two checks hangs, the other is fine. The one that hangs has not raised anything itself.",
                ),
                "One of the two checks hangs, the other is fine.",
            )
            gate.open()
    # A check that is slow, but within its limit, is waited for.
    async with running("400") as server:
        gate = rendezvous()
        call = await probe_that_hangs(server, hub, rng.choice(["database", "broker"]), gate)
        advance(300)
        await settle()
        gate.open()
        response = await call.reply()
        assert response.status_code == 200, "`PROBE_SECONDS` is 400, and both checks return after 300 seconds at most."
        assert response.json() == exactly(readiness())


async def probe_that_hangs(server, hub, name, gate):
    """Start a probe, one check of which waits at the gate, and the other has returned."""
    for probed in (hub.database, hub.broker):
        probed.gate = None
    getattr(hub, name).gate = gate
    call = server.start("GET", "/readyz")
    await until(lambda: gate.arrived or call.is_answered)
    await settle()
    return call
