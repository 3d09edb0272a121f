"""Checks of q083: gunicorn's settings, and one counter for all workers."""

import contextlib
import inspect
import io
import os
import signal
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import httpx

from pytest_fastapi_kata.checks import exactly, quoted, told, value_at
from pytest_fastapi_kata.exceptions import ServerError
from pytest_fastapi_kata.liveserver import telling_lines

EVERYWHERE = ".".join("0000")
FILE = "gunicorn_conf.py"
COMMAND = ["gunicorn", "-c", FILE, "app:app"]
VARIABLES = ("HOST", "PORT", "WEB_CONCURRENCY", "GRACE_SECONDS", "TRUSTED_PROXIES")
# What gunicorn itself would read, or another server's worker.
OTHERS = ("GUNICORN_CMD_ARGS", "FORWARDED_ALLOW_IPS", "GUNICORN_FD", "GUNICORN_PID", "PWD")
READY_SECONDS = 20
ANSWER_SECONDS = 15
GONE_SECONDS = 15
HOLD_SECONDS = 2
WRITES = ("INSERT", "UPDATE", "REPLACE", "DELETE", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE")


# --- the settings ---------------------------------------------------------------------------------------------------


def is_of_gunicorn(name):
    return name.partition(".")[0] in ("gunicorn", "uvicorn_worker", "__config__") or name == "uvicorn.workers"


@contextlib.contextmanager
def fresh_gunicorn():
    """Let gunicorn be imported anew, as its command does: it reads some of the environment on import."""
    before = {name: module for name, module in sys.modules.items() if is_of_gunicorn(name)}
    kept = sys.argv, list(sys.path), Path.cwd()
    for name in before:
        del sys.modules[name]
    sys.argv = list(COMMAND)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if is_of_gunicorn(name)]:
            del sys.modules[name]
        sys.modules.update(before)
        sys.argv, sys.path[:] = kept[0], kept[1]
        os.chdir(kept[2])


def ending_of(words):
    """Return what gunicorn says of a file that it cannot read, from the place in that file on."""
    words = words.replace(f"{Path.cwd()}{os.sep}", "")
    return words[max(words.rfind(f'File "{FILE}"'), 0) :].strip()[-700:]


@pytest.fixture
def settings(environment):
    """`settings(HOST=…, cpus=4)` gives what gunicorn makes of the learner's file, under these variables alone."""

    def read(cpus=None, **variables):
        environment(**dict.fromkeys([*VARIABLES, *OTHERS]))
        environment(**variables)
        said = io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            fresh_gunicorn(),
            contextlib.redirect_stderr(said),
            contextlib.redirect_stdout(said),
        ):
            if cpus is not None:
                patch.setattr(os, "cpu_count", lambda: cpus)
                patch.setattr(os, "process_cpu_count", lambda: cpus, raising=False)
                patch.setattr(os, "sched_getaffinity", lambda _: set(range(cpus)), raising=False)
            try:
                from gunicorn.app.wsgiapp import WSGIApplication

                found = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").cfg
                worker = found.worker_class
            except (Exception, SystemExit) as error:
                words = said.getvalue() or f"{type(error).__name__}: {error}"
                is_set = quoted(variables) or "none of the variables"
                raise AssertionError(f"gunicorn cannot read the file; {is_set} is set.\n{ending_of(words)}") from None
            return SimpleNamespace(
                address=[
                    "{}:{}".format(*address) if isinstance(address, tuple) else str(address)
                    for address in found.address
                ],
                workers=found.workers,
                worker_bases=[f"{base.__module__}.{base.__qualname__}" for base in inspect.getmro(worker)],
                graceful_timeout=found.graceful_timeout,
                keepalive=found.keepalive,
                max_requests=found.max_requests,
                max_requests_jitter=found.max_requests_jitter,
                accesslog=found.accesslog,
                errorlog=found.errorlog,
                trusted=sorted(found.forwarded_allow_ips),
            )

    return read


def described(variables):
    return " and ".join(f"{name}={value}" for name, value in variables.items()) or "neither HOST nor PORT"


def test_address_comes_from_the_environment(settings, rng):
    """The service listens at `HOST` and `PORT`. Where one of them is not set, its default applies: 0.0.0.0, and 8000."""
    host = f"127.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}"
    port = str(rng.randint(1025, 65000))
    for variables in ({}, {"HOST": host, "PORT": port}, {"PORT": port}, {"HOST": host}):
        address = settings(**variables).address
        wanted = [f"{variables.get('HOST', EVERYWHERE)}:{variables.get('PORT', '8000')}"]
        assert address == wanted, told(
            (
                "HOST" not in variables and any("127.0.0.1:" in one or "localhost:" in one for one in address),
                f"The environment sets {described(variables)}. Inside a container, 127.0.0.1 is the container itself: "
                "nobody outside it reaches the service there.",
            ),
            f"The environment sets {described(variables)}.",
        )


def test_worker_count_follows_the_machine_or_the_environment(settings, rng):
    """There are as many workers as `WEB_CONCURRENCY` says, were it one. Without it there is one for each CPU of the machine, but at least two."""
    cpus, more = rng.randint(5, 9), rng.randint(20, 40)
    for machine in (cpus, 1):
        workers = settings(cpus=machine).workers
        assert workers == max(machine, 2), told(
            (
                workers == 2 * machine + 1,
                f"The machine has {machine} CPUs. Twice that and one more is a rule for workers that wait, each for one "
                "request. An ASGI worker goes on with others meanwhile.",
            ),
            f"`WEB_CONCURRENCY` is not set, and the machine's number of CPUs is {machine}.",
        )
    for wanted in (more, 1):
        workers = settings(cpus=cpus, WEB_CONCURRENCY=str(wanted)).workers
        assert workers == wanted, f"`WEB_CONCURRENCY` is {wanted}, and the machine has {cpus} CPUs."


def test_worker_class_speaks_asgi_and_is_maintained(settings):
    """The worker class is gunicorn's own for ASGI or one of `uvicorn-worker`, or a subclass of these. The one in `uvicorn.workers` is deprecated."""
    bases = settings().worker_bases
    deprecated = [base for base in bases if base.startswith("uvicorn.workers.")]
    assert deprecated == [], (
        "This class comes with uvicorn, which warns that it is deprecated and will go. It lives on in a package of its own."
    )
    speaks_asgi = any(base.startswith(("gunicorn.workers.gasgi.", "uvicorn_worker.")) for base in bases)
    assert speaks_asgi, (
        f"gunicorn would take the worker class {quoted(bases[:1])}, which is none of the two kinds that are asked for. FastAPI "
        "needs a worker that speaks ASGI; gunicorn's default speaks WSGI."
    )


def test_timeouts_recycling_and_logs(settings, rng):
    """A worker has `GRACE_SECONDS` to finish, 30 unless it is set. Idle connections stay open for 75 seconds, workers are recycled after 10000 requests with a jitter of 1000, and both logs go to the terminal."""
    grace = rng.randint(31, 99)
    for variables, seconds in (({}, 30), ({"GRACE_SECONDS": str(grace)}, grace)):
        found = settings(**variables)
        values = {
            "seconds to finish": found.graceful_timeout,
            "seconds idle": found.keepalive,
            "requests": found.max_requests,
            "jitter": found.max_requests_jitter,
            "access log": found.accesslog,
            "error log": found.errorlog,
        }
        assert values == exactly(
            {
                "seconds to finish": seconds,
                "seconds idle": 75,
                "requests": 10000,
                "jitter": 1000,
                "access log": "-",
                "error log": "-",
            }
        ), told(
            (
                values["seconds to finish"] != seconds,
                f"`GRACE_SECONDS` is {variables.get('GRACE_SECONDS', 'not set')}. (gunicorn has several timeouts; this is "
                "the time that a worker gets for its last requests.)",
            ),
            (
                values["seconds idle"] <= 60,
                "The balancer keeps a connection for 60 seconds. If the server closes it earlier, the balancer sends a "
                "request into a closed connection, and a customer gets a 502.",
            ),
            (
                values["requests"] == 0,
                "With 0, gunicorn's default, a worker is never replaced because of the requests that it has served.",
            ),
            (
                values["requests"] == 10000 and values["jitter"] == 0,
                "Workers that started together and serve alike reach the limit together. The jitter spreads them.",
            ),
            (values["access log"] is None, "gunicorn would write no access log."),
        )


def test_only_named_proxies_are_trusted(settings, rng):
    """`X-Forwarded-For` and the like are believed when they come from the addresses in `TRUSTED_PROXIES`, and from no other. Without it, that is 127.0.0.1."""
    two = sorted({f"10.{rng.randint(1, 99)}.{rng.randint(1, 250)}.7", f"172.16.{rng.randint(1, 250)}.9"})
    for variables, wanted in (({}, ["127.0.0.1"]), ({"TRUSTED_PROXIES": ",".join(two)}, two)):
        trusted = settings(**variables).trusted
        assert trusted == wanted, told(
            (
                "*" in trusted,
                "With `*` everybody is believed, and anyone can send `X-Forwarded-For` with an address of their choice.",
            ),
            f"`TRUSTED_PROXIES` is {variables.get('TRUSTED_PROXIES', 'not set')}.",
        )


# --- the counter in process -----------------------------------------------------------------------------------------


@pytest.fixture
def copies(load, environment, client_for, tmp_path):
    """Each `copies()` imports the app anew, as one more worker would, and gives a client for it."""
    environment(**dict.fromkeys([*VARIABLES, *OTHERS]))
    file = tmp_path / "tickets.db"
    environment(TICKETS_DB=str(file))

    def one_more():
        try:
            return client_for(load().app)
        except sqlite3.Error as error:
            raise AssertionError(f"The app does not start on its database: {error}") from None

    one_more.file = file
    return one_more


def number_of(response, reason=""):
    """Return the number of a ticket that was answered."""
    assert response.status_code == 201, told((bool(reason), reason))
    return value_at(response.json(), "number")


def tables_in(file):
    """Return how many tables the database has."""
    with contextlib.closing(sqlite3.connect(file, timeout=1)) as connection:
        return connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]


def is_behind(ticket, number):
    got = value_at(ticket, "number")
    return isinstance(got, int) and got < number


def test_two_copies_of_the_app_share_the_counter(copies):
    """Two processes that work on the same `TICKETS_DB` count on from each other, and so does one that starts later. The file need not exist before."""
    first, second = copies(), copies()
    response = second.get("/tickets/last")
    assert response.status_code == 200
    assert response.json() == exactly({"number": 0}), (
        "`TICKETS_DB` names a file that did not exist before, so nobody has taken a ticket yet. Where does this come from?"
    )
    for number, client in enumerate([first, second, second, first, second], 1):
        response = client.post("/tickets")
        assert response.status_code == 201
        ticket = response.json()
        assert ticket == exactly({"number": number, "worker": os.getpid()}), told(
            (
                number > 1 and is_behind(ticket, number) and tables_in(copies.file) > 0,
                "The app was imported twice, as two workers do, and they were asked in turn. There is a table in the file, "
                "but this worker does not find there what was counted before. Did it arrive there for good, and is it read anew?",
            ),
            (
                number > 1 and is_behind(ticket, number),
                "The app was imported twice, as two workers do, and they were asked in turn. What a module keeps in a "
                "variable exists once in each of them.",
            ),
        )
    for client in (first, second):
        response = client.get("/tickets/last")
        assert response.json() == exactly({"number": 5}), "Five tickets were handed out by the two of them together."
    try:
        tables = tables_in(copies.file)
    except sqlite3.Error as error:
        raise AssertionError(f"The file that `TICKETS_DB` names cannot be read as a SQLite database: {error}") from None
    assert tables > 0, "The numbers go on, but not in the SQLite file that `TICKETS_DB` names: it has no table."
    third = copies()
    response = third.get("/tickets/last")
    assert response.json() == exactly({"number": 5}), (
        "A worker that starts later has to find what the others left, and to leave it as it is."
    )
    response = third.post("/tickets")
    ticket = response.json()
    assert ticket == exactly({"number": 6, "worker": os.getpid()}), "A worker that starts later goes on counting."


class Door:
    """Watches the SQL of every connection, so that two requests meet where they could hurt each other."""

    def __init__(self, patch):
        self.open = sqlite3.connect
        self.is_watching = False
        self.writing = set()
        self.reading_after = set()
        self.both_write = threading.Event()
        self.both_read_after = threading.Event()

        def connect(*arguments, **options):
            connection = self.open(*arguments, **options)
            # Nobody pulls the plug during a check, so there is no need to wait for the disk. (With `autocommit=False` a
            # transaction is open already, and this is refused.)
            with contextlib.suppress(sqlite3.Error):
                connection.execute("PRAGMA synchronous = OFF")
            connection.set_trace_callback(self.note)
            return connection

        for owner in (sqlite3, sqlite3.dbapi2):
            patch.setattr(owner, "connect", connect)

    def note(self, statement):
        """Called in the thread that is about to execute this statement."""
        if not self.is_watching:
            return
        thread = threading.get_ident()
        words = statement.lstrip().upper()
        if words.startswith(WRITES):
            self.writing.add(thread)
            if len(self.writing) > 1:
                self.both_write.set()
        elif words.startswith("SELECT") and thread in self.writing:
            # It has written and reads once more: is what it reads still its own?
            self.reading_after.add(thread)
            if len(self.reading_after) > 1:
                self.both_read_after.set()
            self.both_read_after.wait(1)

    def opens_for(self, file, ask):
        """Lock the file for writing until both requests want to write: what they read before, they have read by then."""
        with contextlib.closing(self.open(file, timeout=5, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise AssertionError(f"Nobody asks for anything, and the database cannot be written: {error}") from None
            self.is_watching = True
            asked = ask()
            self.both_write.wait(HOLD_SECONDS)
            lock.execute("ROLLBACK")
        responses = [future.result() for future in asked]
        self.is_watching = False
        return responses


def test_simultaneous_customers_get_different_numbers(monkeypatch, copies):
    """Sixty customers come to two processes, several at the same moment: they get the numbers 1 to 60, each once."""
    door = Door(monkeypatch)
    clients = [copies(), copies()]
    for client in clients:
        # Whoever creates the table late has done so now.
        assert client.get("/tickets/last").status_code == 200
    advice = (
        "With several customers at once, a request failed. If the database was locked: does each request end its "
        "transaction, and does one that has read in its transaction still want to write?"
    )
    with ThreadPoolExecutor(6) as customers:
        at_once = door.opens_for(copies.file, lambda: [customers.submit(client.post, "/tickets") for client in clients])
        numbers = [number_of(response, advice) for response in at_once]
        assert sorted(numbers, key=repr) == exactly([1, 2]), told(
            (
                numbers[0] == numbers[1],
                "Two customers came at the same moment and got the same number. Between a read and a write of yours, or a "
                "write and a read, others can do the same.",
            ),
            "These are the numbers of the first two customers, who came at the same moment.",
        )
        later = list(customers.map(lambda turn: clients[turn % 2].post("/tickets"), range(58)))
    numbers += [number_of(response, advice) for response in later]
    repeated = sorted({number for number in numbers if numbers.count(number) > 1}, key=repr)
    assert repeated == [], "Several customers got these numbers."
    assert sorted(numbers, key=repr) == sorted(range(1, 61), key=repr), "Sixty customers came, and numbers are missing."
    assert clients[0].get("/tickets/last").json() == exactly({"number": 60})


# --- gunicorn -------------------------------------------------------------------------------------------------------


class Screen:
    """The service under gunicorn; every request comes over a connection of its own."""

    def __init__(self, server, http):
        self.server = server
        self.http = http
        self.numbers = []
        self.seen = set()

    @property
    def lines(self):
        said = telling_lines(self.server.output)
        return f"gunicorn says:\n{said}" if said else "gunicorn printed nothing."

    def take(self, otherwise):
        """Take a ticket; return the pid of the worker that gave it."""
        try:
            response = self.http.post(f"{self.server.url}/tickets", headers={"connection": "close"})
        except httpx.HTTPError as error:
            raise AssertionError(f"{otherwise} ({type(error).__name__}) {self.lines}") from None
        assert response.status_code == 201, f"A ticket was asked for. {self.lines}"
        return self.note(response)

    def note(self, response):
        ticket = response.json()
        number, worker = value_at(ticket, "number"), value_at(ticket, "worker")
        assert ticket == exactly({"number": number, "worker": worker}), "A ticket has a number and its worker."
        is_a_worker = False
        if type(worker) is int and worker > 1 and worker != self.server.process.pid:
            with contextlib.suppress(OSError):
                is_a_worker = os.getpgid(worker) == self.server.process.pid
        assert is_a_worker or worker in self.seen, (
            "`worker` is the process id of the worker that answers, and gunicorn has no such worker."
        )
        self.seen.add(worker)
        self.numbers.append(number)
        return worker

    def take_many(self, count, threads):
        """Take many tickets, several at the same moment."""

        def one(_):
            with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
                return client.post(f"{self.server.url}/tickets", headers={"connection": "close"})

        with ThreadPoolExecutor(threads) as customers:
            try:
                responses = list(customers.map(one, range(count)))
            except httpx.HTTPError as error:
                raise AssertionError(
                    f"{count} customers came, {threads} of them at a time, and one got no answer ({type(error).__name__}). "
                    f"{self.lines}"
                ) from None
        statuses = sorted({response.status_code for response in responses})
        assert statuses == [201], f"{count} tickets were asked for, {threads} at a time. {self.lines}"
        for response in responses:
            try:
                ticket = response.json()
            except ValueError:
                raise AssertionError(f"A ticket that is no JSON: {response.text[:200]!r}") from None
            self.numbers.append(value_at(ticket, "number"))


@pytest.fixture
def screen(settings, live_server, environment, http, tmp_path):
    """The service with two workers, answering."""
    where = settings(HOST="127.0.0.1", PORT="8123", WEB_CONCURRENCY="2")
    # With another address gunicorn would not be found, so there is no need to wait for it.
    assert where.address == ["127.0.0.1:8123"], (
        "HOST is 127.0.0.1 and PORT is 8123, and gunicorn would listen elsewhere."
    )
    assert where.workers == 2, "`WEB_CONCURRENCY` is 2, and gunicorn would start another number of workers."
    environment(HOST="127.0.0.1", WEB_CONCURRENCY="2", TICKETS_DB=str(tmp_path / "live.db"))
    try:
        server = live_server(
            lambda _: [sys.executable, "-m", *COMMAND],
            environment=lambda port: {"PORT": str(port)},
            ready_path="/tickets/last",
            seconds=READY_SECONDS,
        )
    except ServerError as error:
        state, _, said = str(error).partition("\n")
        state = "gunicorn ended" if "exit code" in state else "gunicorn does not answer over HTTP"
        raise AssertionError(f"`{' '.join(COMMAND)}`: {state}. It says:\n{telling_lines(said)}") from None
    http.timeout = ANSWER_SECONDS
    return Screen(server, http)


def test_gunicorn_with_two_workers(screen):
    """Two workers under gunicorn give numbers from one queue: in turn, at the same moment, and after a worker was killed and replaced. On SIGTERM gunicorn ends with exit code 0."""
    first = screen.take("gunicorn is there, and a request for a ticket got no answer.")
    os.kill(first, signal.SIGSTOP)
    second = screen.take("One of two workers was stopped, and the other one did not answer. Is there another one?")
    os.kill(first, signal.SIGCONT)
    assert second != first, "One worker was stopped, and the same process id answered again."
    screen.take_many(40, threads=8)
    os.kill(first, signal.SIGSTOP)
    os.kill(second, signal.SIGKILL)
    third = screen.take("One worker was killed, the other one stopped, and no new one answered.")
    os.kill(first, signal.SIGCONT)
    assert third not in (first, second), "The killed worker was to be replaced by a new process."
    count = len(screen.numbers)
    repeated = sorted({number for number in screen.numbers if screen.numbers.count(number) > 1}, key=repr)
    assert repeated == [], (
        "Several customers got these numbers. Each worker is a process with a module and a memory of its own: where does the "
        "number live, and in how many steps does it change?"
    )
    assert sorted(screen.numbers, key=repr) == sorted(range(1, count + 1), key=repr), (
        f"{count} customers came, and not all of the numbers from 1 to {count} were handed out."
    )
    screen.server.signal()
    try:
        code = screen.server.wait(GONE_SECONDS)
    except ServerError:
        raise AssertionError(f"{GONE_SECONDS} seconds after SIGTERM gunicorn is still there. {screen.lines}") from None
    assert code == 0, f"After SIGTERM gunicorn ended, but not in good order. {screen.lines}"
