"""Checks of q100: an inference service, with all that belongs to it."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager, contextmanager

import pytest

from pytest_fastapi_kata.asgi import Server
from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told
from pytest_fastapi_kata.rendezvous import settle, until

AT_ONCE = 8
WAITING = 32
ON_THE_LOOP = "`predict` was called on the thread of the event loop. While it computes, nobody else is served."


class Lab:
    """The model of this run: notes what is done with it, and keeps predictions and words until it is told otherwise."""

    def __init__(self, rng, rendezvous):
        self._rng, self._rendezvous = rng, rendezvous
        self.loop_thread = None
        self.made = self.closed = self.inside = 0
        self.calls, self.oddities = [], []
        self.gates, self.faults, self.answers = {}, {}, {}
        self.texts = {}
        self.words_made = 0
        self.begun = self.stopped = 0
        self.permits = None
        self.until_closed = None
        self.lock = threading.Lock()
        self.threads = set()

    def picture(self):
        """A new picture, and what the model will say for it."""
        image = f"{self._rng.word(4)}-{len(self.answers)}"
        self.answers[image] = {"name": self._rng.word(), "score": round(self._rng.uniform(0.1, 0.9), 3)}
        return image

    def plant(self):
        """A new plant with a description of some words."""
        name = f"{self._rng.word()}-{len(self.texts)}"
        self.texts[name] = [self._rng.word() for _ in range(self._rng.randint(5, 7))]
        return name

    def keep(self, turn):
        """Keep the call with this number (from 1) until its gate is opened."""
        self.gates[turn] = self._rendezvous()
        return self.gates[turn]

    def release(self):
        for gate in self.gates.values():
            gate.open()

    def predict(self, images):
        with self.lock:
            self.calls.append(list(images) if isinstance(images, list | tuple) else [images])
            turn = len(self.calls)
            self.inside += 1
            self.threads.add(threading.get_ident())
            if self.inside > 1:
                self._odd("`predict` was called while another call was still running. Never two at once.")
            if self.closed:
                self._odd("`predict` was called after `close`.")
            if threading.get_ident() == self.loop_thread:
                self._odd(ON_THE_LOOP)
            if not isinstance(images, list) or not all(isinstance(one, str) for one in images):
                self._odd("`predict` was called with something that is no list of strings.")
            elif not 1 <= len(images) <= AT_ONCE:
                self._odd(f"`predict` was called with {len(images)} images. It takes 1 to {AT_ONCE}.")
        try:
            if turn in self.gates and threading.get_ident() != self.loop_thread:
                self.gates[turn].hold()
            if self.until_closed is not None:
                self.until_closed.wait(2)
            if turn in self.faults:
                raise self.faults[turn]
            return [dict(found) if (found := self.answers.get(one)) else None for one in self.calls[turn - 1]]
        finally:
            with self.lock:
                self.inside -= 1

    def _odd(self, text):
        if text not in self.oddities:
            self.oddities.append(text)

    def close(self):
        with self.lock:
            self.closed += 1
            if self.inside:
                self._odd("`close` was called while a prediction was running.")
        if self.until_closed is not None:
            self.until_closed.set()

    async def describe(self, name):
        self.begun += 1
        try:
            for word in self.texts[name]:
                await self.permits.acquire()
                self.words_made += 1
                yield word
        finally:
            self.stopped += 1

    def permit(self, words=1):
        """Let so many further words be made."""
        for _ in range(words):
            self.permits.release()

    def is_sound(self):
        """Nothing was done with the model that it does not stand."""
        assert self.oddities == [], " ".join(self.oddities)


def model_of(lab):
    """A class to take the place of the given one; its instances share the lab."""

    class Model:
        def __init__(self):
            lab.made += 1

        def predict(self, images):
            return lab.predict(images)

        def knows(self, name):
            return name in lab.texts

        def describe(self, name):
            return lab.describe(name)

        def close(self):
            lab.close()

    return Model


@pytest.fixture
def lab(given, rng, rendezvous):
    """The model, in place before the learner's app is imported."""
    lab = Lab(rng, rendezvous)
    given("model", Model=model_of(lab))
    return lab


@pytest.fixture
def running(lab, app, asgi):
    """The app, to be started by `async with`; at the end whatever is kept is let go."""

    @asynccontextmanager
    async def run():
        lab.loop_thread = threading.get_ident()
        # A task of the learner's that fails is judged by what its clients get.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        lab.permits = asyncio.Semaphore(0)
        failed = is_started = None
        try:
            # As uvicorn says it: the app is told of a client that has gone when it asks, not by an error when it sends.
            async with asgi(app, "2.3") as server:
                is_started = True
                try:
                    yield Desk(server, lab)
                except Exception as error:
                    # Whatever the check has found, the app is shut down as usual.
                    failed = error
                finally:
                    lab.release()
                    await settle()
        except Exception as error:
            if failed is None and is_started:
                raise AssertionError(
                    f"The app has served, and its shutdown ended in {type(error).__name__}: {error}"
                ) from None
            if failed is None:
                raise
        if failed is not None:
            raise failed

    return run


async def answer(call, otherwise):
    """The answer to a request, or an explanation if it does not come."""
    if not (await until(lambda: call.is_answered) or await until(lambda: call.is_answered)):
        raise AssertionError(otherwise)
    return await call.reply(otherwise)


class Desk:
    """Sends requests to the running app."""

    def __init__(self, server, lab):
        self.server, self.lab = server, lab

    def hand_in(self, image):
        return self.server.start("POST", "/recognitions", json={"image": image})

    async def recognised(self, image, call=None, what=""):
        """This picture is answered with what `predict` says for it."""
        response = await answer(call or self.hand_in(image), f"{what} `POST /recognitions` is not answered.".strip())
        assert response.status_code == 200, what
        got, others = response.json(), [answer for other, answer in self.lab.answers.items() if other != image]
        assert got == exactly(self.lab.answers[image]), told(
            (got in others, f"{what} This is the answer to somebody else's picture.".strip()),
            f"{what} This is not what `predict` has said for the picture.".strip(),
        )

    async def computing(self, turn, what):
        """Wait until that call of `predict` has begun."""
        begun = await until(lambda: len(self.lab.calls) >= turn)
        if not begun and turn == 1:
            # Maybe the route is not even there: then its answer says more.
            raise AssertionError(f"{what} `predict` is not called.")
        assert begun, f"{what} `predict` is not called a {turn}{ {2: 'nd', 3: 'rd'}.get(turn, 'th') } time."

    async def held(self, gate_turn=1):
        """One picture with which the model is busy, until its gate is opened: the gate, the picture, the call."""
        gate, image = self.lab.keep(gate_turn), self.lab.picture()
        call = self.hand_in(image)
        await until(lambda: len(self.lab.calls) >= gate_turn or call.is_answered)
        if call.is_answered and not self.lab.calls:
            response = await call.reply()
            assert response.status_code == 200, "A picture was handed in, and `predict` was not called."
        await self.computing(gate_turn, "A picture was handed in while the model is idle.")
        return gate, image, call


async def test_the_model_is_loaded_once_at_start(lab, app, running):
    """`Model()` is made once, when the app starts and not on import. It is closed once, at shutdown, when no prediction runs any more."""
    assert lab.made == 0, (
        "`app.py` was only imported, and has loaded the model. So does each tool that looks at it, and each test."
    )
    async with running() as desk:
        assert lab.made == 1, "The app has been started. This is how many models it has loaded."
        for _ in range(3):
            await desk.recognised(lab.picture())
        assert lab.made == 1, "Three pictures were recognised. This is how many models have been loaded in all."
        assert lab.closed == 0, "The app is running, and its model was closed."
    assert lab.closed == 1, "The app has shut down. This is how often its model was closed."
    lab.is_sound()


async def some_time(over):
    for _ in range(6):
        await settle()
    over.set()


async def test_the_model_is_closed_after_its_last_prediction(lab, app):
    """If a prediction is still running at shutdown, the model is closed when that has come to its end."""
    lab.loop_thread = threading.get_ident()
    async with app.router.lifespan_context(app) as state:
        server = Server(app)
        server.state.update(state or {})
        desk = Desk(server, lab)
        await desk.recognised(lab.picture())
        # The prediction ends when somebody closes the model under it, or the shutdown has had the time to do so. If the
        # shutdown waits on the loop's own thread, the prediction ends by itself.
        lab.until_closed = threading.Event()
        call = desk.hand_in(lab.picture())
        await desk.computing(2, "A picture was handed in while the model is idle.")
        patience = asyncio.create_task(some_time(lab.until_closed))
    await patience
    await until(lambda: not lab.inside)
    call.leave()
    await server.close()
    assert lab.closed == 1, "The app has shut down. This is how often its model was closed."
    lab.is_sound()


async def test_every_client_gets_its_own_answer(lab, running):
    """Twenty clients at once each get what `predict` says for their picture. Each picture is handed to `predict` once, with 1 to 8 at a time."""
    async with running() as desk:
        gate = lab.keep(1)
        images = [lab.picture() for _ in range(20)]
        calls = [desk.hand_in(image) for image in images]
        what = "Twenty pictures were handed in at once."
        await until(lambda: lab.calls or any(call.is_answered for call in calls))
        for _ in range(3):
            await settle()
        assert lab.oddities == [], f"{what} {' '.join(lab.oddities)}"
        gate.open()
        for image, call in zip(images, calls, strict=True):
            await desk.recognised(image, call, what)
        lab.is_sound()
        assert sorted(image for call in lab.calls for image in call) == sorted(images), (
            "These are the pictures that `predict` was called with, and those that were handed in, both sorted."
        )


async def test_the_loop_stays_free_while_the_model_computes(lab, running):
    """`GET /livez` answers 200 `{"status": "alive"}`, also while the model computes. `predict` is never called on the thread of the event loop."""
    async with running() as desk:
        response = await desk.server.request("GET", "/livez")
        assert response.status_code == 200
        assert response.json() == exactly({"status": "alive"})
        gate, image, call = await desk.held()
        lab.is_sound()
        response = await desk.server.request("GET", "/livez")
        assert response.status_code == 200
        assert response.json() == exactly({"status": "alive"})
        assert not call.is_answered, "The model is still computing, and the request is answered."
        gate.open()
        await desk.recognised(image, call)
        lab.is_sound()


@contextmanager
def a_slow_clock():
    """The clock of the loop stands still, but for the steps that the check makes: timers are not due."""
    loop = asyncio.get_running_loop()
    now = [loop.time()]
    loop.time = lambda: now[0]

    async def step():
        for _ in range(20):
            await asyncio.sleep(0)
        now[0] += 0.002

    try:
        yield step
    finally:
        del loop.time


async def test_waiting_requests_travel_together(lab, rng, running):
    """A picture that finds the model idle goes to `predict` at once. Those that come during a prediction wait, and go to `predict` together in the next calls, those that came first ahead, 8 at most."""
    async with running() as desk:
        await desk.recognised(lab.picture())
        lab.calls.clear()
        gate, image = lab.keep(1), lab.picture()
        with a_slow_clock() as step:
            call = desk.hand_in(image)
            for _ in range(5):
                await step()
            if threading.get_ident() not in lab.threads:
                await gate.meets(
                    1,
                    "A picture was handed in while the model is idle, and `predict` is not called before some time has passed. It is "
                    "to start at once. Those that come in the meantime find company without any waiting.",
                )
        pictures = [lab.picture() for _ in range(rng.randint(AT_ONCE + 1, 2 * AT_ONCE - 1))]
        calls = [desk.hand_in(one) for one in pictures[:AT_ONCE]]
        # Whoever hands them over by a thread has time for it.
        for _ in range(6):
            await settle()
        calls += [desk.hand_in(one) for one in pictures[AT_ONCE:]]
        for _ in range(6):
            await settle()
        what = f"The model was busy with one picture, and {AT_ONCE} others came, then {len(pictures) - AT_ONCE} more."
        assert lab.oddities == [], f"{what} {' '.join(lab.oddities)}"
        gate.open()
        for one, waited in zip([image, *pictures], [call, *calls], strict=True):
            await desk.recognised(one, waited, what)
        assert lab.oddities == [], f"{what} {' '.join(lab.oddities)}"
        sizes = [len(one) for one in lab.calls]
        assert sizes == [1, AT_ONCE, len(pictures) - AT_ONCE], told(
            (
                max(sizes) == 1,
                f"{what} Each was computed alone, and the model takes as long for one as for eight. Whoever waits anyway can "
                "share a call. These are the sizes of the calls.",
            ),
            f"{what} These are the sizes of the calls of `predict`.",
        )
        assert sorted(lab.calls[1]) == sorted(pictures[:AT_ONCE]), (
            f"{what} These pictures were in the next call, sorted. Those that came first are not the first to be looked at."
        )


def retry_after(response):
    """The whole seconds of that header; 0 if there are none."""
    after = response.header("retry-after") or ""
    return int(after) if after.isdecimal() else 0


async def turned_away(lab, calls, what):
    """Of these requests exactly one is answered before anything is released, with a 503; return the others."""
    await until(lambda: any(call.is_answered for call in calls))
    for _ in range(3):
        await settle()
    answered = [call for call in calls if call.is_answered]
    if not answered:
        raise AssertionError(
            f"{what} {' '.join(lab.oddities)}"
            if lab.oddities
            else f"{what} The model is still busy, one request is too many, and nobody was turned away. A bounded queue, and an "
            "honest no."
        )
    response = await answered[0].reply()
    assert response.status_code == 503, f"{what} The model is still busy, and one of the requests is answered already."
    assert retry_after(response) >= 1, f"{what} The refusal has a `Retry-After` of whole seconds, 1 or more."
    assert len(answered) == 1, told(
        (
            len(answered) - len(lab.calls[-1]) in {0, 1},
            f"{what} So many were turned away at once, and only one of them is too many. It looks as if the pictures in the running "
            "call took places in the waiting room. They do not wait any more.",
        ),
        f"{what} One of them is too many. This is how many were turned away at once.",
    )
    return [call for call in calls if call is not answered[0]]


async def test_a_full_waiting_room_says_so_at_once(lab, rng, running):
    """While 32 requests wait, beside those in the running call, the next one is answered 503 with `Retry-After` at once. All that wait are served later."""
    async with running() as desk:
        first, *_ = await desk.held()
        second = lab.keep(2)
        images = {}

        async def crowd(size):
            """So many more requests."""
            calls = []
            for _ in range(size):
                image = lab.picture()
                calls.append(desk.hand_in(image))
                images[id(calls[-1])] = image
            # Whoever hands them over by a thread has time for it.
            for _ in range(3):
                await settle()
            return calls

        size = rng.randint(3, 5)
        few = await crowd(size)
        what = f"One picture was computed, and {size} requests came."
        assert [call for call in few if call.is_answered] == [], (
            f"{what} One of them is answered already. {' '.join(lab.oddities)}"
        )
        first.open()
        await desk.computing(2, f"{what} Now the model is idle.")
        assert len(lab.calls[1]) == size, (
            f"{what} Now the model is idle, and this is how many pictures were in its next call."
        )
        what = f"{size} pictures are being computed, and {WAITING + 1} more requests have come."
        # In two parts: whoever takes some of them out too early shall have the time for it.
        many = [*await crowd(20), *await crowd(WAITING + 1 - 20)]
        waiting = await turned_away(lab, many, what)
        second.open()
        for call in [*few, *waiting]:
            await desk.recognised(images[id(call)], call, "This request had found a place to wait.")
        await desk.recognised(lab.picture(), what="The crowd has gone, nobody is waiting.")
        lab.is_sound()


async def test_one_bad_picture_and_one_crash(lab, rng, running):
    """A picture for which `predict` says None is answered 422 with a `detail`, and so is bad input; the others in that call get their answers. If `predict` raises, the requests of that call get 503 without the error's text, and the service goes on."""
    async with running() as desk:
        gate, image, call = await desk.held()
        lab.is_sound()
        good, bad = [lab.picture(), lab.picture()], rng.word(5)
        calls = [desk.hand_in(one) for one in (good[0], bad, good[1])]
        for _ in range(3):
            await settle()
        gate.open()
        await desk.recognised(image, call)
        for one, sent in zip(good, (calls[0], calls[2]), strict=True):
            await desk.recognised(one, sent, "Another picture that was handed in at the same time is none.")
        response = await answer(calls[1], "`predict` says None for this one, and the request is not answered.")
        assert response.status_code == 422, "`predict` says None for this one: it is no picture."
        said = response.json()
        assert isinstance(said, dict) and said.get("detail"), "The refusal has a `detail`."
        for body in ({}, {"image": rng.randint(1, 99)}):
            response = await desk.server.request("POST", "/recognitions", json=body)
            assert refusal(response) == refused_at("body.image")

        for _ in range(2):
            turn = len(lab.calls) + 1
            secret = rng.word(6)
            gate, image, call = await desk.held(turn)
            lab.faults[turn + 1] = RuntimeError(f"out of memory at {secret}")
            calls = [desk.hand_in(lab.picture()) for _ in range(3)]
            for _ in range(3):
                await settle()
            gate.open()
            what = "One call of `predict` went well, and the next one, with three pictures, raises."
            await desk.recognised(image, call, what)
            for sent in calls:
                response = await answer(sent, f"{what} Not all who waited for it are answered.")
                assert response.status_code == 503, f"{what} This is the answer to one of the three."
                assert secret not in response.text, f"{what} The error's own text went out to the client."
            await desk.recognised(
                lab.picture(),
                what="The last call of `predict` has raised, and this is another picture. The service is to go on.",
            )
        lab.is_sound()


class Reader:
    """Reads a stream of server-sent events as it comes."""

    def __init__(self, call):
        self.call = call

    @property
    def text(self):
        parts = [one.get("body", b"") for one in self.call.sent if one["type"] == "http.response.body"]
        return b"".join(parts).decode("utf-8", "replace")

    @property
    def status(self):
        return next((one["status"] for one in self.call.sent if one["type"] == "http.response.start"), None)

    @property
    def events(self):
        """The events that are there whole: type, data, and the id of words."""
        found = []
        *blocks, _ = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n")
        for block in blocks:
            fields = {}
            for line in block.split("\n"):
                name, _, value = line.partition(":")
                if name:
                    fields.setdefault(name, []).append(value.removeprefix(" "))
            if "data" not in fields:
                continue
            event = {"event": fields.get("event", ["message"])[-1], "data": data_of("\n".join(fields["data"]))}
            if event["event"] != "done":
                event["id"] = fields.get("id", [None])[-1]
            found.append(event)
        return found

    async def gets(self, expected, what):
        """Wait for so many events, and compare all so far."""
        await until(lambda: len(self.events) >= len(expected) or self.call.is_answered)
        if self.status is None and self.call.is_answered:
            await self.call.reply()
        assert self.status in (200, None), f"{what} The stream was to begin with 200."
        words = [one for one in self.events if "words" not in str(one["data"])]
        assert self.events == exactly(expected), told(
            (not self.text, f"{what} Nothing of the stream has been sent so far."),
            (
                bool(self.text) and not self.events,
                f"{what} What was sent so far is no event: a `data:` line, and an empty line after it. It is: {self.text[:200]!r}",
            ),
            (
                "(this is no JSON)" in str(words),
                f"{what} The data of these events is no JSON. For a reader it has to be an object with the word in it.",
            ),
            (
                any(one["event"] != "message" for one in words),
                f"{what} The events of words have a name of their own, and a reader that listens to messages does not hear them.",
            ),
            (
                any(one.get("id") is None for one in words),
                f"{what} An event lacks its `id`. After an interruption, it is all that the reader has to say how far it came.",
            ),
            what,
        )


def data_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return f"{text} (this is no JSON)"


def word_event(number, word):
    return {"event": "message", "data": {"word": word}, "id": str(number)}


def read(desk, name, last=None):
    headers = [("accept", "text/event-stream")]
    if last is not None:
        headers.append(("last-event-id", str(last)))
    return Reader(desk.server.start("GET", f"/plants/{name}/description", headers=headers))


async def ends(reader, what):
    return await answer(reader.call, f"{what} The stream does not come to its end.")


async def test_words_arrive_as_they_are_made(lab, running):
    """`GET /plants/{name}/description` streams server-sent events, each word as soon as it is made: `id` 1, 2, …, data `{"word": …}`, and at the end the event `done` with `{"words": n}`."""
    async with running() as desk:
        name = lab.plant()
        words, expected = lab.texts[name], []
        reader = read(desk, name)
        for number, word in enumerate(words[:-1], 1):
            lab.permit()
            expected.append(word_event(number, word))
            await reader.gets(
                expected,
                f"The model has made word {number} of {len(words)}, and is busy with the next. Each word is sent when it is made.",
            )
        lab.permit()
        expected += [word_event(len(words), words[-1]), {"event": "done", "data": {"words": len(words)}}]
        await reader.gets(expected, "The model has made all its words.")
        response = await ends(reader, "The model has made all its words.")
        headers = {key: response.header(key) or "" for key in ("content-type", "cache-control")}
        assert headers["content-type"].partition(";")[0] == "text/event-stream"
        assert "no-cache" in headers["cache-control"], "This is the header `Cache-Control` of the stream."
        assert lab.begun == 1, "One description was asked for. This is how often `describe` was called."


async def test_a_reader_who_reconnects_goes_on(lab, rng, running):
    """With `Last-Event-ID: k` the stream goes on after word k, with the same numbers. `done` names the words of the whole description."""
    async with running() as desk:
        name = lab.plant()
        words = lab.texts[name]
        done = {"event": "done", "data": {"words": len(words)}}
        everything = [word_event(number, word) for number, word in enumerate(words, 1)]
        for last in (None, rng.randint(2, len(words) - 2), len(words) - 1, len(words), 0):
            lab.permit(len(words))
            reader = read(desk, name, last)
            what = (
                f"The description has {len(words)} words. The reader asked without `Last-Event-ID`."
                if last is None
                else f"The description has {len(words)} words. The reader asked with `Last-Event-ID: {last}`."
            )
            await ends(reader, what)
            got, expected = reader.events, [*everything[last or 0 :], done]
            assert got == exactly(expected), told(
                (bool(last) and got[:1] == everything[:1], f"{what} It hears the beginning a second time."),
                (
                    bool(last) and got[:1] == everything[last - 1 : last],
                    f"{what} It has had that word. This stream begins with it once more, and the one after it should come first.",
                ),
                (
                    got[-1:] != [done] and got[:-1] == expected[:-1],
                    f"{what} The words are right, and the last event is not: `done` with the number of words of the whole "
                    "description, however many this reader still had to get.",
                ),
                (
                    [one["data"] for one in got] == [one["data"] for one in expected],
                    f"{what} The words are right, and their numbers are not: each keeps the number that it has in the whole "
                    "description, so that the reader can name it after the next interruption.",
                ),
                what,
            )


async def test_a_reader_who_left_stops_the_work(lab, running):
    """When the reader leaves, `describe` is stopped, and no further word is made."""
    async with running() as desk:
        name = lab.plant()
        expected = [word_event(number, word) for number, word in enumerate(lab.texts[name][:2], 1)]
        reader = read(desk, name)
        lab.permit(2)
        await reader.gets(expected, "The model has made two words, and is busy with the third.")
        reader.call.leave()
        what = "The reader has left after two words, while the model was busy with the third."
        await until(lambda: lab.stopped)
        assert lab.stopped == 1, f"{what} `describe` is still at work, and nobody reads it."
        lab.permit(5)
        await settle()
        assert lab.words_made == 2, f"{what} This is how many words have been made."
        await reader.call.ended(f"{what} The app does not come to an end with the request.")


async def test_unknown_plants_are_404(lab, rng, running):
    """A description of a plant that the model does not know is answered 404, and `describe` is not called for it."""
    async with running() as desk:
        for last in (None, 2):
            reader = read(desk, f"{rng.word()}-x", last)
            await until(lambda reader=reader: reader.call.is_answered)
            assert reader.status != 200, (
                "The model does not know this plant, and its stream has begun with 200. Once a stream has begun, its status is "
                "sent: look before you start it."
            )
            response = await answer(reader.call, "The model does not know this plant, and the request is not answered.")
            assert response.status_code == 404, "The model does not know this plant."
        assert lab.begun == 0, "`describe` was called for a plant that the model does not know."
        name = lab.plant()
        lab.permit(len(lab.texts[name]))
        reader = read(desk, name)
        response = await ends(reader, "The model knows this plant.")
        assert response.status_code == 200, "The model knows this plant."
