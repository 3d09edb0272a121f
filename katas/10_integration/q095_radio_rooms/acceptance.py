"""Checks of q095: people who come, talk, and go, whose lines break, and who have two tabs open."""

import asyncio
import contextlib
import ctypes
import functools
import json
import sys
import threading
from concurrent.futures import Future, wait
from pathlib import Path

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told, value_at
from pytest_fastapi_kata.rendezvous import MovableLoop, settle, until

KINDS = ("welcome", "joined", "message", "error", "left", "announcement")
DEAD = "Sending to it raises `OSError`, which Starlette turns into `WebSocketDisconnect`; it has not seen a disconnect."


def watched(check):
    """Run an async check on a loop in a thread of its own; AssertionError, naming the place, if that loop stands still."""

    @functools.wraps(check)
    def run(radio, app, module):
        outcome, loop = Future(), MovableLoop()
        thread = threading.Thread(target=_play, args=(_on_air(check, radio, app), loop, outcome), daemon=True)
        thread.start()
        beat, missed = None, 0
        while missed < 20:
            if beat is None or beat.is_set():
                beat, missed = threading.Event(), 0
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(beat.set)
            done, _ = wait([outcome], 0.25)
            if done:
                thread.join(0.5)
                return outcome.result()
            missed += 1
        where = _place(thread, module.__file__)
        # What ends from here on is not what the check failed for.
        if radio.server is not None:
            radio.server._recorder = None  # noqa: SLF001 - nothing else gives it
        # A loop that goes round and round would take its time from all other checks.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        thread.join(1)
        raise AssertionError(
            f"The event loop stands still{where}. Whatever runs there does not come to an `await` that waits, so nobody else "
            "is served."
        )

    # pytest asks the function that it calls for its parameters.
    del run.__wrapped__
    return run


async def _on_air(check, radio, app):
    async with radio.on_air(app):
        await check(radio)


def _play(coroutine, loop, outcome):
    # What goes wrong while the loop is being closed is not what the check is about.
    with contextlib.suppress(BaseException), asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            outcome.set_result(runner.run(coroutine))
        except BaseException as error:
            outcome.set_exception(error)


def _place(thread, file):
    """The line of the learner's at which a thread is."""
    frame = sys._current_frames().get(thread.ident)  # noqa: SLF001 - there is no other way to look
    while frame is not None:
        if frame.f_code.co_filename == file:
            return f" in {Path(file).name}, line {frame.f_lineno} (`{frame.f_code.co_name}`)"
        frame = frame.f_back
    return ""


class Connection:
    """Somebody's WebSocket, and what it is about to hear."""

    def __init__(self, radio, room, name, socket, target):
        self.radio, self.room, self.name, self.socket, self.target = radio, room, name, socket, target
        self.log = []

    @property
    def ending(self):
        """How the connection has ended, if it has."""
        if self.socket.close_code is not None:
            return f" The app has closed this connection with {self.socket.close_code}."
        if not self.socket.has_ended:
            return ""
        error = self.socket.raised
        return f" The endpoint of this connection has ended{f', with {described(error)}' if error else ''}."

    def about(self):
        self.radio.about = self.socket, self.target

    async def next(self, kinds=KINDS, otherwise="Nothing came."):
        """The next message of one of these kinds, or of none that is known."""
        self.about()
        while True:
            await until(lambda: self.socket.unread or self.socket.has_ended)
            if not self.socket.unread:
                raise AssertionError(f"{otherwise} Nothing (more) has come.{self.ending}{self.radio.trouble(self)}")
            message = await self.socket.next_message()
            assert isinstance(message, str), "Messages are JSON in text frames, and this is a binary frame."
            try:
                message = json.loads(message)
            except ValueError:
                raise AssertionError(f"Messages are JSON, and this one is not: {message[:200]!r}") from None
            self.log.append(message)
            kind = value_at(message, "type")
            if kind in kinds or kind not in KINDS:
                return message

    async def hears(self, expected, otherwise, kinds=KINDS):
        """The next message of these kinds is this one."""
        got = await self.next(
            kinds, f"{otherwise} It should be told: {json.dumps(expected, ensure_ascii=False)[:200]}."
        )
        assert got == exactly(expected), f"{otherwise}{self.radio.trouble(self)}"

    async def hears_that(self, kind, who, otherwise):
        """Sooner or later it is told that somebody has `joined` or `left`; what it was told before is passed over."""
        expected = {"type": kind, "member": who.name}
        told_so = f"{otherwise} The others should be told: {json.dumps(expected, ensure_ascii=False)}."
        while expected not in self.log:
            await self.next((kind,), told_so)

    async def is_told_of_an_error(self, otherwise, kinds=KINDS):
        """The next message is an error with any text."""
        got = await self.next(kinds, f'{otherwise} It should be told: {{"type": "error", "detail": …}}.')
        detail = value_at(got, "detail")
        text = detail if isinstance(detail, str) else "(a text)"
        assert got == exactly({"type": "error", "detail": text}), otherwise

    async def closed(self, code, otherwise):
        """The connection was accepted and closed with this code; nothing was sent."""
        self.about()
        await until(lambda: self.socket.close_code is not None or self.socket.has_ended or self.socket.unread)
        assert self.socket.status == 101, told(
            (
                self.socket.status == 403,
                f"{otherwise} The handshake was refused. A page learns of that only that it has failed, not why: a code "
                "can be sent after accepting.",
            ),
            f"{otherwise} The handshake was not accepted.{self.ending}",
        )
        heard = [await self.socket.next_message() for _ in range(self.socket.unread)]
        assert heard == [], f"{otherwise} It is closed before any message."
        assert self.socket.close_code == code, f"{otherwise} That is the code with which it was closed.{self.ending}"

    async def came_in(self, otherwise):
        """It was accepted, and its first message, the welcome, has come."""
        self.about()
        await until(lambda: self.socket.status is not None or self.socket.has_ended)
        assert self.socket.status == 101, f"{otherwise} The handshake was not accepted.{self.ending}"
        self.radio.welcome = await self.next(otherwise=f"{otherwise} The first message is to come.")

    def say(self, text, **further):
        self.socket.say_json({"text": text, **further})


class Radio:
    """The app, the tickets of the rescue service, and who uses them."""

    def __init__(self, asgi, rng, rooms):
        self.asgi, self.rng, self.rooms = asgi, rng, rooms
        self.tickets, self.asked, self.about, self.connections = {}, [], None, []
        self.server = None
        self.names = iter(rng.shuffled([name + rng.choice(("", "", "ä")) for name in rng.names(30)]))

    async def redeem(self, ticket):
        self.asked.append(ticket)
        await asyncio.sleep(0)
        return self.tickets.pop(ticket, None)

    @contextlib.asynccontextmanager
    async def on_air(self, app):
        before = asyncio.all_tasks()
        try:
            async with self.asgi(app) as self.server:
                try:
                    yield
                except BaseException:
                    self._show()
                    raise
        finally:
            rest = asyncio.all_tasks() - before
            for task in rest:
                task.cancel()
            if rest:
                await asyncio.wait(rest, timeout=0.2)

    def _show(self):
        """What the check failed for is shown to the learner, and not what ends when the server does."""
        with contextlib.suppress(AttributeError):
            recorder, self.server._recorder = self.server._recorder, None  # noqa: SLF001 - nothing else gives it
            if self.about is not None:
                socket, target = self.about
                recorder.note_raised(socket.raised if isinstance(socket.raised, Exception) else None)
                recorder.add(socket.exchange(target))

    def room(self, number=0):
        return sorted(self.rooms)[number]

    def person(self):
        return next(self.names)

    def ticket(self, name):
        ticket = f"t-{self.rng.word(4)}-{self.rng.digits(6)}"
        self.tickets[ticket] = name
        return ticket

    def dial(self, room, name, **options):
        """Open a WebSocket and wait for nothing."""
        target = f"/rooms/{room}?ticket={self.ticket(name)}"
        self.connections.append(Connection(self, room, name, self.server.websocket(target, **options), target))
        return self.connections[-1]

    async def enter(self, room, name, otherwise="Somebody with a valid ticket comes to a room that has a place."):
        """Open a WebSocket that gets in; its first message is the one that `self.welcome` keeps."""
        connection = self.dial(room, name)
        await connection.came_in(otherwise)
        return connection

    def trouble(self, but):
        """Endpoints of others that have ended as they should not."""
        for one in self.connections:
            error = one.socket.raised
            left = one.socket.has_left and type(error).__name__ == "WebSocketDisconnect"
            if one is not but and isinstance(error, Exception) and not left:
                return f" The endpoint of another connection has ended, with {described(error)}."
        return ""

    async def get(self, room, status=200):
        response = await self.server.request("GET", f"/rooms/{room}")
        self.about = None
        assert response.status_code == status
        return response

    async def shows(self, room, names, otherwise, *, in_order=False):
        """GET shows these people, at once or after a moment."""
        expected = exactly({"room": room, "members": sorted(names)})
        for _ in range(200):
            response = await self.get(room)
            if (response.json() if in_order else tidied(response.json())) == expected:
                return
            await asyncio.sleep(0.01)
        shown = response.json() if in_order else tidied(response.json())
        assert shown == expected, f"{otherwise}{self.trouble(None)}"

    async def announce(self, room, text, status=202):
        call = self.server.start("POST", f"/rooms/{room}/announcements", json={"text": text})
        assert await until(lambda: call.is_answered), "An announcement is not answered."
        response = await call.reply()
        self.about = None
        if status is not None:
            assert response.status_code == status
        return response


def tidied(answer):
    """An answer with its members in order; that they are to be sorted is the business of one check."""
    members = value_at(answer, "members")
    sortable = isinstance(members, list) and all(isinstance(one, str) for one in members)
    return {**answer, "members": sorted(members)} if sortable else answer


def described(error):
    return f"{type(error).__name__}: {error}".rstrip(".: ")


@pytest.fixture
def radio(asgi, rng, given):
    # The first by name has three places, all others have enough.
    rooms = {name: 3 if number == 0 else rng.randint(9, 20) for number, name in enumerate(sorted(rng.words(6)))}
    radio = Radio(asgi, rng, dict(rng.shuffled(list(rooms.items()))))
    given("crew", redeem=radio.redeem, ROOMS=dict(radio.rooms))
    return radio


@watched
async def test_a_bad_ticket_never_gets_in(radio):
    """Without a valid ticket in the query the handshake is refused and never accepted. `redeem` is asked once for each handshake."""
    room, name = radio.room(), radio.person()
    unused, used = radio.ticket(name), radio.ticket(name)
    target = f"/rooms/{room}?ticket={used}"
    inside = Connection(radio, room, name, radio.server.websocket(target), target)
    inside.about()
    await until(lambda: inside.socket.status is not None or inside.socket.has_ended)
    assert inside.socket.status == 101, f"This ticket is valid. The handshake was not accepted.{inside.ending}"
    assert radio.asked == [used], told(
        (
            radio.asked == [],
            "Somebody with a valid ticket was let in. These are the tickets that `redeem` was asked for.",
        ),
        "One handshake with this ticket. These are the calls of `redeem`: one for each handshake.",
    )
    wrong = f"t-{radio.rng.word()}"
    header = [("authorization", f"Bearer {unused}"), ("ticket", unused), ("cookie", f"ticket={unused}")]
    for what, query, headers, ticket in (
        ("A handshake without a ticket", "", [], None),
        ("A handshake with an empty ticket", "?ticket=", [], ""),
        ("A handshake with a ticket that nobody has given out", f"?ticket={wrong}", [], wrong),
        ("A handshake with a valid ticket in headers only", "", header, None),
        ("A handshake with a ticket that was used before", f"?ticket={used}", [], used),
        (
            "A handshake for a room that does not exist, with a ticket that nobody has given out",
            "?ticket=-",
            [],
            "-",
        ),
    ):
        radio.asked.clear()
        target = f"/rooms/{radio.rng.word(5) if ticket == '-' else room}{query}"
        socket = radio.server.websocket(target, headers=headers)
        radio.about = socket, target
        await until(lambda socket=socket: socket.status is not None or socket.has_ended)
        await settle()
        assert socket.status != 101, told(
            (
                socket.close_code is not None,
                f"{what} was accepted, and closed only then. Who is accepted is in, be it for a moment. Ask before "
                "accepting.",
            ),
            f"{what} was accepted.",
        )
        assert socket.status is not None, (
            f"{what} is to be refused. It was neither accepted nor refused."
            f"{Connection(radio, room, '', socket, target).ending}"
        )
        if ticket:
            assert radio.asked == [ticket], f"{what}. These are the calls of `redeem`: one for each handshake."
        else:
            assert radio.asked in ([], [""], [None]), f"{what}. These are the calls of `redeem`."
    radio.about = None
    response = await radio.get(room)
    assert response.json() == exactly({"room": room, "members": [name]}), "One person got in, and nobody else."


@watched
async def test_close_codes_tell_the_page_why(radio):
    """An unknown room is accepted and closed with 4404, a full one with 4409, before any message. People are counted, not connections, and a place becomes free when somebody leaves."""
    room, unknown = radio.room(), radio.rng.word(5)
    stranger = radio.dial(unknown, radio.person())
    await stranger.closed(4404, "The ticket is valid, the room is unknown.")
    first, second = [await radio.enter(room, radio.person()) for _ in range(2)]
    tab = await radio.enter(room, first.name, "One of two people in a room for three opens a second tab.")
    third = await radio.enter(room, radio.person(), "Two people, one of them with two tabs, are in a room for three.")
    late = radio.dial(room, radio.person())
    await late.closed(4409, "Three people are in a room for three, and a fourth one comes.")
    other_tab = await radio.enter(
        room, second.name, "Three people are in a room for three, and one of them opens another tab."
    )
    everybody = [first.name, second.name, third.name]
    await radio.shows(room, everybody, "Three people are in the room. A fourth one was sent away.")
    second.say(said := radio.rng.title())
    await third.hears(
        {"type": "message", "member": second.name, "text": said},
        "A fourth person was sent away from a full room, and then somebody in the room said something.",
        ("message",),
    )
    mentioned = [message for message in third.log if late.name in json.dumps(message, ensure_ascii=False)]
    assert mentioned == [], "A fourth person was sent away from a full room. Nobody in the room is told of that."
    third.socket.leave(1000)
    await radio.shows(room, everybody[:2], "Three people were in the room. One has left, with the code 1000.")
    names = [radio.person() for _ in range(4)]
    at_once = [radio.dial(room, name, stalled=True) for name in names]
    # They wait for their lines, so that nobody is through before the others have come.
    await until(lambda: all(one.socket.under_way or one.socket.has_ended for one in at_once))
    for one in at_once:
        one.socket.flow()
    await until(lambda: all(one.socket.unread or one.socket.has_ended for one in at_once))
    await settle()
    radio.about = None
    outcomes = sorted(str(one.socket.close_code or "is in") for one in at_once)
    assert outcomes == ["4409", "4409", "4409", "is in"], (
        "Two people with two tabs each are in a room for three, and four people come at the same moment. This is what "
        "became of the four."
    )
    inside = next(one for one in at_once if one.socket.close_code is None)
    await radio.shows(room, [first.name, second.name, inside.name], "The room is full again.")
    for gone in (tab, other_tab):
        gone.socket.leave(1000)
    await settle()
    late = radio.dial(room, radio.person())
    await late.closed(
        4409, "Two of three people have closed their second tab, and are still in the room by their first."
    )


@watched
async def test_newcomers_are_welcomed_and_announced(radio):
    """The newcomer gets the welcome first, with all members, sorted. The others get `joined`. `GET /rooms/{room}` shows the members, 404 if the room is unknown."""
    room, other, unknown = radio.room(1), radio.room(2), radio.rng.word(5)
    response = await radio.get(room)
    assert response.json() == exactly({"room": room, "members": []}), "Nobody has come into this room yet."
    await radio.get(unknown, 404)
    elsewhere = await radio.enter(other, radio.person())
    inside = []
    names = sorted(radio.person() for _ in range(5))
    for name in [names.pop(), *radio.rng.shuffled(names)]:
        newcomer = await radio.enter(room, name)
        members = sorted([name, *(one.name for one in inside)])
        newcomer.about()
        assert radio.welcome == exactly({"type": "welcome", "room": room, "members": members}), (
            "The first message to a newcomer. The members are the people in this room, the newcomer included, sorted."
        )
        for one in inside:
            await one.hears(
                {"type": "joined", "member": name},
                "Somebody has come into the room. Those who were there before are told.",
            )
        inside.append(newcomer)
        await radio.shows(room, members, f"{len(members)} people are in the room.", in_order=True)
    # Somebody talks while a newcomer's line lets nothing through yet.
    slow, speaker, text = radio.dial(room, radio.person(), stalled=True), inside[0], radio.rng.title()
    await until(lambda: slow.socket.under_way)
    speaker.say(text)
    await settle()
    slow.socket.flow()
    slow.about()
    first = await slow.next(otherwise="Somebody with a valid ticket came into a room.")
    members = sorted([slow.name, *(one.name for one in inside)])
    assert first == exactly({"type": "welcome", "room": room, "members": members}), (
        "Somebody else talked while this newcomer was being accepted. The first message is the welcome, all the same."
    )
    radio.about = None
    newcomer = await radio.enter(other, radio.person())
    await elsewhere.hears(
        {"type": "joined", "member": newcomer.name},
        "The first message after the welcome, to somebody in another room than the six who came before.",
    )


@watched
async def test_messages_reach_the_whole_room_and_no_other(radio):
    """What a member says goes to everyone in the room, the sender included, under the name that belongs to the ticket. Announcements by HTTP go to every connection and are answered with their number."""
    kinds = ("message", "error", "announcement")
    room, other = radio.room(1), radio.room(2)
    inside = [await radio.enter(room, radio.person()) for _ in range(3)]
    elsewhere = await radio.enter(other, radio.person())
    quiet = await radio.enter(other, radio.person())
    for text in (radio.rng.title(), f'„{radio.rng.word()}" & <Grüße>\n\\ 🏔', "null"):
        for speaker in inside:
            said = f"{text} {radio.rng.digits(3)}"
            speaker.say(said, member=elsewhere.name, type="announcement", room=other)
            message = {"type": "message", "member": speaker.name, "text": said}
            for one in inside:
                await one.hears(
                    message,
                    "Somebody in the room has said this, and named somebody else as `member`, another room and another "
                    "type as well. Everyone in the room hears it, the speaker too.",
                    kinds,
                )
    text = radio.rng.title()
    response = await radio.announce(room, text)
    assert response.json() == exactly({"reached": 3}), "Three connections are in the room."
    for one in inside:
        await one.hears({"type": "announcement", "text": text}, "An announcement was made in this room.", kinds)
    for text in ("", "x" * 501):
        response = await radio.announce(room, text, None)
        assert refusal(response) == refused_at("body.text"), f"An announcement of {len(text)} characters."
    await radio.announce(radio.rng.word(5), text[:10], 404)
    response = await radio.announce(radio.room(0), text[:500])
    assert response.json() == exactly({"reached": 0}), "Nobody is in this room."
    elsewhere.say(radio.rng.title() + "!")
    heard = await quiet.next(kinds, "Somebody in the room has said something.")
    assert picked_of(heard, "type", "member") == exactly({"type": "message", "member": elsewhere.name}), (
        "In another room people have talked, and an announcement was made. Then somebody talks in this room, and this is "
        "the first that its other member hears."
    )
    heard = await inside[0].next(kinds, "") if inside[0].socket.unread else None
    assert heard is None, "Somebody in another room has said this, or a text was refused with 422."


def picked_of(message, *keys):
    return {key: message.get(key, "(left out)") for key in keys} if isinstance(message, dict) else message


@watched
async def test_nonsense_is_answered_and_survived(radio):
    """What is no JSON object with a `text` of 1 to 500 characters gets an `error`, which nobody else hears, and the connection stays open."""
    kinds = ("message", "error")
    room, word = radio.room(1), radio.rng.word()
    speaker, other = [await radio.enter(room, radio.person()) for _ in range(2)]
    good = json.dumps({"text": word})
    for frame in (
        word,
        "",
        good[:-1],
        json.dumps(word),
        json.dumps([{"text": word}]),
        "null",
        "{}",
        json.dumps({"Text": word, "message": word}),
        json.dumps({"text": ""}),
        json.dumps({"text": "x" * 501}),
        json.dumps({"text": None}),
        json.dumps({"text": radio.rng.randint(1, 99)}),
        json.dumps({"text": [word]}),
        good.encode(),
        b"\xff\x00" + word.encode(),
    ):
        kind = "binary frame" if isinstance(frame, bytes) else "text frame"
        shown = frame if len(frame) < 80 else f"{frame[:30]}… ({len(frame)} characters)"
        what = f"This member has sent the {kind} {shown!r}, which is no message."
        speaker.socket.say(frame)
        await speaker.is_told_of_an_error(what, kinds)
        said = word * 2 + radio.rng.digits(3)
        speaker.say(said)
        message = {"type": "message", "member": speaker.name, "text": said}
        await speaker.hears(message, f"{what} A good one came after it.", kinds)
        await other.hears(
            message,
            f"Somebody else has sent the {kind} {shown!r}, which is no message, and then a good one. Only the good one "
            "goes to the room.",
            kinds,
        )
    longest = "".join(radio.rng.choice("aäß🏔 x") for _ in range(498))
    for text, what in (
        (f"<{longest}>", "500 characters, which is just not too long"),
        (" ", "one character, a space, which is just long enough"),
    ):
        speaker.say(text)
        for one in (speaker, other):
            await one.hears(
                {"type": "message", "member": speaker.name, "text": text}, f"Somebody has said {what}.", kinds
            )


@watched
async def test_leaving_is_told_once_and_leaves_no_ghost(radio):
    """When somebody's connection has ended, however it ended, the others get `left` once, and the list does not show that person any more."""
    kinds = ("message", "left")
    room = radio.room(1)
    stays, listens = [await radio.enter(room, radio.person()) for _ in range(2)]
    names = [stays.name, listens.name]
    for code in (1000, 1001, 1005, 1006, 1012):
        leaver = await radio.enter(room, radio.person())
        what = f"Somebody's connection has ended with {code}."
        leaver.socket.leave(code)
        for one in (stays, listens):
            await one.hears({"type": "left", "member": leaver.name}, f"{what} The others in the room are told.", kinds)
        await radio.shows(room, names, f"{what} This is who is shown as present.")
        said = radio.rng.title()
        stays.say(said)
        for one in (stays, listens):
            await one.hears(
                {"type": "message", "member": stays.name, "text": said},
                f"{what} The others were told, and then one of them said something.",
                kinds,
            )
    lost = radio.dial(room, radio.person(), stalled=True)
    await until(lambda: lost.socket.under_way)
    lost.socket.let(1)
    await until(lambda: lost.socket.under_way and lost.socket.status)
    lost.socket.cut()
    await settle()
    lost.socket.leave(1006)
    await radio.shows(
        room,
        names,
        "The line of a newcomer broke while the first message was on its way, and then the connection ended. This is who "
        "is shown as present.",
    )
    again = await radio.enter(room, leaver.name)
    again.about()
    assert picked_of(tidied(radio.welcome), "members") == exactly({"members": sorted([*names, leaver.name])}), (
        "Somebody who has left comes back. This is the welcome."
    )


@watched
async def test_two_tabs_are_one_person(radio):
    """A person with two connections joins once and leaves with the last of them. Both connections get all messages."""
    room = radio.room(1)
    other = await radio.enter(room, radio.person())
    one = await radio.enter(room, radio.person())
    await other.hears({"type": "joined", "member": one.name}, "Somebody has come into the room.")
    two = await radio.enter(room, one.name)
    two.about()
    members = sorted([other.name, one.name])
    assert tidied(radio.welcome) == exactly({"type": "welcome", "room": room, "members": members}), (
        "Two people are in the room, one of them with a second tab. This is the welcome in the second tab."
    )
    await radio.shows(room, members, "Two people are in the room, one of them with two tabs.")
    for speaker in (one, two, other):
        said = radio.rng.title() + radio.rng.digits(2)
        speaker.say(said)
        for listener in (other, one, two):
            await listener.hears(
                {"type": "message", "member": speaker.name, "text": said},
                "Two people are in the room, one of them with two tabs. The second tab joined quietly, then somebody "
                "said this, and it is the next thing to hear for every connection, that of the speaker too.",
            )
    response = await radio.announce(room, said)
    assert response.json() == exactly({"reached": 3}), "Two people with three connections are in the room."
    for listener in (other, one, two):
        await listener.hears({"type": "announcement", "text": said}, "An announcement goes to every connection.")
    one.socket.leave()
    await settle()
    for speaker in (two, other):
        said = radio.rng.title() + radio.rng.digits(2)
        speaker.say(said)
        for listener in (other, two):
            await listener.hears(
                {"type": "message", "member": speaker.name, "text": said},
                "The first of two tabs was closed. The person is still there by the second one, so nothing is told of "
                "that; then somebody said this.",
            )
    await radio.shows(room, members, "The first of two tabs was closed. The person is still there by the second one.")
    two.socket.leave(1006)
    await other.hears({"type": "left", "member": one.name}, "The last tab of this person has gone.")
    await radio.shows(room, [other.name], "Both tabs of one of two people have gone.")
    tabs = [radio.dial(room, one.name, stalled=True) for _ in range(2)]
    # They wait for their lines, so that neither is through before the other has come.
    await until(lambda: all(tab.socket.under_way or tab.socket.has_ended for tab in tabs))
    for tab in tabs:
        tab.socket.flow()
    for tab in tabs:
        await tab.next(otherwise="Two tabs of the same person came into the room at the same moment.")
    for tab in tabs:
        tab.socket.leave()
    for kind in ("joined", "left"):
        await other.hears(
            {"type": kind, "member": one.name}, "Two tabs of the same person came and went at the same moment."
        )
    other.say(said)
    await other.hears(
        {"type": "message", "member": other.name, "text": said},
        "Two tabs of the same person came and went at the same moment, which was told once. Then this was said.",
    )


@watched
async def test_a_dead_line_holds_nobody_up(radio):
    """If sending to a connection fails, everybody else gets the message all the same, nobody else's connection suffers, and an announcement counts those who took it. The dead person leaves once."""
    for number, trigger in enumerate(("message", "announcement", "error", "joined", "left"), 1):
        room = radio.room(number)
        early, dead, late = [await radio.enter(room, radio.person()) for _ in range(3)]
        alive = [early, late]
        what = f"The line of one of three members is dead. {DEAD}"
        if trigger == "left":
            leaver = await radio.enter(room, radio.person())
            what = what.replace("three", "four")
        dead.socket.cut()
        if trigger == "announcement":
            what += " An announcement was made."
            text = radio.rng.title()
            response = await radio.announce(room, text, None)
            assert response.status_code == 202, what
            assert response.json() == exactly({"reached": 2}), f"{what} Two connections took it."
            for one in alive:
                await one.hears({"type": "announcement", "text": text}, what, ("announcement",))
        if trigger == "error":
            what += " That member has sent nonsense, and cannot be told so."
            dead.socket.say("{")
            await settle()
        if trigger == "joined":
            what += " Somebody has come into the room."
            newcomer = await radio.enter(room, radio.person())
            for one in alive:
                await one.hears_that("joined", newcomer, what)
            alive.append(newcomer)
        if trigger == "left":
            what += " Another member has left."
            leaver.socket.leave(1006)
            for one in alive:
                await one.hears_that("left", leaver, what)
        await everybody_talks(alive, what)
        what += " At last it has seen its disconnect, too."
        dead.socket.leave(1006)
        await radio.shows(room, [one.name for one in alive], f"{what} This is who is shown as present.")
        for one in alive:
            await one.hears_that("left", dead, what)
        await everybody_talks(alive, what)
        for one in alive:
            one.about()
            times = one.log.count({"type": "left", "member": dead.name})
            assert times == 1, f"{what} So often this member was told that the dead one has left."


async def everybody_talks(connections, what):
    for speaker in connections:
        said = speaker.radio.rng.title() + speaker.radio.rng.digits(2)
        speaker.say(said)
        for one in connections:
            whose = "the speaker's own connection" if one is speaker else "another member's connection"
            await one.hears(
                {"type": "message", "member": speaker.name, "text": said},
                f"{what} Then somebody said something. This is {whose}.",
                ("message",),
            )


@watched
async def test_coming_and_going_during_a_message_costs_nobody(radio):
    """People come and go while a message is on its way to others. Everybody who was there before and is there after it gets it, and stays connected."""
    kinds = ("message", "joined", "left")
    room = radio.room(1)
    inside = [await radio.enter(room, radio.person()) for _ in range(5)]
    speaker, held, *_, leaver = inside
    for one in inside[:-1]:
        await one.hears_that("joined", leaver, "Somebody has come into the room.")
    held.socket.stall()
    said = radio.rng.title()
    speaker.say(said)
    held.about()
    assert await until(lambda: held.socket.under_way), f"A message is not sent to this member.{held.ending}"
    leaver.socket.leave()
    newcomer = radio.dial(room, radio.person())
    await settle()
    held.socket.flow()
    await newcomer.next(otherwise="Somebody came into the room while a message was on its way to its members.")
    expected = [
        {"type": "message", "member": speaker.name, "text": said},
        {"type": "joined", "member": newcomer.name},
        {"type": "left", "member": leaver.name},
    ]
    for one in inside[:-1]:
        what = (
            "Somebody said something. While that was on its way, one person left and another one came. This is what "
            f"{'the speaker' if one is speaker else 'a member'} was told, in the order of the kinds."
        )
        got = []
        one.about()
        for _ in expected:
            await until(lambda one=one: one.socket.unread or one.socket.has_ended)
            if one.socket.unread:
                got.append(await one.next(kinds))
        rank = [value for message in expected for value in [json.dumps(message)]]
        got.sort(key=lambda message: rank.index(json.dumps(message)) if json.dumps(message) in rank else 9)
        assert got == exactly(expected), f"{what}{one.ending}{radio.trouble(one)}"
    stay = [*inside[:-1], newcomer]
    await radio.shows(
        room, [one.name for one in stay], "One person left, and another one came. This is who is present."
    )
    await everybody_talks(stay, "While a message was on its way, one person left and another one came.")
