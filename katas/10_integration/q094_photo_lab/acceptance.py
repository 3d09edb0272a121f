"""Checks of q094: a web app that queues, a real worker in a thread, and a machine of the check's own."""

import builtins
import contextlib
import importlib
import re
import sys
import threading
import time
import types
import uuid
from datetime import UTC, datetime
from pathlib import Path

import celery
import kombu.exceptions
import kombu.messaging
import kombu.transport.memory
import kombu.transport.virtual
import pytest
from celery import _state, signals
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

ATTEMPTS = 4
LONG = 60
TICK = 0.02
QUIET_TICKS = 75
MOST_TICKS = 500
MOST_NAPS = 20
WAITED = (
    "The answer was to come at once, and the endpoint waited for the task. (That would last until a worker has done it, a "
    "minute or an hour; the check ended it.)"
)
REAL_SLEEP = time.sleep
FINALIZERS = set(_state._on_app_finalizers)  # noqa: SLF001


class Machine:
    """The lab of this run: what it was asked to print, and how it takes each negative."""

    def __init__(self, rng, lab):
        self.rng = rng
        self.lab = lab
        self.calls = []
        self.moods, self.held = {}, []
        lab.develop = self.develop

    def takes(self, *moods, copies=None):
        """Make up an order; each of the moods is for one call: an exception, or a gate at which it is held."""
        negative = f"roll {self.rng.randint(1, 99)}, {self.rng.word()}"
        self.moods[negative] = list(moods)
        return {"negative": negative, "copies": copies or self.rng.randint(1, 50)}

    def develop(self, job_id, negative, copies):
        self.calls.append((job_id, negative, copies))
        moods = self.moods.get(negative, [])
        mood = moods.pop(0) if moods else None
        if isinstance(mood, Exception):
            raise mood
        if mood is not None:
            self.held.append(mood)
            mood.hold()
        return self.tray(job_id, negative)

    def let_go(self):
        for gate in self.held:
            gate.open()

    def tray(self, job_id, negative):
        """Where the prints lie."""
        return f"tray of {negative} ({job_id[:4]})"

    def busy(self, text=None):
        return self.lab.LabBusy(text or self.rng.title(3))

    def calls_for(self, order):
        return [call for call in self.calls if call[1] == order["negative"]]


class Photo:
    """The learner's app and Celery app, the record, and the worker that a check starts."""

    def __init__(self, tools, rng, folder):
        self.environment, self.given, self.load, self.client_for = tools
        self.rng = rng
        self.file = str(folder / "jobs.db")
        self.published, self.delays = [], []
        self.is_away, self.away_text = False, ""
        self.waited = self.is_over = False
        self.slept = threading.Event()
        self.over = threading.Event()
        self.began = self.ended = self.naps = 0
        self.celery = self.machine = None
        self.at_add = None

    def start(self, retry="0"):
        """Import the app, and return a client for it."""
        self.environment(BROKER_URL="memory://", RESULT_URL="cache+memory://", RETRY_SECONDS=retry, JOBS_DB=self.file)
        self.is_over = False
        self.over = threading.Event()
        self.jobs = self.given("jobs")
        connect, original = self.jobs._db, self.jobs.add  # noqa: SLF001

        def connected():
            db = connect()
            # Nobody pulls the plug during a check, so there is no need to wait for the disk.
            db.execute("PRAGMA synchronous = OFF")
            return db

        def add(*values, **named):
            if self.at_add is not None:
                then, self.at_add = self.at_add, None
                then()
            return original(*values, **named)

        vars(self.jobs).update(_db=connected, add=add)
        self.machine = Machine(self.rng, self.given("lab"))
        self.app = self.load().app
        self.celery = celery_of()
        self.queue = f"kata-{uuid.uuid4().hex}"
        self.celery.conf.update(
            task_default_queue=self.queue,
            worker_hijack_root_logger=False,
            worker_redirect_stdouts=False,
            worker_enable_remote_control=False,
            worker_timer_precision=0.05,
            broker_transport_options={"polling_interval": 0.01},
        )
        self.client = self.client_for(self.app)
        return self.client

    # What the check hears of Celery, and does to it.

    def hear_publish(self, sender=None, body=None, headers=None, **_):
        if not self.is_away:
            headers = headers or {}
            self.published.append((headers, body))
            self.delays.append(delay_of(headers.get("eta")))

    def hear_begin(self, **_):
        self.began += 1

    def hear_end(self, **_):
        self.ended += 1

    def keep_logging(self, **_):
        """Leave logging as it is: Celery sets it up itself only if nobody else wants to."""

    def sleep(self, seconds):
        """In place of `time.sleep`: the learner's code may sleep a while, but neither long nor for ever."""
        if sys._getframe(1).f_globals.get("__name__", "").partition(".")[0] in {"celery", "kombu", "billiard"}:  # noqa: SLF001
            REAL_SLEEP(seconds)
            return
        self.naps += 1
        if self.naps > MOST_NAPS:
            self.waited = True
            raise RuntimeError("This has slept often enough.")
        if self.is_over:
            # Whoever polls for ever is not to outlive the check.
            raise RuntimeError("This check is over.")
        if seconds < LONG:
            REAL_SLEEP(seconds)
            return
        self.slept.set()
        self.over.wait()

    def wait_for_result(self, result, timeout=None, **_):
        self.waited = True
        raise celery.exceptions.TimeoutError("The operation timed out.")

    @contextlib.contextmanager
    def worker(self):
        """A worker, as a thread of this process."""
        with start_worker(self.celery, pool="solo", perform_ping_check=False, shutdown_timeout=10):
            try:
                yield
            finally:
                self.finish()

    def finish(self):
        """Let go whoever still sleeps."""
        self.is_over = True
        self.over.set()
        if self.machine is not None:
            self.machine.let_go()

    def stop(self):
        """Leave nothing behind that the next import would find."""
        if self.celery is not None:
            kombu.transport.memory.Channel.queues.clear()
            self.celery.close()
        self.published.clear()
        self.delays.clear()
        # A shared task is registered with every Celery app that comes later.
        _state._on_app_finalizers.clear()  # noqa: SLF001
        _state._on_app_finalizers.update(FINALIZERS)  # noqa: SLF001
        _state._tls.current_app = None  # noqa: SLF001

    def waiting(self):
        """How many messages wait in the queue."""
        queue = kombu.transport.memory.Channel.queues.get(self.queue)
        return 0 if queue is None else queue.qsize()

    def until(self, reached):
        """Let the worker work until this is so, or until it has nothing to do any more, or sleeps."""
        quiet, before = 0, None
        for _ in range(MOST_TICKS):
            if reached() or self.slept.is_set():
                return
            now = (len(self.published), self.began, self.ended, len(self.machine.calls), self.waiting())
            is_quiet = now == before and self.began == self.ended and not self.waiting()
            quiet, before = quiet + 1 if is_quiet else 0, now
            if quiet > QUIET_TICKS:
                return
            REAL_SLEEP(TICK)

    def state(self, job):
        return (self.jobs.get(job["id"]) or {}).get("state")

    def until_state(self, job, *states):
        self.until(lambda: self.state(job) in states)

    def deliver_again(self, headers, body):
        """Send a message a second time, under the same id."""
        arguments, named, *_ = body
        self.celery.send_task(headers["task"], args=arguments, kwargs=named, task_id=headers["id"])


def delay_of(eta):
    """In how many seconds a message is due that is being published now; 0 for at once."""
    if not eta:
        return 0
    due = datetime.fromisoformat(eta) if isinstance(eta, str) else eta
    now = datetime.now(UTC)
    return (due.replace(tzinfo=due.tzinfo or UTC) - now).total_seconds()


def celery_of():
    try:
        tasks = importlib.import_module("tasks")
    except ModuleNotFoundError:
        tasks = types.ModuleType("tasks")
    found = getattr(tasks, "celery_app", None)
    kind = type(found).__name__
    assert isinstance(found, celery.Celery), f"`tasks.celery_app` has to be a Celery app, and is a `{kind}`."
    return found


@pytest.fixture
def photo(environment, given, load, client_for, rng, tmp_path, monkeypatch):
    """The whole lab; a check starts the app and the worker when it needs them."""
    photo = Photo((environment, given, load, client_for), rng, tmp_path)
    default = _state.default_app
    hooks = (
        (signals.before_task_publish, photo.hear_publish),
        (signals.task_prerun, photo.hear_begin),
        (signals.task_postrun, photo.hear_end),
        (signals.setup_logging, photo.keep_logging),
    )
    for signal, hook in hooks:
        signal.connect(hook, weak=False)
    publish = kombu.messaging.Producer._publish  # noqa: SLF001

    def published(producer, *values, **named):
        if photo.is_away:
            raise kombu.exceptions.OperationalError(photo.away_text)
        return publish(producer, *values, **named)

    drain = kombu.transport.virtual.Transport.drain_events

    def drained(transport, connection, timeout=None):
        # A worker looks up every now and then, to see whether it is to end.
        return drain(transport, connection, timeout=min(timeout or 0.03, 0.03))

    monkeypatch.setattr(kombu.messaging.Producer, "_publish", published)
    monkeypatch.setattr(kombu.transport.virtual.Transport, "drain_events", drained)
    for name in ("get", "wait"):
        monkeypatch.setattr(AsyncResult, name, lambda result, *values, **named: photo.wait_for_result(result))
    monkeypatch.setattr(time, "sleep", photo.sleep)
    yield photo
    photo.finish()
    for signal, hook in hooks:
        signal.disconnect(hook)
    photo.stop()
    _state.default_app = default


def job_of(job_id, state="queued", attempts=0, result=None, error=None):
    return {"id": job_id, "state": state, "attempts": attempts, "result": result, "error": error}


def post(photo, order, key=None, client=None):
    headers = {} if key is None else {"Idempotency-Key": key}
    return (client or photo.client).post("/prints", json=order, headers=headers)


def job_in(photo, response):
    """The job that was answered, which has to be one of the record."""
    answer = response.json()
    job_id = answer.get("id") if isinstance(answer, dict) else None
    kind = type(job_id).__name__
    assert kind == "str", "This is the type of the job's `id`."
    assert photo.jobs.get(job_id) is not None, "The job that was answered is not in the record (`jobs.get` gives None)."
    return answer


def ordered(photo, order, key=None):
    """Order prints, which has to succeed; the job and the response."""
    response = post(photo, order, key)
    assert response.status_code == 202, told(
        (photo.waited, WAITED),
    )
    return job_in(photo, response), response


def followed(photo, expected, what):
    """Ask for a job, and compare all of it."""
    response = photo.client.get(f"/prints/{expected['id']}")
    assert response.status_code == 200, f"{what} Its page was asked for."
    assert response.json() == exactly(expected), what
    after = response.headers.get("retry-after")
    if expected["state"] in ("queued", "running"):
        is_whole = after is not None and re.fullmatch(r"[1-9]\d*", after) is not None
        assert is_whole, (
            f"The job's state is {expected['state']}. `Retry-After` is to be whole seconds, at least 1, and is {after!r}."
        )
    else:
        assert after is None, (
            f"The job's state is {expected['state']}, so there is nothing to come back for. This is its `Retry-After`."
        )


def comes_to(photo, order, job, state, attempts, what, error=None):
    """Let the worker work until a job is over, and compare what is known of it then."""
    photo.until_state(job, "done", "failed")
    result = photo.machine.tray(job["id"], order["negative"]) if state == "done" else None
    calls = photo.machine.calls_for(order)
    assert calls == [(job["id"], order["negative"], order["copies"])] * attempts, told(
        (len(calls) == 0, f"{what} The machine was never called for it."),
        f"{what} These are the calls of `develop` for it.",
    )
    followed(photo, job_of(job["id"], state, attempts, result, error), what)


def test_the_answer_comes_before_the_work(photo, rng):
    """Without any worker, `POST /prints` answers 202 with a queued job and where to find it. One message lies in the queue, and nothing is printed. Bad input is 422, and nothing is queued."""
    client = photo.start()
    for copies in (1, 50):
        before = len(photo.published)
        order = photo.machine.takes(copies=copies)
        job, response = ordered(photo, order)
        calls = photo.machine.calls_for(order)
        assert calls == [], (
            "No worker is running, and the machine was called all the same: by the web process. These are its calls."
        )
        assert job == exactly(job_of(job["id"])), "The job was queued just now, and no worker is running."
        queued = len(photo.published) - before
        assert queued == 1, "So many messages were published for one order."
        location = response.headers.get("location")
        assert location is not None, "The answer has no `Location`, and so the client does not know where to ask."
        response = client.get(location)
        assert response.status_code == 200, f"This is where `Location` leads: `{location}`."
        assert response.json() == exactly(job), f"This is where `Location` leads: `{location}`."
        followed(photo, job, "The job was queued, and no worker is running.")
    before, good = len(photo.published), photo.machine.takes()
    for bad, place in (
        ({**good, "copies": 0}, "body.copies"),
        ({**good, "copies": 51}, "body.copies"),
        ({**good, "negative": None}, "body.negative"),
        ({"copies": 3}, "body.negative"),
    ):
        response = post(photo, bad)
        assert refusal(response) == refused_at(place)
    queued = len(photo.published) - before
    assert queued == 0, "So many messages were published for orders that were refused."
    assert not photo.machine.calls, "The machine was called, and no worker is running."
    other, third = f"memory://{rng.word()}", f"cache+memory://{rng.word()}"
    for broker, backend, expected in (
        (other, third, {"BROKER_URL": other, "RESULT_URL": third}),
        (None, None, {"BROKER_URL": "memory://", "RESULT_URL": "cache+memory://"}),
    ):
        photo.environment(BROKER_URL=broker, RESULT_URL=backend)
        photo.load()
        conf = celery_of().conf
        used = {"BROKER_URL": conf.broker_url, "RESULT_URL": conf.result_backend}
        assert used == expected, told(
            (broker is None, "The variables are missing. These are the broker and the result backend of `celery_app`."),
            "These are the broker and the result backend of `celery_app`, and what the variables say.",
        )


def test_unknown_jobs_are_404(photo, rng):
    """`GET /prints/{job_id}` is 200 for a job that was ordered, and 404 for an id that was never given out."""
    client = photo.start()
    job, _ = ordered(photo, photo.machine.takes())
    followed(photo, job_of(job["id"]), "The job was queued, and no worker is running.")
    for unknown in (str(uuid.UUID(int=rng.getrandbits(128), version=4)), rng.word(8)):
        response = client.get(f"/prints/{unknown}")
        assert response.status_code == 404, told(
            (
                response.status_code == 200,
                "Nobody was ever given this id. Whoever follows it would wait for ever.",
            ),
            "Nobody was ever given this id.",
        )
    followed(photo, job_of(job["id"]), "The job was queued, and no worker is running.")


def test_the_worker_does_the_job_and_the_page_can_follow(photo, rendezvous):
    """A worker calls `develop` with id, negative and copies. Meanwhile the job is running, with 1 attempt; afterwards it is done, with the result. `Retry-After` is there until then."""
    photo.start()
    gate = rendezvous()
    order = photo.machine.takes(gate)
    with photo.worker():
        job, _ = ordered(photo, order)
        gate.met(1, "An order was queued, a worker is running, and it did not call the machine.")
        is_held = not gate.gave_up
        assert is_held, "The machine is at work, and the order was not answered before it had done."
        followed(photo, job_of(job["id"], "running", 1), "A worker is just printing this job.")
        gate.open()
        comes_to(photo, order, job, "done", 1, "A worker has printed this job.")
        again = photo.machine.takes()
        job, _ = ordered(photo, again)
        comes_to(photo, again, job, "done", 1, "A worker has printed a second job.")


def same(photo, order, key, expected, first, what):
    """Send an order again under its key: the job as it stands, and no further message."""
    before = len(photo.published)
    response = post(photo, order, key)
    assert response.status_code == 202, what
    assert response.json() == exactly(expected), what
    location = response.headers.get("location")
    assert location == first.headers.get("location"), f"{what} This is its `Location`."
    queued = len(photo.published) - before
    assert queued == 0, f"{what} So many messages were published."


def salted_anew(file, salt):
    """The `hash` that a new process has: for the learner's code, that of a text is another number."""
    original, folder = hash, str(Path(file).parent)

    def anew(value):
        is_learners = sys._getframe(1).f_code.co_filename.startswith(folder)  # noqa: SLF001
        return original(value) ^ (salt if is_learners and isinstance(value, str | bytes) else 0)

    return anew


def test_the_same_key_is_the_same_job(photo, rng, monkeypatch):
    """The same `Idempotency-Key` with the same body is the same job, before and after it is done, after a restart, and even if both come at once; it is queued once. With another body it is 409. Another key or none is a new job."""
    photo.start()
    keys, order = [f"{rng.word()} {number}" for number in range(4)], photo.machine.takes(copies=7)
    keys[2] = f"{rng.word()}/{rng.word()}?"
    job, first = ordered(photo, order, keys[0])
    for _ in range(2):
        same(photo, order, keys[0], job_of(job["id"]), first, "The same order came again with the same key.")
    before = len(photo.published)
    for other in ({**order, "copies": 8}, {**order, "negative": rng.title()}):
        response = post(photo, other, keys[0])
        assert response.status_code == 409, "The key is that of an earlier order, and this one is another."
    queued = len(photo.published) - before
    assert queued == 0, "The order was refused, and so many messages were published."
    others = [ordered(photo, order, key) for key in (keys[1], keys[2], None, None)]
    ids = [job["id"], *(one["id"] for one, _ in others)]
    different = len(set(ids))
    assert different == 5, "One order was sent with three keys, and twice without one. So many different ids came back."
    queued = len(photo.published)
    assert queued == 5, "One order was sent with three keys, and twice without one. So many messages were published."
    location = others[1][1].headers.get("location") or "(none)"
    response = photo.client.get(location)
    assert response.status_code == 200, (
        f"The key of an order was `{keys[2]}`, and its `Location` is `{location}`. That address was asked for."
    )
    answers, order = [], photo.machine.takes()
    rival = threading.Thread(target=lambda: answers.append(post(photo, order, keys[3])), daemon=True)

    def comes_between():
        rival.start()
        # Somebody who holds a lock here is not waited for.
        rival.join(2)

    photo.at_add = comes_between
    job, first = ordered(photo, order, keys[3])
    what = "The same order came twice at the same time, with the same key (the second one just before the first one's `jobs.add`)."
    assert photo.at_add is None, "A new job was ordered, and `jobs.add` was not called."
    rival.join(10)
    assert len(answers) == 1, f"{what} The second one was not answered."
    response = answers[0]
    assert response.status_code == 202, what
    assert response.json() == exactly(job), f"{what} Both are the same job."
    queued = len(photo.published) - 5
    assert queued == 1, (
        f"{what} So many messages were published. Looking into the record first is of no use if both look before one of them writes."
    )
    module = photo.load()
    monkeypatch.setattr(builtins, "hash", salted_anew(module.__file__, rng.getrandbits(48) | 1))
    first_client, photo.client = photo.client, photo.client_for(module.app)
    what = (
        "The web server was started anew (its modules were imported once more, and `hash` of a text is another number, as in "
        "every new process), and the same order came again with the same key."
    )
    same(photo, order, keys[3], job, first, what)
    photo.client = first_client
    with photo.worker():
        comes_to(photo, order, job, "done", 1, "This job was ordered twice with one key, and a worker has printed it.")
        tray = photo.machine.tray(job["id"], order["negative"])
        what = "The job is done, and the same order came again with the same key."
        same(photo, order, keys[3], job_of(job["id"], "done", 1, tray), first, what)


def test_a_busy_lab_is_tried_four_times(photo):
    """`LabBusy` three times and then not: done, with 4 attempts. `LabBusy` each time: failed after 4 attempts, with the last text. Here, `RETRY_SECONDS` is 0."""
    photo.start()
    texts = photo.rng.names(9)
    with photo.worker():
        for count in (3, 1):
            order = photo.machine.takes(*(photo.machine.busy() for _ in range(count)))
            job, _ = ordered(photo, order)
            comes_to(
                photo,
                order,
                job,
                "done",
                count + 1,
                f"The machine was full for this job {count} times, and then it was not.",
            )
        order = photo.machine.takes(*(photo.machine.busy(text) for text in texts))
        job, _ = ordered(photo, order)
        what = "The machine was full for this job, each time anew."
        comes_to(photo, order, job, "failed", ATTEMPTS, what, texts[ATTEMPTS - 1])


def test_waiting_for_a_retry_blocks_nobody(photo):
    """With `RETRY_SECONDS` at 900.5, a job for which the machine is full is queued again, with 1 attempt. The one worker does another job meanwhile. Without the variable, the next attempt is due in 5 seconds."""
    photo.start(retry="900.5")
    first, second = photo.machine.takes(*(photo.machine.busy() for _ in range(9))), photo.machine.takes()
    with photo.worker():
        job, _ = ordered(photo, first)
        photo.until(lambda: photo.state(job) == "queued" and photo.ended > 0)
        other, _ = ordered(photo, second)
        photo.until_state(other, "done", "failed")
        is_blocked = photo.slept.is_set()
        assert not is_blocked, (
            "The machine was full for a job, and the task slept until the next attempt. As long as it sleeps, this worker does "
            "nothing else."
        )
        comes_to(photo, second, other, "done", 1, "Another job waits for its next attempt, and this one came after it.")
        calls = len(photo.machine.calls_for(first))
        assert calls == 1, (
            "The machine was full for a job, and the next attempt is due in 900.5 seconds. So many calls of `develop` there were for it."
        )
        followed(
            photo,
            job_of(job["id"], "queued", 1),
            "The machine was full for this job, and the next attempt is due in 900.5 seconds.",
        )
        due(photo, 900.5, "RETRY_SECONDS is 900.5.")
    photo.stop()
    photo.start(retry=None)
    with photo.worker():
        ordered(photo, photo.machine.takes(photo.machine.busy()))
        photo.until(lambda: len(photo.published) > 1)
        due(photo, 5, "There is no variable RETRY_SECONDS.")


def due(photo, seconds, what):
    """See that the one message for a further attempt is due in so many seconds."""
    later = [round(delay, 1) for delay in photo.delays if delay > 0]
    count = len(later)
    assert count == 1, (
        "The machine was full for a job. So many messages with a delay were published that bring its next attempt."
    )
    # The message is made a moment before it is looked at.
    is_right = seconds - 3 <= later[0] <= seconds
    assert is_right, f"{what} The machine was full for a job, and the next attempt is due in {later[0]} seconds."


def test_a_bad_negative_fails_at_once(photo, rng):
    """`BadNegative`, or whatever else `develop` raises: failed at once, with the exception's text and 1 attempt. The next job is done."""
    photo.start()
    with photo.worker():
        for error in (photo.machine.lab.BadNegative(rng.title()), RuntimeError(rng.title())):
            order = photo.machine.takes(*[error] * 9)
            job, _ = ordered(photo, order)
            what = f"For this job, `develop` raised {type(error).__name__}."
            comes_to(photo, order, job, "failed", 1, what, str(error))
        order = photo.machine.takes()
        job, _ = ordered(photo, order)
        comes_to(photo, order, job, "done", 1, "The job before this one has failed.")


def test_a_second_delivery_costs_no_paper(photo, rng):
    """The messages of a job that is done, and of one that has failed, are delivered a second time: nothing is printed, and both stay as they are."""
    photo.start()
    error = photo.machine.lab.BadNegative(rng.title())
    good, bad = photo.machine.takes(), photo.machine.takes(error)
    with photo.worker():
        done, _ = ordered(photo, good)
        comes_to(photo, good, done, "done", 1, "A worker has printed this job.")
        failed, _ = ordered(photo, bad)
        comes_to(photo, bad, failed, "failed", 1, "For this job, `develop` raised BadNegative.", str(error))
        messages = list(photo.published)
        assert len(messages) == 2, "Two jobs were ordered and are over. So many messages were published."
        ended = photo.ended
        for headers, body in messages:
            photo.deliver_again(headers, body)
        photo.until(lambda: photo.ended >= ended + 2)
        last = photo.machine.takes()
        job, _ = ordered(photo, last)
        comes_to(photo, last, job, "done", 1, "Two messages came a second time before this job.")
        what = "This job was over when its message was delivered a second time."
        comes_to(photo, good, done, "done", 1, what)
        comes_to(photo, bad, failed, "failed", 1, what, str(error))


def test_a_job_survives_its_worker(photo):
    """A job that stands in the record as running, with 1 attempt, when its message comes to a worker: done, with 2 attempts. The task has the options `acks_late` and `reject_on_worker_lost`."""
    photo.start()
    order = photo.machine.takes()
    job, _ = ordered(photo, order)
    published = len(photo.published)
    assert published == 1, "So many messages were published for one order."
    # This is what a worker leaves behind that died while it was printing.
    photo.jobs.update(job["id"], state="running", attempts=1)
    with photo.worker():
        photo.until_state(job, "done", "failed")
        calls = len(photo.machine.calls_for(order))
        assert calls == 1, (
            "A job is running, says the record, but its worker has died and its message comes again. So many calls of `develop` there were then."
        )
        tray = photo.machine.tray(job["id"], order["negative"])
        what = "This job's first worker died while it was printing, and its message came to another one."
        followed(photo, job_of(job["id"], "done", 2, tray), what)
    task = photo.celery.tasks.get(photo.published[0][0].get("task"))
    options = {name: getattr(task, name, None) for name in ("acks_late", "reject_on_worker_lost")}
    assert options == {"acks_late": True, "reject_on_worker_lost": True}, told(
        (
            not options["acks_late"],
            "These are two options of your task. Without the first one, a message is acknowledged before the work begins, and when the worker dies, nobody has it any more.",
        ),
        "These are two options of your task. Without the second one, the message counts as dealt with when the process that works on it "
        "is killed.",
    )


def test_without_a_broker_nothing_is_promised(photo, rng):
    """If publishing raises kombu's `OperationalError`, the answer is 503 without its text. Later the same order with the same key is 202, and gets done."""
    photo.start()
    order, key = photo.machine.takes(), rng.title()
    photo.away_text = f"amqp://{rng.word()}:{rng.word()}@{rng.word()}"
    photo.is_away = True
    for one in (key, None, key):
        response = post(photo, order, one)
        assert response.status_code == 503, told(
            (
                response.status_code == 202,
                "The broker is away. The order was accepted, and no worker will ever hear of it.",
            ),
            (response.status_code == 500, "The broker is away, and its exception became a server error of the app's."),
            "The broker is away.",
        )
        is_shown = any(part in response.text for part in photo.away_text[7:].replace("@", ":").split(":"))
        assert not is_shown, "The answer shows what the exception says, with the broker's address and password."
    photo.is_away = False
    with photo.worker():
        response = post(photo, order, key)
        queued = len(photo.published)
        assert response.status_code == 202, told(
            (photo.waited, WAITED),
            "The broker is back, and the same order came again with the same key.",
        )
        assert queued == 1, (
            "The broker is back, the same order came again with the same key, and the answer was 202. So many messages were "
            "published. A record without a message is a job that nobody does."
        )
        job = job_in(photo, response)
        comes_to(photo, order, job, "done", 1, "The broker is back, and this job was ordered once more.")
