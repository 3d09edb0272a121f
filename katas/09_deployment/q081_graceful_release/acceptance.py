"""Checks of q081: what reaches the printer, and when, from the first connection to SIGTERM."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from starlette.testclient import httpx

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told, value_at
from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.liveserver import telling_lines
from pytest_fastapi_kata.rendezvous import settle, until, within

PRINTED = {"state": "printed"}
LONG, SHORT = "60", "0.05"
START_SECONDS = 30
EVENT_SECONDS = 8
GONE_SECONDS = 10
ANSWER_SECONDS = 30
POLL_SECONDS = 0.025
# What uvicorn would read by itself.
OTHERS = ("FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY", "UVICORN_HOST", "UVICORN_PORT", "UVICORN_ROOT_PATH")


class FakePrinter:
    """A printer in a thread. Its log says what came, and what it did with it; it can keep its answers to itself."""

    def __init__(self):
        self.log = []
        self.refused = set()
        self.is_held = False
        self._held = []
        self._lines = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(ANSWER_SECONDS)

    async def _talk(self, reader, writer):
        self._lines[asyncio.current_task()] = writer
        try:
            while line := await reader.readline():
                self._take(json.loads(line), writer)
        except (OSError, ValueError):
            self.log.append("something unreadable")
        finally:
            del self._lines[asyncio.current_task()]
            writer.close()

    def _take(self, message, writer):
        if message["op"] != "print":
            self.log.append(message["op"])
            return
        self.log.append(f"print {message['text']}")
        if self.is_held:
            self._held.append((message, writer))
        else:
            self._answer(message, writer)

    def _answer(self, message, writer):
        is_done = message["text"] not in self.refused
        self.log.append(f"{'printed' if is_done else 'refused'} {message['text']}")
        writer.write(json.dumps({"id": message["id"], "ok": is_done}).encode() + b"\n")

    async def _read_all(self):
        # What lies in the sockets is taken first.
        for _ in range(5):
            await asyncio.sleep(0)

    async def _release(self, texts):
        await self._read_all()
        self.is_held = bool(texts)
        waiting, self._held = self._held, []
        for message, writer in waiting:
            if texts and message["text"] not in texts:
                self._held.append((message, writer))
            else:
                self._answer(message, writer)

    async def _hang_up(self):
        for writer in self._lines.values():
            writer.close()

    async def _end(self):
        self._server.close()
        tasks = list(self._lines)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def read_all(self):
        """Let the printer take whatever was sent to it."""
        self._do(self._read_all())

    def hold(self):
        """Answer nothing until `release`."""
        self.is_held = True

    def release(self, *texts):
        """Answer what waits: these texts only, or everything, now and from now on."""
        self._do(self._release(texts))

    def hang_up(self):
        """Drop the line."""
        self._do(self._hang_up())

    def outcome(self, *texts):
        """Which of these texts were printed or refused so far."""
        return sorted(line for line in self.log if line.partition(" ")[2] in texts and not line.startswith("print "))

    def end(self):
        """Hang up and stop listening."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(EVENT_SECONDS)
        self._loop.close()


class Behind:
    """The app as a server calls it that has been told of a proxy: public scheme and host, and a prefix."""

    def __init__(self, app, scheme, host, root_path):
        self.app = app
        self.router = SimpleNamespace(lifespan_context=lambda _: app.router.lifespan_context(app))
        self.public = scheme, host, root_path

    async def __call__(self, scope, receive, send):
        scheme, host, root_path = self.public
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        raw_path = root_path.encode() + scope["raw_path"]
        place = {"scheme": scheme, "root_path": root_path, "path": root_path + scope["path"], "raw_path": raw_path}
        await self.app({**scope, **place, "headers": [(b"host", host.encode()), *headers]}, receive, send)


class Service:
    """The learner's app over its printer, whose lifespan is begun and ended by the check."""

    def __init__(self, app, asgi, printer):
        self.app, self.asgi, self.printer = app, asgi, printer
        self._close = asyncio.Event()
        self._up = asyncio.Event()
        self._life = None
        self.server = None

    async def _live(self):
        try:
            async with self.asgi(self.app) as self.server:
                self._up.set()
                await self._close.wait()
        finally:
            self._up.set()

    @property
    def is_over(self):
        """Whether the lifespan has come to its end."""
        return self._life.done()

    async def start(self):
        """Run the lifespan up to its `yield`, or raise what it raises."""
        self._life = asyncio.create_task(self._live())
        await within(self._up.wait(), "The lifespan did not come to its `yield`.")
        if self._life.done():
            await self._life

    def close(self):
        """Begin the shutdown."""
        self._close.set()

    async def closed(self, otherwise):
        """Wait for the end of the shutdown; what the lifespan raises is raised here."""
        self.close()
        if not await seen(lambda: self.is_over):
            raise AssertionError(otherwise)
        await self._life

    async def clear(self):
        """End everything, whatever became of it."""
        self.printer.release()
        self.close()
        if self._life is not None:
            await asyncio.wait({self._life}, timeout=0.3)
            self._life.cancel()
            await asyncio.wait({self._life}, timeout=0.3)
            if self._life.done() and not self._life.cancelled():
                self._life.exception()

    async def call(self, method, target, otherwise, **options):
        """Send a request and wait for its answer, while the printer may be held."""
        call = self.server.start(method, target, **options)
        if not await seen(lambda: call.is_answered):
            raise AssertionError(otherwise)
        return await call.reply()

    async def label(self, text):
        """Have a label accepted, and return the answer."""
        response = await self.call("POST", "/labels", NOT_AT_ONCE, json={"text": text})
        assert response.status_code == 202, "A label was to be accepted."
        return response

    async def state(self, number):
        """The answer about a label."""
        return await self.call("GET", f"/labels/{number}", f"`GET /labels/{number}` was not answered.")


NOT_AT_ONCE = (
    "`POST /labels` was not answered while the printer was busy. The customer is to have the 202 at once, whatever the "
    "printer does with the label later."
)


async def seen(condition):
    """Wait for a condition; only wrong answers wait to the end."""
    return await until(condition) or await until(condition)


def keys_of(response):
    """The keys of an answer, or the whole answer if it is no object."""
    answer = response.json()
    return sorted(answer) if isinstance(answer, dict) else answer


async def quiet(printer):
    """Let the app and the printer do all that they can do by themselves."""
    await settle()
    printer.read_all()
    await settle()
    printer.read_all()


@pytest.fixture(autouse=True)
def signals():
    """Give back the handlers that an app has replaced: this process is not its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.fixture
def printer():
    printer = FakePrinter()
    yield printer
    printer.end()


@pytest.fixture
def services(load, asgi, given, printer):
    """`services(app)` gives a `Service`; all are ended with the check's loop."""
    given("printer")
    return lambda app: Service(app, asgi, printer)


@pytest.fixture
def app_under(load, services, printer):
    """`app_under(DRAIN_SECONDS=…)` imports the learner's app under this environment."""

    def imported(**variables):
        return load(**{"PRINTER": printer.address, "DRAIN_SECONDS": LONG, **variables}).app

    return imported


@pytest.fixture
def loaded(app_under):
    """The learner's app, imported outside of any loop."""
    return app_under()


@pytest.fixture
async def service(loaded, services):
    """The learner's app, started."""
    service = services(loaded)
    try:
        await service.start()
        yield service
    finally:
        await service.clear()


# --- start-up -------------------------------------------------------------------------------------------------------


async def test_printer_is_opened_at_startup_and_released_at_shutdown(loaded, services, printer):
    """The app connects to its printer once, when it starts and not when it is imported, and says goodbye to it when it stops."""
    printer.read_all()
    assert printer.log == [], "The module was imported, and the printer already had a visit."
    service = services(loaded)
    try:
        await service.start()
        await quiet(printer)
        await seen(lambda: printer.log)
        assert printer.log == ["hello"], told(
            (printer.log == [], "The app has started, and nobody has connected to the printer."),
            "This is what the printer heard while the app started. There was to be one connection.",
        )
        await service.closed("Nothing was in the queue, and the shutdown did not come to an end.")
        await seen(lambda: "bye" in printer.log)
        assert printer.log == ["hello", "bye"], told(
            (
                "bye" not in printer.log,
                "The app has stopped, and the printer was not told goodbye: for the device, the line is still in use.",
            ),
        )
    finally:
        await service.clear()


@pytest.fixture
def stranded(app_under):
    """The learner's app, whose printer is switched off, or what its import raised of that."""
    with socket.socket() as nobody:
        # Bound, but nobody listens.
        nobody.bind(("127.0.0.1", 0))
        try:
            yield app_under(PRINTER=f"127.0.0.1:{nobody.getsockname()[1]}")
        except OSError as error:
            # With its printer it can be imported, or else that is what has to be told.
            app_under()
            yield error


async def test_app_refuses_to_start_without_its_printer(stranded, services, load, printer):
    """If the printer cannot be reached, the app does not start. If it can, it does."""
    assert not isinstance(stranded, OSError), (
        f"The printer is off, and already the import of the module fails: {type(stranded).__name__}. The printer is the "
        "business of the app's start, not of the import."
    )
    service = services(stranded)
    outcome = ""
    try:
        await service.start()
        outcome = "started"
    except AssertionError:
        raise
    except (Exception, SystemExit) as error:
        outcome = f"did not start: {type(error).__name__}"
    finally:
        await service.clear()
    assert outcome != "started", (
        "Nobody answers at the printer's address, and the app starts all the same. The release looks fine, the old instances "
        "are stopped, and the traffic goes to an app that cannot print."
    )
    service = services(load(PRINTER=printer.address).app)
    try:
        await service.start()
        await seen(lambda: printer.log)
        assert printer.log == ["hello"], "This time the printer is there, and the app was to connect to it."
    finally:
        await service.clear()


# --- labels and proofs ----------------------------------------------------------------------------------------------


async def test_accepted_label_is_printed_in_the_background(service, printer, rng):
    """`POST /labels` answers 202 at once, also while the printer is busy. `GET` on its `Location` says `queued`, and `printed` when the printer has done it. An unknown id is a 404; without a text, both POST routes answer 422."""
    printer.hold()
    text = rng.title()
    response = await service.call("POST", "/labels", NOT_AT_ONCE, json={"text": text})
    assert response.status_code == 202
    number = value_at(response.json(), "id")
    assert response.json() == exactly({"id": number, "state": "queued"})
    assert type(number) is int, "The `id` was to be a whole number."
    location = response.header("location")
    assert location is not None, "The answer has no `Location`: how is the customer to find the label again?"
    path = urlsplit(location).path
    state = await service.call("GET", path, f"`GET {path}`, the `Location`, was not answered.")
    assert state.status_code == 200, f"This is the address in `Location`, {location}."
    assert state.json() == exactly({"id": number, "state": "queued"}), "The printer has not confirmed the label yet."
    unknown = await service.state(number + rng.randint(100, 999))
    assert unknown.status_code == 404, "No label has this id."
    for target in ("/labels", "/proofs"):
        refused = await service.call("POST", target, f"`POST {target}` without a text was not answered.", json={})
        assert refusal(refused) == refused_at("body.text")
    assert await seen(lambda: f"print {text}" in printer.log), told(
        "The label was accepted, and its text did not arrive at the printer."
    )
    printer.release()
    for _ in range(200):
        state = await service.call("GET", path, f"`GET {path}`, the `Location`, was not answered.")
        if value_at(state.json(), "state") != "queued":
            break
        await settle()
    assert state.json() == exactly({"id": number, "state": "printed"}), "The printer has confirmed the label."


async def test_labels_come_out_in_order_and_one_refusal_stops_nothing(service, printer, rng):
    """Labels go to the printer one at a time, in the order in which they were accepted. One that the printer refuses becomes `failed`, and the others are printed."""
    texts = rng.names(5)
    printer.refused.add(texts[1])
    printer.hold()
    numbers = [value_at((await service.label(text)).json(), "id") for text in texts]
    await seen(lambda: len(printer.log) > 1)
    await quiet(printer)
    assert printer.log == ["hello", f"print {texts[0]}"], told(
        (
            len(printer.log) > 2,
            "Five labels were accepted, and the printer has not confirmed the first. The others are not to go out before that: "
            "one at a time.",
        ),
    )
    printer.release()
    wanted = ["hello"]
    for text in texts:
        wanted += [f"print {text}", f"{'refused' if text in printer.refused else 'printed'} {text}"]
    await seen(lambda: len(printer.log) >= len(wanted))
    assert printer.log == wanted, told(
        (
            printer.log == wanted[: len(printer.log)],
            "This is how far the printer got. After a label that it refused, the next ones were still to come.",
        ),
    )
    await quiet(printer)
    states = [(await service.state(number)).json() for number in numbers]
    assert states == [
        exactly({"id": number, "state": "failed" if text in printer.refused else "printed"})
        for number, text in zip(numbers, texts, strict=True)
    ], "The printer refused the second label, and printed the others."


async def test_proof_waits_for_the_printer(service, printer, rng):
    """`POST /proofs` prints beside the queue, and answers 200 when the printer has confirmed, or 502 with a `detail` when it refused."""
    label, proof, refused = rng.names(3)
    printer.refused.add(refused)
    printer.hold()
    await service.label(label)
    await seen(lambda: len(printer.log) > 1)
    call = service.server.start("POST", "/proofs", json={"text": proof})
    await seen(lambda: call.is_answered or f"print {proof}" in printer.log)
    await quiet(printer)
    assert f"print {proof}" in printer.log, told(
        (call.is_answered, "The proof was answered, and nothing of it has reached the printer."),
        "The printer is busy with a label, and was not sent the proof. A proof goes beside the queue, not through it.",
    )
    answered_early = call.is_answered
    assert not answered_early, "The proof was answered before the printer had confirmed it."
    printer.release(proof)
    if not await seen(lambda: call.is_answered):
        raise AssertionError(
            "The printer has confirmed the proof, a label is still with it, and the proof was not answered."
        )
    response = await call.reply()
    assert response.status_code == 200, "The printer has confirmed the proof."
    assert response.json() == exactly(PRINTED)
    printer.release()
    response = await service.call("POST", "/proofs", "A refused proof was not answered.", json={"text": refused})
    assert response.status_code == 502, "The printer refused the proof."
    assert keys_of(response) == ["detail"]
    assert printer.log.count("hello") == 1, "One connection was to serve for everything, labels and proofs."


async def test_ready_follows_the_printer_but_live_does_not(service, printer, rng):
    """While the printer is connected, `/readyz` answers 200. When it has hung up, `/readyz` answers 503 and proofs 502, and `/livez` still 200."""
    unanswered = "was not answered."
    for path, status in (("/livez", "alive"), ("/readyz", "ready")):
        response = await service.call("GET", path, f"`{path}` {unanswered}")
        assert response.status_code == 200, "The printer is connected."
        assert response.json() == exactly({"status": status})
    printer.hang_up()
    for _ in range(100):
        await settle()
        response = await service.call("GET", "/readyz", f"`/readyz` {unanswered}")
        if response.status_code != 200:
            break
    assert response.status_code == 503, told(
        (
            response.status_code == 200,
            "The printer hung up a while ago, and the app still calls itself ready: it goes on getting traffic.",
        ),
        "The printer hung up.",
    )
    assert response.json() == exactly({"status": "unavailable"})
    response = await service.call("POST", "/proofs", f"A proof {unanswered}", json={"text": rng.name()})
    assert response.status_code == 502, "The printer hung up: there is no proof."
    assert keys_of(response) == ["detail"]
    response = await service.call("GET", "/livez", f"`/livez` {unanswered}")
    assert response.status_code == 200, (
        "The printer hung up, and the process itself is well. Who restarts on this answer restarts every instance, again and "
        "again, as long as the printer is off."
    )
    assert response.json() == exactly({"status": "alive"})


async def test_links_carry_the_public_address(loaded, services, rng):
    """`Location` is the label's whole public address: scheme, host and prefix as the server hands them to the app."""
    scheme, host, root = "https", f"{rng.word()}.example:{rng.randint(2000, 9000)}", f"/{rng.word()}/{rng.word()}"
    service = services(Behind(loaded, scheme, host, root))
    try:
        await service.start()
        response = await service.label(rng.name())
        number = value_at(response.json(), "id")
        location = response.header("location")
        assert location == f"{scheme}://{host}{root}/labels/{number}", told(
            (location is None, "The answer has no `Location`."),
            (
                location == f"/labels/{number}",
                "The label's route alone leads nowhere from outside, where the service lives below a prefix.",
            ),
            f"The server said: scheme {scheme}, host {host}, root path {root}.",
        )
    finally:
        await service.clear()


# --- shutdown -------------------------------------------------------------------------------------------------------


async def test_shutdown_waits_for_the_queue(service, printer, rng, advance):
    """When the app shuts down, the labels already accepted are still printed. Only then is the printer told goodbye."""
    texts = rng.names(3)
    printer.hold()
    for text in texts:
        await service.label(text)
    await seen(lambda: len(printer.log) > 1)
    await settle()
    service.close()
    wanted = ["hello"]
    for place, text in enumerate(texts):
        wanted.append(f"print {text}")
        await seen(lambda: len(printer.log) >= len(wanted) or service.is_over)
        await quiet(printer)
        # Who waits a fixed time instead of for the queue is done by now.
        advance(5)
        await quiet(printer)
        left = f"{len(texts) - place} of {len(texts)} accepted labels" if place else f"all {len(texts)} labels"
        assert printer.log == wanted, told(
            (
                "bye" in printer.log,
                f"The shutdown has begun, {left} had yet to be confirmed, and the printer was told goodbye. Those customers "
                "have their 202, and get no label.",
            ),
            f"The shutdown has begun, and {left} had yet to be confirmed. This is what the printer got.",
        )
        is_over = service.is_over
        assert not is_over, f"The shutdown has come to its end, and {left} had yet to be confirmed by the printer."
        printer.release(text)
        wanted.append(f"printed {text}")
    await service.closed("All labels were printed, and the shutdown did not come to an end.")
    wanted.append("bye")
    await seen(lambda: len(printer.log) >= len(wanted))
    assert printer.log == wanted, "The printer was to be told goodbye after the last label, and nothing after that."


@pytest.fixture
def hurried(app_under):
    return app_under(DRAIN_SECONDS=SHORT)


async def test_draining_has_a_limit(hurried, services, printer, rng):
    """If the printer does not answer any more, the shutdown ends after `DRAIN_SECONDS` all the same, and says goodbye to the printer."""
    service = services(hurried)
    try:
        await service.start()
        printer.hold()
        for text in rng.names(2):
            await service.label(text)
        await seen(lambda: len(printer.log) > 1)
        await service.closed(
            f"`DRAIN_SECONDS` is {SHORT}, the printer does not answer, and the shutdown goes on and on. An orchestrator that "
            "loses patience sends SIGKILL, and nothing is put in order."
        )
        await seen(lambda: "bye" in printer.log)
        assert printer.log[-1:] == ["bye"], (
            "The time for the queue was over. Even so, the printer was to be told goodbye."
        )
    finally:
        await service.clear()


# --- the real server ------------------------------------------------------------------------------------------------


@pytest.fixture
def serve(live_server, environment):
    """`serve(printer, GRACE_SECONDS=…)` runs `python serve.py`, ready when it answers."""

    def start(printer, **variables):
        names = ("HOST", "ROOT_PATH", "TRUSTED_PROXIES", "GRACE_SECONDS", "DRAIN_SECONDS", *OTHERS)
        environment(**dict.fromkeys(names))
        environment(PRINTER=printer.address, **variables)
        try:
            return live_server(
                lambda _: [sys.executable, "serve.py"],
                environment=lambda port: {"PORT": str(port)},
                ready_path="/livez",
                seconds=START_SECONDS,
            )
        except ServerError as error:
            state, _, said = str(error).partition("; its last lines:\n")
            raise AssertionError(f"`python serve.py`: {state}. It says:\n{telling_lines(said)}") from None

    return start


@pytest.fixture
def live_printer(serve):
    """A printer that goes before the server does, so that no server waits for it at the check's end."""
    printer = FakePrinter()
    yield printer
    printer.end()


@pytest.fixture
def customers():
    """Threads that wait for answers."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def happens(condition, seconds=EVENT_SECONDS):
    """Wait for a condition of another process; only wrong answers wait to the end."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def ended(server, otherwise):
    try:
        server.wait(GONE_SECONDS)
    except ServerError:
        raise AssertionError(otherwise) from None


def proof_of(url, text):
    """Ask for a proof and say what came of it."""
    try:
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            response = client.post(f"{url}/proofs", json={"text": text})
            return f"{response.status_code} {response.text}"
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"


def posted(http, server, text, **headers):
    """Have a label accepted by a real server, and return the answer."""
    try:
        return http.post(f"{server.url}/labels", json={"text": text}, headers=headers)
    except httpx.HTTPError as error:
        raise AssertionError(f"`POST /labels` got no answer from `python serve.py` ({type(error).__name__}).") from None


def test_sigterm_finishes_what_was_accepted(customers, serve, live_printer, http, rng):
    """On SIGTERM, `python serve.py` takes no new connections. Requests in flight are answered, accepted labels printed, the printer is told goodbye, and the process ends."""
    first, second, proof = rng.names(3)
    printer = live_printer
    server = serve(printer, DRAIN_SECONDS=LONG, GRACE_SECONDS=LONG)
    printer.hold()
    for text in (first, second):
        response = posted(http, server, text)
        assert response.status_code == 202
    answer = customers.submit(proof_of, server.url, proof)
    arrived = happens(lambda: {f"print {first}", f"print {proof}"} <= set(printer.log) or answer.done())
    lines = list(printer.log)
    assert arrived and f"print {proof}" in lines, (
        "A label and a proof were sent, and did not both arrive at the printer."
    )
    assert not answer.done(), f"The printer has not confirmed the proof, and the answer is there: {answer.result()}"
    server.signal()

    def refuses():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5):
            return False
        return True

    is_closed = happens(refuses)
    assert is_closed, told(
        (
            server.process.poll() is not None,
            "The process that got SIGTERM is gone, and somebody else still takes connections at its port.",
        ),
        "SIGTERM was sent, and new connections are still taken. The signal was to reach the server, which then closes the door.",
    )
    code = server.process.poll()
    assert code is None, "After SIGTERM the process was gone at once, with a request in flight and labels in the queue."
    # The request in flight goes last, so that the end of the lifespan comes after the labels.
    printer.release(first)
    happens(lambda: f"print {second}" in printer.log)
    printer.release(second)
    happens(lambda: printer.outcome(first, second) == sorted([f"printed {first}", f"printed {second}"]))
    printed = printer.outcome(first, second)
    assert printed == sorted([f"printed {first}", f"printed {second}"]), (
        "Both labels were accepted before SIGTERM, and a request is still in flight. They were to be printed."
    )
    gone = "bye" in printer.log
    assert not gone, "The printer was told goodbye, and a request in flight still waits for it."
    printer.release()
    got = answer.result(ANSWER_SECONDS)
    status, _, body = got.partition(" ")
    assert status == "200", (
        f"The proof was in flight at SIGTERM, and the printer has confirmed it. What came: {got[:200]}"
    )
    with contextlib.suppress(ValueError):
        body = json.loads(body)
    assert body == exactly(PRINTED)
    ended(server, "Everything is done, and the process has not ended.")
    happens(lambda: "bye" in printer.log)
    assert printer.log[-1:] == ["bye"], (
        "The process has ended, and the last that the printer heard was to be a goodbye."
    )


def test_forwarded_headers_only_from_trusted_proxies(serve, live_printer, http, rng):
    """Behind `python serve.py`, `Location` carries the host that was asked for and `ROOT_PATH`. Its scheme follows `X-Forwarded-Proto` only if the peer is one of `TRUSTED_PROXIES`."""
    strangers = [f"10.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}" for _ in range(2)]
    for trusted, scheme in ((f"{strangers[0]},127.0.0.1", "https"), (",".join(strangers), "http")):
        host, root = f"{rng.word()}.example", f"/{rng.word()}"
        server = serve(live_printer, TRUSTED_PROXIES=trusted, ROOT_PATH=root)
        response = posted(http, server, rng.name(), **{"Host": host, "X-Forwarded-Proto": "https"})
        assert response.status_code == 202, told(
            (
                response.status_code == 404,
                f"`ROOT_PATH` is {root}. The proxy takes it off before it passes a request on, so the route itself stays "
                "`/labels`.",
            ),
        )
        number = value_at(response.json(), "id")
        location = response.headers.get("location")
        assert location == f"{scheme}://{host}{root}/labels/{number}", told(
            (
                str(location).startswith("https:") and scheme == "http",
                f"The request came from 127.0.0.1, and only {trusted} may be believed. Anybody can send `X-Forwarded-Proto`.",
            ),
            f"`ROOT_PATH` is {root}, `TRUSTED_PROXIES` is {trusted}; the request came from 127.0.0.1.",
        )
        server.stop()


def test_server_gives_up_on_a_hanging_request(customers, serve, live_printer, rng):
    """A request that never ends delays the exit after SIGTERM by no more than `GRACE_SECONDS`; the printer is told goodbye even then."""
    printer, proof = live_printer, rng.name()
    server = serve(printer, GRACE_SECONDS="1", DRAIN_SECONDS="1")
    printer.hold()
    answer = customers.submit(proof_of, server.url, proof)
    arrived = happens(lambda: f"print {proof}" in printer.log or answer.done())
    assert arrived and not answer.done(), (
        "A proof was asked for, and did not arrive at the printer, or did not wait for it."
    )
    server.signal()
    ended(
        server,
        f"`GRACE_SECONDS` is 1, a proof hangs, and {GONE_SECONDS} seconds after SIGTERM the process is still there. It would "
        "wait for that request until somebody kills it.",
    )
    happens(lambda: "bye" in printer.log, seconds=2)
    assert printer.log[-1:] == ["bye"], (
        "The process has ended with a request that hung, and the printer was not told goodbye: the end of the lifespan was "
        "left out."
    )
