"""Checks of q050: threads that are not ours meet the event loop.

The app is served on an event loop in a thread of its own, and the checks watch it from outside: a loop that stands
still can be seen and named.
"""

import asyncio
import sys
import threading
import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLate
from functools import partial
from pathlib import Path

import pytest

from pytest_fastapi_kata.checks import Words, exactly, refusal, refused_at, told
from pytest_fastapi_kata.rendezvous import MovableLoop

PATIENCE = 3
LOOP, WORKER = "the event loop", "a worker thread"


def until(condition, seconds=PATIENCE):
    """Wait until the condition holds; only wrong answers get to the end of the patience."""
    for _ in range(int(seconds * 200)):
        if condition():
            return True
        time.sleep(0.005)
    return condition()


def settle():
    """Give everybody who could go on the chance to."""
    time.sleep(0.04)


class StrictLoop(MovableLoop):
    """A loop that lets nobody else's thread use what belongs to it, as asyncio's debug mode does."""

    def call_soon(self, *args, **options):
        self._check_thread()
        return super().call_soon(*args, **options)


class Sending(threading.Thread):
    """A reading on its way through the callback, in a thread of the SDK's."""

    def __init__(self, callback, reading):
        super().__init__(daemon=True)
        self.error = None
        self.waits = self.limited_waits = 0
        self._over = threading.Event()
        self._callback, self._reading = callback, reading
        self.start()

    def run(self):
        try:
            self._callback(dict(self._reading))
        except BaseException as error:
            self.error = error
        finally:
            self._over.set()

    @property
    def is_over(self):
        return self._over.is_set()

    def wait(self):
        return self._over.wait(PATIENCE)


class Meter:
    """The SDK, which notes from where it is called and holds what it is told to hold."""

    def __init__(self, house):
        self.house = house
        self.callbacks, self.sendings = [], []
        self.calibrated, self.closes = [], []
        self.at_once = self.at_last = None
        self.gates = {}
        self.offsets = {}

    def subscribe(self, callback):
        self.callbacks.append(callback)
        if self.at_once is not None:
            self.send(*self.at_once)

    def send(self, sensor, value):
        """Send a reading; a thread of the SDK's does it."""
        assert self.callbacks != [], "Nobody has subscribed to the meter's readings. That is to be done at start-up."
        self.sendings.append(Sending(self.callbacks[0], {"sensor": sensor, "value": value}))
        return self.sendings[-1]

    def calibrate(self, sensor):
        place = self.house.place()
        self.calibrated.append({"sensor": sensor, "place": place, "operator": self.house.plant.operator.get()})
        if sensor in self.gates and place == WORKER:
            self.gates[sensor].hold()
        self.offsets[sensor] = self.house.rng.randint(-500, 500) / 100
        return self.offsets[sensor]

    def close(self):
        self.closes.append(self.house.place())
        if self.closes == [WORKER]:
            if self.at_last is not None:
                self.send(*self.at_last)
            for sending in self.sendings:
                sending.wait()


class Ledger:
    """The ledger, which notes from where it is called and holds what it is told to hold."""

    def __init__(self, house):
        self.house = house
        self.number = house.rng.randint(100, 9000)
        self.begun, self.entries = [], []
        self.gates, self.faults = {}, []

    async def append(self, entry):
        entry = dict(entry) if isinstance(entry, dict) else entry
        kind = entry.get("kind") if isinstance(entry, dict) else None
        seen = {"entry": entry, "place": self.house.place(), "operator": self.house.plant.operator.get()}
        self.begun.append(seen)
        gate = self.gates.pop(kind, None)
        if gate is not None:
            await gate.passed()
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        self.number += self.house.rng.randint(1, 5)
        self.entries.append(seen | {"number": self.number})
        return self.number

    @property
    def last(self):
        """The last entry; nothing of it is right if there is none."""
        return self.entries[-1] if self.entries else {"entry": None, "place": None, "operator": None, "number": None}


class Pending:
    """A request on its way."""

    def __init__(self, house, method, target, options):
        self._house, self._what = house, f"`{method} {target}`"
        self._answer = house.on_the_loop(self._request(method, target, options))

    async def _request(self, method, target, options):
        call = self._house.server.start(method, target, **options)
        reply = await call.reply()
        # What goes wrong behind the answer is to be seen, too.
        await call.ended()
        return reply

    @property
    def is_answered(self):
        return self._answer.done()

    def reply(self, meanwhile=""):
        return self._house.result(self._answer, f"{self._what} was not answered{meanwhile}.")


class House:
    """A greenhouse whose app is served on an event loop in a thread of its own."""

    def __init__(self, plant, module, rng, asgi, rendezvous):
        self.plant, self.rng, self._asgi = plant, rng, asgi
        self._rendezvous, self._gates = rendezvous, []
        self.meter, self.ledger = Meter(self), Ledger(self)
        self._file = module.__file__
        create = getattr(module, "create_app", None)
        assert callable(create), "`app.py` has no `create_app` that could be called."
        self._app = create(self.meter, self.ledger)
        self._error = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        until(lambda: self._started.is_set() or not self._thread.is_alive())
        if not self._started.is_set():
            self._raise_error()
            raise AssertionError(f"The app does not come up: its start-up does not come to an end.{self.standstill()}")
        return self

    def __exit__(self, *_):
        for gate in self._gates:
            gate.open()
        if not self._thread.is_alive():
            return
        self.stop()
        self._thread.join(0.5)
        if self._thread.is_alive():
            self._call(lambda: [task.cancel() for task in asyncio.all_tasks()])
            self._thread.join(0.5)

    def _serve(self):
        try:
            with asyncio.Runner(loop_factory=StrictLoop) as runner:
                self.loop = runner.get_loop()
                runner.run(self._live())
        except BaseException as error:
            self._error = error

    async def _live(self):
        self._stopping = asyncio.Event()
        async with self._asgi(self._app) as server:
            self.server = server
            self._started.set()
            await self._stopping.wait()

    def _raise_error(self):
        if isinstance(self._error, Exception):
            raise self._error

    def _call(self, what):
        try:
            self.loop.call_soon_threadsafe(what)
        except RuntimeError:
            return False
        return True

    def advance(self, seconds):
        """Move the loop's clock on: whoever waits only for so long gives up now."""
        if self._call(partial(self.loop.advance, seconds)):
            settle()

    def gate(self):
        """A gate that is open at the latest when the check is over."""
        self._gates.append(self._rendezvous())
        return self._gates[-1]

    def place(self):
        """From where the fakes are called."""
        if threading.current_thread() is not self._thread:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return WORKER
            return "another event loop"
        return LOOP

    def on_the_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def result(self, future, otherwise):
        """What a future holds; AssertionError if it does not come."""
        try:
            return future.result(PATIENCE)
        except (TooLate, CancelledError):
            future.cancel()
            raise AssertionError(f"{otherwise}{self.standstill()}") from None

    def standstill(self):
        """Where the loop stands still, if it does, said to the learner."""
        beat = threading.Event()
        if not self._thread.is_alive() or not self._call(beat.set) or beat.wait(0.5):
            return ""
        frame, where = sys._current_frames().get(self._thread.ident), ""  # noqa: SLF001 - there is no other way to look
        while frame is not None:
            if frame.f_code.co_filename == self._file:
                where = f" in {Path(self._file).name}, line {frame.f_lineno} (`{frame.f_code.co_name}`)"
                break
            frame = frame.f_back
        return (
            f" The event loop stands still{where}: something keeps its thread waiting, and nothing else can run on it."
        )

    def start(self, method, target, **options):
        """Send a request and go on."""
        return Pending(self, method, target, options)

    def get(self, sensor, meanwhile=""):
        return self.start("GET", f"/sensors/{sensor}").reply(meanwhile)

    def calibrate(self, sensor, name):
        return self.start("POST", f"/sensors/{sensor}/calibration", headers=[("X-Operator", name)])

    def note(self, sensor, name, text):
        return self.start("POST", f"/sensors/{sensor}/notes", headers=[("X-Operator", name)], json={"text": text})

    def value(self):
        return self.rng.randint(1000, 3000) / 100

    def read(self, sensor, meanwhile=""):
        """Send a reading that has to get into the ledger; return what GET shows of it."""
        value = self.value()
        sending = self.meter.send(sensor, value)
        self.has_returned(sending, meanwhile)
        return self.is_entered(sensor, value)

    def has_returned(self, sending, meanwhile=""):
        """The callback came to its end, and well."""
        assert sending.wait(), (
            f"The callback, in a thread of the SDK's, does not come to its end{meanwhile}.{self.standstill()}"
        )
        raised = "nothing" if sending.error is None else f"{type(sending.error).__name__}: {sending.error}"
        assert raised == "nothing", told(
            (
                "Non-thread-safe" in raised,
                "The callback, in a thread of the SDK's, has used the event loop in a way that is only for the loop's own "
                "thread. asyncio raises this in its debug mode, and so does the loop of this check.",
            ),
            f"This has come out of the callback, in a thread of the SDK's{meanwhile}. Nothing has gone wrong in the ledger.",
        )

    def is_entered(self, sensor, value):
        expected = exactly({"kind": "reading", "sensor": sensor, "value": value})
        # Who does not wait for the ledger fails the check about that, and not by chance another one.
        until(lambda: self.ledger.last["entry"] == expected)
        last = self.ledger.last
        assert last["entry"] == expected, "The callback has returned. This is the last entry in the ledger."
        return {"sensor": sensor, "value": value, "entry": last["number"]}

    def shows(self, expected, otherwise):
        """GET shows this reading."""
        response = self.get(expected["sensor"])
        assert response.status_code == 200, otherwise
        assert response.json() == exactly(expected), otherwise

    def shows_none(self, sensor, otherwise, meanwhile=""):
        response = self.get(sensor, meanwhile)
        assert response.status_code == 404, otherwise
        assert response.json() == exactly({"detail": "no reading yet"}), otherwise

    def stop(self):
        """Begin the shutdown, and return at once."""
        self._call(lambda: self._stopping.set())

    @property
    def is_over(self):
        return not self._thread.is_alive()

    def over(self, otherwise):
        """Wait for the end of the shutdown."""
        self._thread.join(PATIENCE)
        assert self.is_over, f"{otherwise}{self.standstill()}"
        self._raise_error()


@pytest.fixture
def plant(given):
    """The given file, in place before the learner's app is imported."""
    return given("plant")


@pytest.fixture
def closed_house(plant, module, rng, asgi, rendezvous):
    """A greenhouse that is not served yet."""
    house = House(plant, module, rng, asgi, rendezvous)
    yield house
    house.__exit__()


@pytest.fixture
def house(closed_house):
    return closed_house.__enter__()


def test_reading_from_the_sdks_thread_reaches_the_ledger_on_the_loop(closed_house, rng):
    """The app subscribes once, at start-up. Each reading is entered by an `append` that is awaited on the app's loop, and `GET /sensors/{sensor}` shows the latest; without any, it answers 404."""
    sensor, other, early = rng.words(3)
    meter, ledger = closed_house.meter, closed_house.ledger
    # The SDK does not wait until the start-up is over.
    meter.at_once = (early, closed_house.value())
    assert meter.callbacks == [], (
        "The app has subscribed when it was made. It is not being served yet, so a reading that comes now has no loop to go to."
    )
    with closed_house as house:
        assert len(meter.callbacks) == 1, "So many times the app has subscribed to the meter at its start."
        house.shows_none(other, "No reading of this sensor has come yet.")
        house.has_returned(meter.sendings[0], ", for a reading that came as soon as the app had subscribed")
        expected = house.is_entered(*meter.at_once)
        house.shows(expected, "This reading came as soon as the app had subscribed.")
        for one in (sensor, sensor, other):
            expected = house.read(one)
            house.shows(expected, "This is the latest reading of that sensor, and the number of its entry.")
        places = [seen["place"] for seen in ledger.begun]
        assert places == [LOOP] * 4, told(
            (
                "another event loop" in places,
                "`append` was awaited on an event loop that was started in the SDK's thread. The ledger lives on the app's "
                "loop, and what belongs to one loop does not work on another.",
            ),
            "These are the places where `append` was awaited for the four readings.",
        )


@pytest.fixture
def impatience(monkeypatch):
    """Whoever waits in a thread of the SDK's, and only for so long, gives up soon."""
    wait = threading.Condition.wait

    def impatient(condition, timeout=None):
        thread = threading.current_thread()
        if isinstance(thread, Sending):
            thread.waits += 1
            if timeout is not None:
                thread.limited_waits += 1
                timeout = min(timeout, 0.02)
        return wait(condition, timeout)

    monkeypatch.setattr(threading.Condition, "wait", impatient)


def test_callback_returns_only_when_the_ledger_has_the_entry(impatience, house, rng):
    """While `append` is under way, the callback does not return and `GET` does not show the reading, but other requests are served and other readings entered. When it is done, the callback returns."""
    sensor, other, third, text = rng.words(4)
    shown = house.read(other)
    gate = house.ledger.gates["reading"] = house.gate()
    value = house.value()
    sending = house.meter.send(sensor, value)
    entering = "`append` of a reading is under way, and the ledger does not have it yet."
    assert until(lambda: gate.arrived or sending.is_over), (
        f"A reading came, and `append` is not called for it.{house.standstill()}"
    )
    until(lambda: sending.waits or sending.is_over, 0.5)
    if sending.limited_waits:
        # Once it gives up; time and again it has another look.
        until(lambda: sending.limited_waits > 10 or sending.is_over)
    settle()
    house.advance(600)
    if sending.error is not None:
        house.has_returned(sending, ", for a reading whose `append` takes its time")
    assert not sending.is_over, (
        f"{entering} The callback has returned all the same. To the SDK that means that the reading is safe, and if `append` "
        "fails now, nobody learns of it."
    )
    house.shows_none(sensor, f"{entering} So it cannot be shown.", " while `append` of a reading is under way")
    house.shows(shown, "A reading of another sensor, which is in the ledger.")
    response = house.note(sensor, rng.name(), text).reply(" while `append` of a reading is under way")
    assert response.status_code == 201
    house.read(third, " while `append` of another reading is under way")
    gate.open()
    house.has_returned(sending, ", although `append` is through")
    house.shows(house.is_entered(sensor, value), "The ledger has this reading now.")


def test_ledgers_error_is_raised_in_the_callback_and_the_reading_not_shown(house, plant, rng):
    """What `append` raises for a reading comes out of the callback, `LedgerDown` or anything else. `GET` goes on showing the reading before it, and the next reading is entered as usual."""
    sensor, fresh = rng.words(2)
    shown = house.read(sensor)
    for fault in (plant.LedgerDown(rng.word()), KeyError(rng.word()), TimeoutError(rng.word())):
        name = type(fault).__name__
        for one in (sensor, fresh):
            house.ledger.faults = [fault]
            sending = house.meter.send(one, house.value())
            assert sending.wait(), (
                f"`append` raised {name}, and the callback does not come to its end.{house.standstill()}"
            )
            got = type(sending.error).__name__ if sending.error else "nothing"
            assert got == name, told(
                (
                    sending.error is None,
                    f"`append` raised {name}, and the callback returned as if all was well. The SDK would send the reading "
                    "again if it knew.",
                ),
                f"`append` raised {name}. What came out of the callback: {sending.error!r}",
            )
        house.shows(shown, f"`append` of a later reading raised {name}. The latest one in the ledger is still this.")
        house.shows_none(fresh, f"`append` raised {name}, so no reading of this sensor is in the ledger.")
        shown = house.read(sensor, f" after `append` had raised {name} for the reading before")
        house.shows(shown, f"The reading after the one for which `append` raised {name}.")


def test_calibration_runs_off_the_loop_and_is_entered_on_it(house, rng):
    """`POST /sensors/{sensor}/calibration` calls `calibrate` once, not in the loop's thread, and then awaits `append` on the app's loop, for `{"kind": "calibration", "sensor", "offset", "by"}`. The answer is 201 `{"sensor", "offset", "entry"}`."""
    for sensor in rng.words(2):
        house.meter.calibrated.clear()
        name = rng.name()
        response = house.calibrate(sensor, name).reply()
        assert response.status_code == 201
        last, offset = house.ledger.last, house.meter.offsets.get(sensor)
        assert last["entry"] == exactly({"kind": "calibration", "sensor": sensor, "offset": offset, "by": name}), (
            "This is the last entry in the ledger."
        )
        assert response.json() == exactly({"sensor": sensor, "offset": offset, "entry": last["number"]})
        places = [seen["place"] for seen in house.meter.calibrated]
        assert places == [WORKER], told(
            (
                LOOP in places,
                "`calibrate` was called in the thread of the event loop. It blocks, and as long as it does, nothing else runs "
                "there: no request, and no reading.",
            ),
            "These are the places where `calibrate` was called for one request.",
        )
        assert last["place"] == LOOP, (
            "This is where `append` was awaited. The ledger lives on the app's loop, and what belongs to one loop does not work "
            "on another."
        )


def test_others_are_served_while_a_calibration_is_held(house, rng):
    """While a calibration or the `append` of a note is under way, readings are entered, and notes, calibrations and `GET` are answered."""
    sensor = rng.word()
    gate = house.meter.gates[sensor] = house.gate()
    first = house.calibrate(sensor, rng.name())
    assert until(lambda: house.meter.calibrated or first.is_answered), (
        f"`calibrate` is not called for a calibration.{house.standstill()}"
    )
    serves_others(house, rng, "a calibration")
    comes_to_its_end(house, first, gate, "calibration")
    gate = house.ledger.gates["note"] = house.gate()
    second = house.note(sensor, rng.name(), rng.word())
    assert until(lambda: gate.arrived), f"`append` is not called for a note.{house.standstill()}"
    serves_others(house, rng, "the `append` of a note")
    comes_to_its_end(house, second, gate, "note")


def serves_others(house, rng, what):
    """Readings, notes, calibrations and GET go through."""
    meanwhile = f" while {what} is under way"
    one, another, third = rng.words(3)
    house.shows(house.read(one, meanwhile), f"A reading that came{meanwhile}.")
    for pending in (house.note(one, rng.name(), rng.word()), house.calibrate(another, rng.name())):
        response = pending.reply(meanwhile)
        assert response.status_code == 201, f"This was asked for{meanwhile}."
    house.shows_none(third, f"This was asked for{meanwhile}.", meanwhile)


def comes_to_its_end(house, held, gate, kind):
    """What was held is answered, and in the ledger."""
    gate.open()
    response = held.reply(", although nothing is in its way any more")
    assert response.status_code == 201
    entry = house.ledger.last["entry"]
    assert isinstance(entry, dict), f"The last entry in the ledger is no dict: {entry!r}"
    assert entry.get("kind") == kind, "This is the kind of the last entry in the ledger."


def test_ledger_down_is_503(house, plant, rng):
    """If `append` raises `LedgerDown` for a calibration or a note, the answer is 503 `{"detail": "ledger is down"}`. Afterwards both work again."""
    sensor = rng.word()
    for route in (house.calibrate, partial(house.note, text=rng.word())):
        for faults, status in (([plant.LedgerDown(rng.word())], 503), ([], 201)):
            house.ledger.faults = faults
            response = route(sensor, rng.name()).reply()
            assert response.status_code == status, told(
                (status == 201, "The ledger is back, and takes entries again."),
                (response.status_code == 500, "`append` raised `LedgerDown`, and nobody has made an answer of it."),
            )
            if status == 503:
                assert response.json() == exactly({"detail": "ledger is down"})


COPY = (
    "Is it set, and where does that run which sets it? A value that is set in a worker thread stays in that thread's copy of "
    "the context. And not every way into a thread takes the context of the request along."
)


def test_operator_is_known_to_meter_and_ledger(house, rng):
    """Who calibrates or notes says so in the header `X-Operator`. It is `by` in the entry, and inside `calibrate` and `append` it is what `plant.operator.get()` gives. Without the header: 422, and neither meter nor ledger is asked."""
    sensor, text = rng.words(2)
    for turn in range(4):
        name = rng.name()
        house.meter.calibrated.clear()
        if turn % 2:
            response = house.note(sensor, name, text).reply()
            expected = {"kind": "note", "sensor": sensor, "text": text, "by": name}
        else:
            response = house.calibrate(sensor, name).reply()
            expected = {"kind": "calibration", "sensor": sensor, "offset": house.meter.offsets.get(sensor), "by": name}
        assert response.status_code == 201
        last = house.ledger.last
        assert last["entry"] == exactly(expected), "This is the last entry in the ledger."
        if turn % 2:
            assert response.json() == exactly({"entry": last["number"]})
        else:
            who = [seen["operator"] for seen in house.meter.calibrated]
            assert who == [name], told(
                (
                    who == ["nobody"],
                    f"Inside `calibrate`, `plant.operator` still has its default. {COPY}",
                ),
                f"This is what `plant.operator` gave inside `calibrate`. X-Operator was {name}.",
            )
        assert last["operator"] == name, told(
            (
                last["operator"] == "nobody",
                f"Inside `append`, `plant.operator` still has its default, although the entry says who it was. {COPY}",
            ),
            f"This is what `plant.operator` gave inside `append`. X-Operator was {name}.",
        )
    begun, calibrated = len(house.ledger.begun), len(house.meter.calibrated)
    for path, body in (("calibration", None), ("notes", {"text": text})):
        response = house.start("POST", f"/sensors/{sensor}/{path}", json=body).reply()
        # Whoever writes an alias may write it in capitals.
        assert Words(refusal(response).lower()) == refused_at("header.x-operator")
    response = house.start("POST", f"/sensors/{sensor}/notes", json={}, headers=[("X-Operator", rng.name())]).reply()
    assert refusal(response) == refused_at("body.text")
    assert (len(house.meter.calibrated), len(house.ledger.begun)) == (calibrated, begun), (
        "So many calls of `calibrate` and of `append`. The last requests were refused, and asked for neither."
    )


def test_operators_of_requests_in_flight_are_kept_apart(house, rng):
    """With four calibrations under way and a note between them, each entry and each call of `calibrate` and `append` has the operator of its own request."""
    sensors, names, text = rng.words(4), rng.names(5), rng.word()
    owner = dict(zip(sensors, names, strict=False))
    gates = house.meter.gates = {sensor: house.gate() for sensor in sensors}
    pending = {}
    for count, (sensor, name) in enumerate(owner.items(), 1):
        pending[sensor] = house.calibrate(sensor, name)
        assert until(lambda count=count: len(house.meter.calibrated) >= count), (
            f"{count - 1} calibrations are under way, and `calibrate` is not called for one more.{house.standstill()}"
        )
    response = house.note(sensors[0], names[4], text).reply(" while four calibrations are under way")
    assert response.status_code == 201
    for sensor in rng.shuffled(sensors):
        gates[sensor].open()
        response = pending[sensor].reply(", although nothing is in its way any more")
        assert response.status_code == 201
    operators = {seen["sensor"]: seen["operator"] for seen in house.meter.calibrated}
    assert operators == owner, (
        "What `plant.operator` gave inside `calibrate`, by sensor. Each was calibrated by another person."
    )
    expected = [{"by": name, "operator": name} for name in [names[4], *owner.values()]]
    got = [
        {"by": seen["entry"].get("by") if isinstance(seen["entry"], dict) else None, "operator": seen["operator"]}
        for seen in house.ledger.entries
    ]
    order = {name: place for place, name in enumerate([names[4], *owner.values()])}
    got.sort(key=lambda one: order.get(one["by"], 9))
    assert got == expected, (
        "Four calibrations were under way when the note came. For each entry: who it is `by`, and what `plant.operator` gave "
        "inside `append`."
    )


def test_shutdown_closes_the_meter_off_the_loop_and_lets_a_callback_finish(closed_house, rng):
    """At shutdown, `meter.close()` is called once, not in the loop's thread, and the shutdown is complete when it has returned. Until then, a callback in progress can finish, and a reading that still comes is entered."""
    sensor, late = rng.words(2)
    meter, ledger = closed_house.meter, closed_house.ledger
    meter.at_last = (late, closed_house.value())
    with closed_house as house:
        gate = ledger.gates["reading"] = house.gate()
        sending = meter.send(sensor, house.value())
        begun = until(lambda: gate.arrived or sending.is_over)
        assert begun, f"A reading came, and `append` is not called for it.{house.standstill()}"
        assert meter.closes == [], "The app is serving, and has closed its meter already."
        house.stop()
        assert until(lambda: meter.closes or house.is_over), (
            f"A reading is on its way into the ledger. The shutdown has begun, and `close` is not called.{house.standstill()}"
        )
        assert meter.closes == [WORKER], told(
            (meter.closes == [], "The shutdown is complete, and `close` was not called."),
            (
                LOOP in meter.closes,
                "`close` was called in the thread of the event loop. It blocks until the callback has returned, the callback waits "
                "for the loop, and the loop waits for `close`: that is a deadlock. (Here, `close` returned at once.)",
            ),
            "These are the places where `close` was called.",
        )
        settle()
        house.advance(600)
        assert not house.is_over, "`close` has not returned yet, and the shutdown is complete. It does not wait for it."
        gate.open()
        for which, one in (
            ("was in progress when the shutdown began", 0),
            ("still came while `close` was under way", 1),
        ):
            sending = meter.sendings[one]
            assert sending.wait(), (
                f"The callback of a reading that {which} does not come to its end.{house.standstill()}"
            )
            assert sending.error is None, (
                f"The callback of a reading that {which} has raised {type(sending.error).__name__}: {sending.error}."
            )
        house.over("`close` has returned, and the shutdown does not come to an end.")
        assert meter.closes == [WORKER], "These are the calls of `close` at the end. It is called once."
        entered = sorted(str(seen["entry"].get("sensor")) for seen in ledger.entries if isinstance(seen["entry"], dict))
        assert entered == sorted([sensor, late]), (
            "The sensors whose readings are in the ledger at the end, in alphabetical order."
        )
