"""Checks of q070: who is counted, in which window, and what happens when many come at once or the store is away."""

import asyncio
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from pytest_fastapi_kata.checks import Words, exactly, quoted, told, value_at
from pytest_fastapi_kata.rendezvous import settle, within

SECONDS = 4.0
"""Real seconds for an answer that nobody keeps waiting; only wrong answers get that far."""
TURNS = 4
"""What a round trip to the store takes, in turns of the event loop."""
REFUSED = {"detail": "Too many requests"}
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining")
HASHES = (
    "What was used up at one worker has another name at the other one. `hash()` of a text is a new number in each process; this check "
    "sees to it that the two differ, as they would in real processes."
)


class Clock:
    """The time, which stands still until it is moved. All of it is quarters of a second, so sums are exact."""

    def __init__(self, begin):
        self.time = begin

    def now(self):
        return self.time


class Store:
    """The store of this check: it forgets what has outlived its ttl, and notes what is put, and under which names."""

    def __init__(self, clock):
        self.clock = clock
        self.down = None
        self.called, self.away = set(), set()
        self.puts, self.names = [], set()
        self.gets_wait = self.put_waits = None
        self.reading = 0
        self._values, self._locks = {}, {}

    def _called(self, method, key):
        self.called.add(method)
        self.names.add(key)
        if method in self.away:
            raise self.down("the store does not answer")

    async def get(self, key):
        self._called("get", key)
        until, value = self._values.get(key, (0, []))
        found = list(value) if until > self.clock.time else []
        self.reading += 1
        if self.gets_wait is not None:
            await self.gets_wait.wait()
        await asyncio.sleep(0)
        return found

    async def put(self, key, value, ttl):
        """Keeps the value for `ttl` seconds (more than 0)."""
        self._called("put", key)
        self.puts.append((self.clock.time, value, ttl))
        if self.put_waits is not None:
            gate, self.put_waits = self.put_waits, None
            await gate.passed()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self._values[key] = (self.clock.time + ttl, list(value))

    @asynccontextmanager
    async def lock(self, key):
        """One holder at a time for each key, over all workers."""
        self._called("lock", key)
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield


class Worker:
    """One process of the service: the app, told by its server from whom a connection comes."""

    def __init__(self, app, rng):
        self.app, self.router, self.rng = app, app.router, rng
        self.peers = deque()

    async def __call__(self, scope, receive, send):
        # Requests begin in the order in which they were started.
        scope["client"] = (self.peers.popleft(), self.rng.randint(1024, 65535))
        await self.app(scope, receive, send)


class Service:
    """The tide service, as its clients see it."""

    def __init__(self, rng, given):
        self.rng = rng
        self.window, self.limit = rng.randint(40, 90), rng.randint(3, 5)
        self.clock = Clock(1_900_000_000 + rng.randint(0, 10**6) + rng.choice((0.25, 0.5, 0.75)))
        begin, end = rng.words(2)
        self.keys = {f"{begin}-{rng.digits(9)}-{end}": limit for limit in rng.numbers(3, 2, 9)}
        self.taken, self.hashed = set(), set()
        self.proxies = [self.address() for _ in range(3)]
        self.store = Store(self.clock)
        self.computed = []
        given(
            "limits",
            WINDOW=self.window,
            ANONYMOUS=self.limit,
            keys=dict(self.keys),
            trusted_proxies=set(self.proxies),
            now=self.clock.now,
        )
        self.store.down = given("store", shared=self.store).StoreDown
        given("tides", level=self.level)

    def level(self, harbour):
        self.computed.append(harbour)
        return (len(harbour) * 37 + ord(harbour[0]) * 11 + self.window) % 700

    def hash_elsewhere(self, value):
        """What `hash` says in another process: of numbers the same, of all that has texts in it something else."""
        if isinstance(value, int | float):
            return hash(value)
        self.hashed.add(value)
        return hash(("another process", value))

    def address(self):
        """An address that nobody has had yet."""
        rng = self.rng
        new = rng.choice(
            (
                f"203.0.113.{rng.randint(1, 254)}",
                f"198.51.{rng.randint(0, 99)}.7",
                f"2001:db8::{rng.randint(1, 9999):x}",
            )
        )
        if new in self.taken:
            return self.address()
        self.taken.add(new)
        return new

    def start(self, peer, key=None, forwarded=(), target=None, worker=0):
        """Send a request from this peer and return at once."""
        headers = [("X-API-Key", key)] if key is not None else []
        headers += [("X-Forwarded-For", line) for line in forwarded]
        self.workers[worker].peers.append(peer)
        return self.servers[worker].start("GET", target or f"/tides/{self.rng.word()}", headers=headers)

    async def ask(self, peer, key=None, forwarded=(), target=None, worker=0):
        """Send a request from this peer and wait for its answer."""
        call = self.start(peer, key, forwarded, target, worker)
        return await call.reply("The request was not answered.")

    async def serves(self, peer):
        """Somebody is answered for the first time, and sees that the request was counted."""
        response = await self.ask(peer)
        assert response.status_code == 200, told(
            (response.status_code == 404, "`GET /tides/{harbour}` is not there. Is there a route?"),
            (response.status_code == 429, "This is the first request of this client, from the address " + peer + "."),
            "This is the first request of a client, without a key.",
        )

    async def fill(self, peer, count):
        """Send so many requests, all of which are allowed, and none too many."""
        for number in range(1, count + 1):
            response = await self.ask(peer)
            assert response.status_code == 200, (
                f"`ANONYMOUS` is {self.limit}. At this moment, {count} requests of a client are allowed, and this is number {number} of "
                "them."
            )

    async def passes(self, peer, key=None, most=None, worker=0):
        """How many requests in a row are not refused; nobody asks more often than a few times too many."""
        most = (self.keys.get(key, self.limit) if most is None else most) + 3
        for number in range(most):
            response = await self.ask(peer, key, worker=worker)
            if response.status_code == 429:
                return number
            assert response.status_code == 200, told(
                (response.status_code == 401, "The key that came with this request is in `limits.keys`."),
            )
        return most


@pytest.fixture
def service(rng, given):
    """The modules that are given, with values of this check, before the app is imported."""
    return Service(rng, given)


@pytest.fixture
def serving(service, load, app, asgi, rng):
    """`async with` it, and so many workers serve the app; each has imported it by itself."""

    @asynccontextmanager
    async def serve(workers=1):
        apps = [app]
        for _ in range(workers - 1):
            other = load()
            # In another process, texts have other hashes.
            vars(other).setdefault("hash", service.hash_elsewhere)
            apps.append(other.app)
        service.workers = [Worker(one, rng) for one in apps]
        async with AsyncExitStack() as stack:
            service.servers = [await stack.enter_async_context(asgi(one)) for one in service.workers]
            yield service

    return serve


def shown(response, *names):
    """Status and headers of an answer, side by side."""
    return {"status": response.status_code, **{name: response.header(name) for name in names}}


async def test_the_limit_holds(serving, rng):
    """Of an address without a key, `ANONYMOUS` requests pass: 200 with the tide, and `RateLimit-Remaining` counts down. The next is 429 `{"detail": "Too many requests"}`, with the same two headers and `Retry-After`, and no tide is computed for it."""
    async with serving() as service:
        peer = service.address()
        limit = str(service.limit)
        for left in reversed(range(service.limit)):
            harbour = rng.word()
            response = await service.ask(peer, target=f"/tides/{harbour}")
            assert response.status_code == 200, (
                f"`ANONYMOUS` is {limit}, and this is request number {service.limit - left}."
            )
            expected = {"harbour": harbour, "centimetres": service.level(harbour)}
            service.computed.pop()
            assert response.json() == exactly(expected)
            got = shown(response, *HEADERS)
            assert got == {"status": 200, "RateLimit-Limit": limit, "RateLimit-Remaining": str(left)}, told(
                (
                    left == service.limit - 1 and got["RateLimit-Remaining"] == limit,
                    "`RateLimit-Remaining` says how many more would pass now. This request has passed, it is not to come any more.",
                ),
                f"`ANONYMOUS` is {limit}, and this is request number {service.limit - left} from one address, each over a connection and "
                "for a harbour of its own.",
            )
        computed = len(service.computed)
        assert computed == service.limit, "So often the tide was computed for as many requests as pass."
        for _ in range(2):
            response = await service.ask(peer)
            assert response.status_code == 429, f"`ANONYMOUS` is {limit}, and so many requests have passed before."
            assert response.json() == exactly(REFUSED)
            got = shown(response, *HEADERS)
            assert got == {"status": 429, "RateLimit-Limit": limit, "RateLimit-Remaining": "0"}, (
                "A refusal has these headers, too: whoever is refused wants to know the limit most of all."
            )
            got = response.header("retry-after")
            assert got is not None, "A refusal is to say in `Retry-After` when it is worth trying again."
        refused = len(service.computed) - computed
        assert refused == 0, "So often the tide was computed for requests that were refused. It is expensive."


async def test_the_window_slides(serving, rng):
    """A request at the time t passes if fewer than `ANONYMOUS` of its client's passed requests have times in (t - `WINDOW`, t]: one that is exactly `WINDOW` seconds old counts no longer, and no moment allows two bursts."""
    async with serving() as service:
        clock, window, limit = service.clock, service.window, service.limit
        await service.serves(service.address())

        # A minute and a window of the clock on the wall end here.
        peer = service.address()
        border = 60 * window * (clock.time // (60 * window) + 1)
        clock.time = border - 1
        await service.fill(peer, limit)
        clock.time = border + 1
        passed = limit + await service.passes(peer)
        assert passed == limit, (
            f"`ANONYMOUS` is {limit}, and so many requests passed within two seconds. A window that starts anew at fixed times "
            "allows twice the limit at its border."
        )

        peer = service.address()
        await service.fill(peer, 1)
        clock.time += window - 1
        await service.fill(peer, limit - 1)
        clock.time += 2
        passed = await service.passes(peer)
        assert passed == 1, (
            f"`ANONYMOUS` is {limit}, `WINDOW` is {window}. One request passed {window + 1} seconds ago, {limit - 1} others two seconds "
            "ago, and so many pass now. "
        ) + told(
            (passed > 1, "Each request leaves the window by itself; they do not all leave with the first."),
            "One has left the window, as `limits.now()` tells, which is the only clock.",
        )

        # The store still has all of them when the first leaves the window.
        peer, begin = service.address(), clock.time
        await service.fill(peer, 1)
        clock.time = begin + rng.randint(5, 20)
        await service.fill(peer, limit - 1)
        clock.time = begin + window
        passed = await service.passes(peer)
        what = (
            f"`WINDOW` is {window}, and {limit} requests have passed, the first of them exactly {window} seconds ago. "
        )
        assert passed == 1, what + told(
            (
                passed == 0,
                f"That one counts no longer: the window is (t - {window}, t], and `limits.now()` is the only clock. So many passed now.",
            ),
            "That one counts no longer, the others do. So many passed now.",
        )

        # At any times, but never more than are allowed: nobody is refused.
        peer = service.address()
        times = []
        for _ in range(10 * limit):
            clock.time += rng.randint(1, 8 * window // limit) / 4
            inside = [time for time in times if time > clock.time - window]
            if len(inside) < limit:
                response = await service.ask(peer)
                ago = ", ".join(f"{clock.time - time:g}" for time in inside) or "none"
                assert response.status_code == 200, (
                    f"`ANONYMOUS` is {limit}, `WINDOW` is {window}. Requests of this client have passed so many seconds ago that are still "
                    f"in the window: {ago}. Nothing was refused."
                )
                times.append(clock.time)


async def test_retry_after_is_true(serving, rng):
    """`Retry-After` says in whole seconds, rounded up, 1 or more, when a request of this client would pass: just before that one is 429, and after it 200."""
    async with serving() as service:
        clock, window, limit = service.clock, service.window, service.limit
        peer = service.address()
        # The first passes, and some time later the others.
        begin, later = clock.time, rng.randint(12, 15) + rng.choice((0.25, 0.5))
        await service.serves(peer)
        clock.time = begin + later
        passed = await service.passes(peer)
        assert passed == limit - 1, f"`ANONYMOUS` is {limit}, and one request has passed before. So many more passed."
        for free in (begin + window, begin + later + window):
            what = f"When the oldest of {limit} requests leaves the window of {window} seconds, the next can pass: in {{:g}} seconds."
            # Not so long before that the time would run backwards.
            whole = rng.randint(3, 10)
            for wait in (whole + 0.75, whole + 0.25, float(whole), 1.0, 0.25):
                clock.time = free - wait
                response = await service.ask(peer)
                assert response.status_code == 429, what.format(wait)
                got = response.header("retry-after")
                expected = str(max(1, -int(-wait // 1)))
                late = int(got) - wait if got is not None and got.isdigit() else 0
                assert got == expected, told(
                    (
                        got == str(window),
                        f"A whole window is true only for a burst that has just been. Here, a request can pass in {wait:g} seconds.",
                    ),
                    (
                        late < 0,
                        what.format(wait)
                        + " Who comes back as soon as the header says has come too early, and is refused once more.",
                    ),
                    (
                        late == 1,
                        f"A number that is whole already is not rounded up. In {wait:g} seconds, a request of this client can pass.",
                    ),
                    what.format(wait),
                )
            clock.time = free - 0.25 + 1
            response = await service.ask(peer)
            assert response.status_code == 200, "The client came back as many seconds later as `Retry-After` had said."
            response = await service.ask(peer)
            if free == begin + window:
                assert response.status_code == 429, (
                    f"One of {limit} requests has left the window, and one new one has passed. There is room for no more."
                )


async def test_refused_requests_do_not_count(serving):
    """Who is refused is not counted. When a client that has knocked again and again has waited for the passed requests to leave the window, it passes."""
    async with serving() as service:
        clock, window, limit = service.clock, service.window, service.limit
        peer, begin = service.address(), service.clock.time
        passed = await service.passes(peer)
        assert passed == limit, f"`ANONYMOUS` is {limit}. So many requests of one moment passed."
        for quarter in range(1, 4 * limit):
            clock.time = begin + window * quarter / (4 * limit)
            response = await service.ask(peer)
            assert response.status_code == 429, (
                f"`WINDOW` is {window}, and {limit} requests have passed {clock.time - begin:g} seconds ago."
            )
        clock.time = begin + window
        passed = await service.passes(peer)
        assert passed == limit, told(
            (
                passed == 0,
                f"{limit} requests passed {window} seconds ago and count no longer, but what was refused since then does. A client "
                "that keeps knocking is locked out for ever.",
            ),
            f"{limit} requests passed {window} seconds ago and count no longer. What was refused since then does not count. So many "
            "passed now.",
        )


async def test_keys_have_their_own_limits(serving):
    """A request with an `X-API-Key` of `limits.keys` is counted for that key, with its limit, from any address. Two keys, and those without one, do not touch each other, even at one address."""
    async with serving() as service:
        one, other = service.address(), service.address()
        first, second, third = service.keys
        await service.serves(one)
        passed = await service.passes(one, first)
        assert passed == service.keys[first], (
            f"The limit of this key is {service.keys[first]}. So many requests with it passed."
        )
        passed = await service.passes(one, second)
        assert passed == service.keys[second], (
            f"Another key, {first}, was used up at the same address. The limit of this one is {service.keys[second]}, and so many passed."
        )
        response = await service.ask(other, first)
        assert response.status_code == 429, (
            "This key was used up at another address. A key has one limit, wherever it is."
        )
        response = await service.ask(other, third)
        left = service.keys[third] - 1
        got = shown(response, *HEADERS)
        assert got == {
            "status": 200,
            "RateLimit-Limit": str(service.keys[third]),
            "RateLimit-Remaining": str(left),
        }, "This is the first request with this key."
        passed = await service.passes(one, third)
        assert passed == left, (
            f"The limit of this key is {service.keys[third]}, and one request came from another address. So many more passed."
        )
        passed = await service.passes(one)
        assert passed == service.limit - 1, (
            f"`ANONYMOUS` is {service.limit}. One request without a key has passed before, and requests with keys came from the same "
            "address. So many passed without a key."
        )


async def test_unknown_keys_count_for_their_address(serving, rng):
    """A key that is not in `limits.keys` gets 401, and counts as a request of its address; when that is used up, it gets 429 like any other."""
    async with serving() as service:
        peer, known = service.address(), rng.choice(list(service.keys))
        await service.serves(service.address())
        turns = [place % 2 == 0 for place in reversed(range(service.limit))]
        service.computed.clear()
        for number, unknown in enumerate(turns, 1):
            key = f"{rng.word()}-{rng.digits(6)}" if unknown else None
            response = await service.ask(peer, key)
            assert response.status_code == (401 if unknown else 200), told(
                (
                    unknown and response.status_code == 200,
                    "The key that came with this request is not in `limits.keys`: it is made up.",
                ),
                f"`ANONYMOUS` is {service.limit}, and this is request number {number} from its address.",
            )
        assert len(service.computed) == turns.count(False), (
            "So often the tide was computed. For who comes with an unknown key, it is not."
        )
        puts = len(service.store.puts)
        response = await service.ask(peer, f"{rng.word()}-{rng.digits(6)}")
        assert response.status_code == 429, told(
            (
                response.status_code == 401 and len(service.store.puts) > puts,
                f"This is another unknown key. {service.limit} requests have come from its address, which is the limit, and this one was "
                "counted as if it had a limit of its own.",
            ),
            (
                response.status_code == 401,
                f"`ANONYMOUS` is {service.limit}, and so many requests have come from this address, some of them with unknown keys. The "
                "one with another unknown key is to be 429 as well. Otherwise somebody can try out keys without end.",
            ),
            f"`ANONYMOUS` is {service.limit}, and so many requests have come from this address. Is a made-up key a client of its own?",
        )
        response = await service.ask(peer)
        assert response.status_code == 429, (
            f"`ANONYMOUS` is {service.limit}, and so many requests have come from this address, {turns.count(True)} of them with unknown "
            "keys. Those count, too."
        )
        passed = await service.passes(peer, known)
        assert passed == service.keys[known], (
            f"The limit of this known key is {service.keys[known]}, whatever came from its address. So many requests passed."
        )


async def test_forwarded_addresses_count_only_behind_our_proxies(serving):
    """The client's address is the peer's. Only if the peer is in `trusted_proxies` it is the entry of `X-Forwarded-For` farthest right that is not in `trusted_proxies`; several headers are one list, blanks and empty entries do not count. If there is none, it is the peer."""
    async with serving() as service:
        a, b, c = (service.address() for _ in range(3))
        p, q, r = service.proxies
        names = {a: "the stranger", b: "the client", c: "a forged entry", p: "proxy 1", q: "proxy 2", r: "proxy 3"}
        await service.serves(service.address())
        for what, peer, lines, expected in (
            ("A stranger sends the header itself, and anybody can write anything there.", a, [b], a),
            ("A stranger sends the header itself, and names our proxies in it.", a, [f"{b},{p}"], a),
            ("The request came through one of our proxies, which has noted the client.", p, [b], b),
            ("There is no header, so the proxy itself has asked.", p, [], p),
            ("The client has forged an entry. The proxy has added the true one behind it.", p, [f"{c},{b}"], b),
            ("The client has forged two entries, and one of them names a proxy.", q, [f"{c},{p},{b}"], b),
            ("Two of our proxies handed the request on, and the second has noted the first.", q, [f"{c},{b},{p}"], b),
            ("The request came through three of our proxies.", r, [f"{b},{q},{p}"], b),
            ("There are two headers of this name, which are one list. The last one has the true entry.", p, [c, b], b),
            ("There are two headers of this name, and the last one names a proxy.", p, [f"{c},{b}", q], b),
            (
                "Blanks around an entry do not belong to it: with them it is no address of anybody.",
                p,
                [f" {c} ,   {b}  "],
                b,
            ),
            ("There are blanks around the entries, the one of a proxy too.", p, [f"{c}, {b}, {q} "], b),
            ("The header is empty, so the proxy itself has asked.", p, [""], p),
            ("The header names nobody but our proxies, so the peer has asked.", p, [f"{q},{r}"], p),
        ):
            # Whatever was counted before has left the window.
            service.clock.time += service.window
            for _ in range(service.limit):
                response = await service.ask(peer, forwarded=lines)
            assert response.status_code == 200, (
                f"{what} The peer is {peer}, `X-Forwarded-For` is {' and '.join(map(repr, lines)) or 'not there'}. This is the last "
                f"of {service.limit} such requests, all of which are allowed."
            )
            full = [f"{one} ({names[one]})" for one in names if (await service.ask(one)).status_code == 429]
            got = Words(", ".join(full) or "nobody among them")
            assert got == Words(f"{expected} ({names[expected]})"), (
                f"{what} From {peer} ({names[peer]}) came {' and '.join(map(repr, lines)) or 'no such header'}. This was counted for:"
            )


async def test_workers_share_the_limit(serving):
    """Two workers, each with its own import of `app.py`, share the limits: what one has counted, the other knows."""
    async with serving(workers=2) as service:
        peer = service.address()
        statuses = []
        for number in range(2 * service.limit):
            response = await service.ask(peer, worker=number % 2)
            statuses.append(response.status_code)
        others = sorted(set(statuses).difference({200, 429}))
        assert others == [], told(
            (404 in others, "`GET /tides/{harbour}` is not there. Is there a route?"),
        )
        passed = statuses.count(200)
        assert passed == service.limit, told(
            (bool(service.hashed), HASHES),
            (
                passed == 2 * service.limit,
                f"`ANONYMOUS` is {service.limit}, and a client asked two workers in turn. Each of them counted by itself, so that two "
                "workers give twice the limit. Only what is in `store.shared` is known to both.",
            ),
            f"`ANONYMOUS` is {service.limit}, and a client asked two workers in turn. So many requests passed.",
        )
        key = next(iter(service.keys))
        passed = await service.passes(peer, key, worker=0)
        assert passed == service.keys[key], f"The limit of this key is {service.keys[key]}. So many requests passed."
        response = await service.ask(peer, key, worker=1)
        assert response.status_code == 429, told(
            (bool(service.hashed), HASHES),
            "A key was used up at one worker, and the other one does not know it. Do both have the same name for it?",
        )


async def test_a_burst_is_counted_exactly(serving):
    """Of four times as many requests as are allowed, all at the same time and at two workers, exactly `ANONYMOUS` pass."""
    async with serving(workers=2) as service:
        store, limit = service.store, service.limit
        await service.serves(service.address())
        peer = service.address()
        store.gets_wait = asyncio.Event()
        store.reading = 0
        calls = [service.start(peer, worker=number % 2) for number in range(4 * limit)]
        seen, still = 0, 0
        while still < 4:
            await settle()
            still = still + 1 if store.reading == seen else 0
            seen = store.reading
        store.gets_wait.set()
        waits = f"{4 * limit} requests came at once, and not all of them were answered."
        replies = [await call.reply(waits) for call in calls]
        statuses = [reply.status_code for reply in replies]
        others = sorted(set(statuses).difference({200, 429}))
        assert others == [], f"{4 * limit} requests came at once. Some of them were answered with this."
        passed = statuses.count(200)
        assert passed == limit, told(
            (
                seen == 0,
                f"`ANONYMOUS` is {limit}. {4 * limit} requests came at once to two workers, and nobody has looked into the store. So "
                "many passed.",
            ),
            (
                seen > 2,
                f"`ANONYMOUS` is {limit}. {4 * limit} requests came at once, and {seen} of them had read the old list before the first "
                "wrote a new one. So many passed.",
            ),
            (
                seen == 2,
                f"`ANONYMOUS` is {limit}. {4 * limit} requests came at once to two workers, and one of each had read the old list before "
                "the first wrote a new one. What keeps others out has to do so over all workers. So many passed.",
            ),
            f"`ANONYMOUS` is {limit}. {4 * limit} requests came at once, and somebody read a list between another's reading and writing. "
            "So many passed.",
        )
        got = len({reply.header("ratelimit-remaining") for reply in replies if reply.status_code == 200})
        assert got == limit, (
            "So many different numbers were in `RateLimit-Remaining` of those that passed. Each leaves one less than another."
        )
        response = await service.ask(peer)
        assert response.status_code == 429, "After the burst, the limit is used up."


async def test_clients_do_not_wait_for_each_other(serving, rendezvous):
    """While the store takes its time to write for one client, other clients are answered."""
    async with serving() as service:
        slow, other = service.address(), service.address()
        await service.serves(service.address())
        with rendezvous() as gate:
            service.store.put_waits = gate
            held = service.start(slow)
            await within(_begun(gate, held), "A request was not answered, and nothing was put into the store for it.")
            for what, call in (
                ("a client at another address", service.start(other)),
                ("a client with a key", service.start(slow, next(iter(service.keys)))),
                ("`GET /health`", service.start(slow, target="/health")),
            ):
                waits = f"The store took its time to write for one client, and {what} had to wait for it."
                response = await within(call.reply(waits), waits, SECONDS)
                assert response.status_code == 200, f"The store takes its time to write for one client. This is {what}."
            gate.open()
            response = await held.reply("The store has written at last, and the request is not answered.")
        assert response.status_code == 200, "The store took its time to write for this client, and has written at last."


async def _begun(gate, call):
    """Wait until somebody is at the gate, or the app is through without that."""
    while True:
        if gate.arrived or call.is_answered:
            return
        await asyncio.sleep(0.002)


async def test_idle_clients_are_forgotten(serving, rng):
    """What is put into the store has a ttl of more than 0 and at most `WINDOW`, and no times that have left the window. No name in the store has an API key in it."""
    async with serving() as service:
        clock, window, store = service.clock, service.window, service.store
        peer, key = service.address(), next(iter(service.keys))
        unknown = f"{rng.word()}-{rng.digits(6)}"
        for _ in range(4):
            await service.serves(peer)
            for with_key in (key, unknown):
                await service.ask(peer, with_key)
            # The oldest are out of the window, and the newest are not.
            clock.time += window * 5 / 8
        assert store.puts, "Requests were counted, and nothing was put into the store."
        for time, value, ttl in store.puts:
            assert isinstance(ttl, int | float), "This is a `ttl`, which is to be a number of seconds."
            assert ttl > 0, "This is a `ttl`. What is to be kept for no time cannot be kept."
            assert ttl <= window, f"This is a `ttl`. `WINDOW` is {window}, after which nothing of it counts any more."
            old = [f"{time - one:g} seconds" for one in value if one <= time - window]
            assert old == [], (
                f"`WINDOW` is {window}. Times of this age were put into the store again, and count for nothing. A client that keeps "
                "asking has a list that grows for ever."
            )
        names = " ".join(map(str, store.names))
        got = Words(quoted(one for one in (key, unknown) if one in names) or "none")
        assert got == Words("none"), (
            "This API key is part of a name in the store, as it is. Whoever may look into the store can use it."
        )


async def test_a_broken_store_lets_requests_through(serving, rng):
    """If `get`, `put` or `lock` raises StoreDown, requests are served as if there were no limit, without the two headers. When the store is back, so is the limit."""
    async with serving() as service:
        store = service.store
        await service.serves(service.address())
        # What the app does not call cannot fail it.
        for method in sorted(store.called):
            peer = service.address()
            store.away = {method}
            for number in range(1, service.limit + 3):
                response = await service.ask(peer)
                assert response.status_code == 200, told(
                    (
                        response.status_code in (500, 503),
                        f"`{method}` of the store raised StoreDown. The tide service has no other trouble, and is not to fail with it.",
                    ),
                    f"`{method}` of the store raises StoreDown, so there is no limit. `ANONYMOUS` is {service.limit}, and this is request "
                    f"number {number}.",
                )
                got = shown(response, *HEADERS)
                assert got == {"status": 200, "RateLimit-Limit": None, "RateLimit-Remaining": None}, (
                    f"`{method}` of the store raises StoreDown. There is no limit now, so there are no numbers to tell."
                )
            response = await service.ask(peer, next(iter(service.keys)))
            assert response.status_code == 200, f"`{method}` of the store raises StoreDown. The key is a known one."
            response = await service.ask(peer, f"{rng.word()}-{rng.digits(6)}")
            assert response.status_code == 401, (
                f"`{method}` of the store raises StoreDown. An unknown key is unknown all the same."
            )
            store.away = set()
            passed = await service.passes(service.address())
            assert passed == service.limit, (
                f"The store is back, after `{method}` had raised StoreDown. `ANONYMOUS` is {service.limit}, and so many requests passed."
            )


async def test_health_is_never_limited(serving, rng):
    """`GET /health` is 200 `{"ok": true}` for everybody, as often as they like, and is not counted."""
    async with serving() as service:
        peer, other = service.address(), service.address()
        await service.passes(peer)
        for _ in range(service.limit + 2):
            for who, key in ((peer, None), (other, None), (other, f"{rng.word()}-{rng.digits(6)}")):
                response = await service.ask(who, key, target="/health")
                assert response.status_code == 200, told(
                    (response.status_code == 404, "`GET /health` is not there. Is there a route?"),
                    (
                        response.status_code == 429,
                        "`GET /health` is limited. Who asks this wants to know whether the service lives.",
                    ),
                )
                assert response.json() == exactly({"ok": True})
        passed = await service.passes(other)
        assert passed == service.limit, (
            f"`ANONYMOUS` is {service.limit}. This client has asked for `/health` before, which does not count. So many of its requests for "
            "a tide passed."
        )
        service.store.away = {"get", "put", "lock"}
        response = await service.ask(peer, target="/health")
        got = value_at(response.json(), "ok")
        assert got is True, "The store is away, and the service lives."
