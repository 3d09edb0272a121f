"""Checks of q038: which dependency runs where, and who sees what it does."""

import asyncio
import threading
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException

from pytest_fastapi_kata.checks import exactly, told

LOOP = "the server's loop"
COPY = (
    "Note that what a `def` dependency sets in a context variable is set in a worker thread, in that thread's copy of the "
    "context: nobody else sees it."
)


class Station:
    """The station of one check: what its timetable and feeds say, and who called them from where."""

    def __init__(self, rng, given):
        self.rng = rng
        self.calls = []
        self.places = {}
        self.shown = []
        self.in_vain = []
        self.gate = None
        self.reading = None
        self.fault = None
        phrases = {
            "en": {"late": "{minutes} minutes late", "quiet": "Plenty of seats", "busy": "Very busy"},
            "cy": {"late": "{minutes} munud yn hwyr", "quiet": "Digon o seddi", "busy": "Prysur iawn"},
            rng.word(2): {"late": f"{{minutes}} {rng.word()}", "quiet": rng.title(), "busy": rng.title()},
        }
        self.module = given(
            "station",
            PHRASES=phrases,
            departures=self.departures,
            _departures=self.departures,
            _minutes_late=self.minutes_late,
            _crowding=self.crowding,
            _connected=self.connected,
            _show=self.show,
            _closed=self.closed,
        )
        self.new_day()

    def new_day(self):
        """Other trains, minutes, seats and another platform; return the platform."""
        self.calls.clear()
        self.places.clear()
        self.shown.clear()
        self.trains = [f"{self.rng.randint(10, 23)}:{self.rng.randint(10, 59)} {name}" for name in self.rng.names(3)]
        self.minutes = self.rng.randint(2, 90)
        self.seats = self.rng.choice(["quiet", "busy"])
        return self.rng.randint(2, 40)

    def board(self, language):
        phrases = self.module.PHRASES[language]
        late = phrases["late"].format(minutes=self.minutes)
        return {"trains": self.trains, "late": late, "crowding": phrases[self.seats]}

    def note(self, what, platform):
        """Note who was called, and from which place, seen from the check, which runs on the server's loop."""
        self.calls.append((what, platform))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is None:
            place = "the event loop's thread" if threading.get_ident() == self.thread else "a worker thread"
        else:
            place = LOOP if loop is self.loop else "another event loop"
        self.places[what] = place

    def serve(self):
        """Remember the loop and thread that serve the requests."""
        self.loop, self.thread = asyncio.get_running_loop(), threading.get_ident()

    def departures(self, platform):
        self.note("departures", platform)
        if self.reading is not None:
            # Read until the server's loop has done something else.
            asyncio.run_coroutine_threadsafe(self.reading.passed(), self.loop)
            self.reading.hold()
            self.places["loop"] = "free" if self.reading.is_open else "blocked"
        return list(self.trains)

    async def answer(self, feed, platform):
        """Let a feed be asked, and take its time with the answer; with a gate, until the other has been asked too."""
        self.note(feed, platform)
        if self.gate is None:
            await asyncio.sleep(0)
            return
        await self.gate.passed()
        if not self.gate.is_open:
            self.in_vain.append(feed)

    async def minutes_late(self, platform):
        await self.answer("minutes_late", platform)
        return self.minutes

    async def crowding(self, platform):
        await self.answer("crowding", platform)
        return self.seats

    async def connected(self, platform):
        self.note("opened", platform)

    async def show(self, platform, text):
        self.note("shown", platform)
        if self.fault:
            raise self.fault
        self.shown.append(text)

    async def closed(self, platform):
        self.note("closed", platform)


@pytest.fixture
def station(given, rng):
    """A station of this run, put in the place of `station.py` before the app is imported."""
    return Station(rng, given)


@pytest.fixture
def part(module):
    """Gives one of the four dependencies."""

    def find(name):
        found = getattr(module, name, None)
        assert callable(found), f"`app.py` has to offer the dependency `{name}`."
        return found

    return find


def asked_once(platform):
    return [("crowding", platform), ("departures", platform), ("minutes_late", platform)]


def in_language(language):
    return [("X-Language", language)] if language else []


async def test_the_board_speaks_the_callers_language(station, app, asgi, rng):
    """`GET /platforms/{platform}` answers 200 with `trains`, `late` and `crowding`, in the language that `X-Language` names; in English if there is none or it is unknown. Timetable and feeds are asked for that platform, once each."""
    station.serve()
    known = list(station.module.PHRASES)
    languages = [*known, rng.word(4), None, known[-1].upper(), *known]
    platforms = rng.numbers(2, 2, 40)
    async with asgi(app) as server:
        for number, language in enumerate(languages):
            station.new_day()
            platform = platforms[number % 2]
            response = await server.request("GET", f"/platforms/{platform}", headers=in_language(language))
            assert response.status_code == 200, told(
                (
                    response.status_code == 404,
                    "No route answers at `/platforms/{platform}`.",
                ),
                (
                    response.status_code == 500 and language not in known,
                    f"The language asked for is {language}, and `PHRASES` does not have it. Such a traveller reads English.",
                ),
                (
                    response.status_code == 500,
                    "An exception ended the request; it is shown below. If it speaks of a coroutine: FastAPI awaits what it "
                    "can see to be `async`, and it looks at nothing but the callable that stands in `Depends`.",
                ),
            )
            got = response.json()
            expected = language if language in known else "en"
            assert got == exactly(station.board(expected)), told(
                (
                    len(station.calls) < 3,
                    "Not all were asked for this request: timetable and both feeds say something new all the time.",
                ),
                (
                    expected != "en" and got == station.board("en"),
                    f"X-Language: {language}, but the board speaks English. Either nobody set this language before the "
                    f"words were chosen, or it was set where the board cannot see it. {COPY}",
                ),
                (
                    language is not None and language not in known and got == station.board(known[-1]),
                    f"X-Language: {language}, written like this, is no key of `PHRASES`. Such a traveller reads English.",
                ),
                (
                    any(got == station.board(other) for other in known),
                    "The board speaks another language than it was asked to.",
                ),
                "This is not what timetable and feeds said a moment ago, in the words of `station.say`.",
            )
            asked = sorted(station.calls)
            assert asked == asked_once(platform), (
                "These were asked, each with the platform. The board needs the timetable and both feeds, each once for each "
                "request, for the platform in the path."
            )


async def test_the_language_reaches_every_part_of_the_request(station, part, asgi, rng):
    """What `speak` sets in `station.language` is seen for the rest of the request: by `def` and `async def` routes, and by dependencies that stand on `speak`. It works in any app."""
    speak = part("speak")
    station.serve()
    colleague = FastAPI()

    def in_def(_: Annotated[Any, Depends(speak)]):
        return station.module.language.get()

    async def in_async_def(_: Annotated[Any, Depends(speak)]):
        return station.module.language.get()

    @colleague.get("/def")
    def def_route(one: Annotated[str, Depends(in_def)], two: Annotated[str, Depends(in_async_def)]):
        return {"def dependency": one, "async def dependency": two, "route": station.module.language.get()}

    @colleague.get("/async-def", dependencies=[Depends(speak)])
    async def async_route(one: Annotated[str, Depends(in_def)], two: Annotated[str, Depends(in_async_def)]):
        return {"def dependency": one, "async def dependency": two, "route": station.module.language.get()}

    another = list(station.module.PHRASES)[-1]

    async def set_before():
        station.module.language.set(another)

    @colleague.get("/set-before", dependencies=[Depends(set_before), Depends(speak)])
    async def another_route():
        return station.module.language.get()

    async with asgi(colleague) as server:
        for language in [*station.module.PHRASES, rng.word(4), None]:
            known = language if language in station.module.PHRASES else "en"
            for path in ("/def", "/async-def"):
                response = await server.request("GET", path, headers=in_language(language))
                assert response.status_code == 200, "A colleague's route that does nothing but look at the language."
                got = response.json()
                assert got == dict.fromkeys(got, known), told(
                    (
                        known != "en" and set(got.values()) == {"en"},
                        f"X-Language: {language}, and in a colleague's app nobody behind `speak` sees it. Does `speak` set "
                        f"`station.language`? And where does it run? {COPY}",
                    ),
                    (
                        language is not None and language not in station.module.PHRASES,
                        f"`PHRASES` does not have {language}, so the language is to be English, `en`.",
                    ),
                    "This is the language that each part of the request sees.",
                )
        response = await server.request("GET", "/set-before")
        assert response.status_code == 200, "A colleague's route that does nothing but look at the language."
        assert response.json() == "en", told(
            (
                response.json() == another,
                f"In a colleague's app, somebody sets the language to {another} before `speak` is called. This request names no "
                "language, so `speak` is to set `en`.",
            ),
        )


async def test_the_timetable_is_read_off_the_loop(station, part, asgi, rendezvous):
    """`trains` calls `station.departures` once, in a worker thread: not in the thread of the event loop, and without a loop of its own. Meanwhile the event loop goes on."""
    trains = part("trains")
    station.serve()
    colleague = FastAPI()

    @colleague.get("/platforms/{platform}/trains")
    async def read(_: Annotated[Any, Depends(trains)]):
        return "read"

    platform = station.new_day()
    async with asgi(colleague) as server:
        response = await server.request("GET", f"/platforms/{platform}/trains")
        assert response.status_code == 200, "A colleague's route with `Depends(trains)`."
        assert station.calls == [("departures", platform)], (
            "These were asked, for a colleague's route with `Depends(trains)`."
        )
        place = station.places["departures"]
        assert place == "a worker thread", told(
            (
                place == LOOP,
                "The timetable was read on the event loop. As long as the file is slow, the server answers nobody else.",
            ),
            (
                place == "another event loop",
                "The timetable was read on an event loop that was started for it. `departures` refuses to block any loop.",
            ),
        )
        station.reading = rendezvous(2, seconds=3)
        response = await server.request("GET", f"/platforms/{station.new_day()}/trains")
        assert response.status_code == 200, "A colleague's route with `Depends(trains)`, once more."
        loop = station.places.get("loop")
        assert loop == "free", told(
            (
                loop == "blocked",
                "A worker thread read the file. But the loop stood still until it was done, and other requests had to wait, too.",
            ),
            "The timetable was not read for the second request.",
        )


async def test_the_feeds_are_awaited_on_the_servers_loop(station, part, asgi):
    """`live` asks `station.minutes_late` and `station.crowding`, once each, on the loop that serves the request."""
    live = part("live")
    station.serve()
    colleague = FastAPI()

    @colleague.get("/platforms/{platform}/live")
    def read(_: Annotated[Any, Depends(live)]):
        return "read"

    platform = station.new_day()
    async with asgi(colleague) as server:
        response = await server.request("GET", f"/platforms/{platform}/live")
    assert response.status_code == 200, "A colleague's route with `Depends(live)`."
    asked = sorted(station.calls)
    assert asked == [("crowding", platform), ("minutes_late", platform)], (
        "These were asked, for a colleague's route with `Depends(live)`."
    )
    assert station.places == {"minutes_late": LOOP, "crowding": LOOP}, (
        "These are the places from which the feeds were asked. `asyncio.run` in a dependency starts a second loop in a worker "
        "thread; connections that belong to the server's loop cannot be used there. What awaits can simply be `async`."
    )


async def test_both_feeds_are_asked_at_the_same_time(station, part, asgi, rendezvous):
    """`live` has asked both feeds before either of them has answered."""
    live = part("live")
    station.serve()
    colleague = FastAPI()

    @colleague.get("/platforms/{platform}/live")
    def read(_: Annotated[Any, Depends(live)]):
        return "read"

    async with asgi(colleague) as server:
        response = await server.request("GET", f"/platforms/{station.new_day()}/live")
        assert response.status_code == 200, "A colleague's route with `Depends(live)`."
        asked = sorted(name for name, _ in station.calls)
        assert asked == ["crowding", "minutes_late"], (
            "These feeds were asked, for a colleague's route with `Depends(live)`."
        )
        platform = station.new_day()
        station.gate = rendezvous(2, seconds=3)
        response = await server.request("GET", f"/platforms/{platform}/live")
    waits_for = {"crowding": "minutes_late", "minutes_late": "crowding"}
    assert station.in_vain == [], (
        "In this check no feed answers until both have been asked, and this one waited in vain: "
        f"{waits_for.get(''.join(station.in_vain), 'the other')} was to be asked only after its answer. Two awaits in a row "
        "wait in a row, and so do two dependencies, as FastAPI resolves them one by one."
    )
    assert response.status_code == 200
    assert station.gate.arrived == 2, "So many calls of the two feeds came together."


async def test_the_link_is_closed_whatever_happens(station, app, asgi, rng):
    """`POST /platforms/{platform}/display` shows the text and answers 204. Every request opens a link of its own and closes it, on the loop that serves the request, also when `show` fails (500)."""
    station.serve()
    one, other = rng.numbers(2, 2, 40)
    async with asgi(app) as server:
        for platform, fault in ((one, None), (other, ConnectionError(rng.word())), (one, None)):
            station.new_day()
            text = rng.title(3)
            station.fault = fault
            call = server.start("POST", f"/platforms/{platform}/display", json={"text": text})
            response = await call.reply()
            await call.ended()
            if fault is None:
                assert response.status_code == 204, told(
                    (
                        response.status_code == 500 and station.calls == [("opened", platform), ("closed", platform)],
                        "The link was closed before the route could use it. What a dependency returns is ready to be used "
                        "only if nothing has tidied it away on the way out.",
                    ),
                    (response.status_code == 404, "No route answers `POST` at `/platforms/{platform}/display`."),
                    (
                        response.status_code == 500 and ("opened", platform) not in station.calls,
                        "There was a request for this platform before. This one opened no link of its own.",
                    ),
                )
                assert response.text == "", "204 means that there is no body."
            else:
                assert response.status_code == 500, "`show` failed. The traveller's text is not on the display."
            got = list(station.calls)
            assert got == [("opened", platform), ("shown", platform), ("closed", platform)], told(
                (
                    ("closed", platform) not in got and fault is not None,
                    "`show` failed, and the link stays open. What has to happen in any case belongs where also an exception "
                    "comes by.",
                ),
                (
                    ("closed", platform) not in got,
                    "The link stays open. `close()` was not called, or it was called and never awaited: calling it makes "
                    "only a coroutine.",
                ),
                (("opened", platform) not in got, "This request opened no link of its own."),
                "This is what happened to the link of this request, in this order.",
            )
            assert station.shown == ([] if fault else [text])
            assert station.places == {"opened": LOOP, "shown": LOOP, "closed": LOOP}, (
                "These are the places where it happened. A link belongs to the loop that opened it, and the loop that serves the "
                "request is the one to open it."
            )


async def test_each_part_can_be_used_elsewhere(station, app, part, asgi, rng):
    """`trains`, `live` and `display` work in any app below a path with `{platform}`: `trains` gives the list, `display` an open link of the platform, closed after use. The two routes get what they need by way of the four dependencies, so each of them can be replaced."""
    trains, live, display = part("trains"), part("live"), part("display")
    station.serve()
    colleague, seen = FastAPI(), {}

    @colleague.get("/quays/{platform}/trains")
    def read_trains(given: Annotated[Any, Depends(trains)]):
        seen["trains"] = given

    @colleague.get("/quays/{platform}/live")
    async def read_live(given: Annotated[Any, Depends(live)]):
        seen["live"] = given

    @colleague.get("/quays/{platform}/display")
    async def read_display(given: Annotated[Any, Depends(display)], fails: bool = False):
        seen["display"] = (getattr(given, "platform", None), getattr(given, "is_open", None))
        if fails:
            raise HTTPException(418)

    async with asgi(colleague) as server:
        for name in ("trains", "live", "display"):
            response = await server.request("GET", f"/quays/{rng.word()}/{name}")
            assert response.status_code == 422, (
                f"In a colleague's app the path of a route with `Depends({name})` is `/quays/{{platform}}/{name}`. The platform is no whole number."
            )
        platform = station.new_day()
        response = await server.request("GET", f"/quays/{platform}/trains")
        assert response.status_code == 200, "A colleague's route with `Depends(trains)`."
        assert seen["trains"] == station.trains, "This is what `trains` gives to a colleague's route."
        response = await server.request("GET", f"/quays/{platform}/live")
        assert response.status_code == 200, "A colleague's route with `Depends(live)`."
        asked = sorted(station.calls)
        assert asked == asked_once(platform), (
            "These were asked, for a colleague's routes with `trains` and with `live`."
        )
        for query, status in (("", 200), ("?fails=yes", 418)):
            platform = station.new_day()
            call = server.start("GET", f"/quays/{platform}/display{query}")
            response = await call.reply()
            await call.ended()
            assert response.status_code == status, "A colleague's route with `Depends(display)`."
            assert seen["display"] == (platform, True), (
                "These are `platform` and `is_open` of what `display` gives to a colleague's route."
            )
            assert station.calls == [("opened", platform), ("closed", platform)], (
                f"This is what happened to the link of a colleague's route that answered {status}."
            )

    async with asgi(app) as server:
        platform, other, text = station.new_day(), rng.names(2), rng.title(3)
        app.dependency_overrides[trains] = lambda: other
        response = await server.request("GET", f"/platforms/{platform}")
        assert response.status_code == 200, "In `app.dependency_overrides`, `trains` was replaced."
        assert response.json() == exactly(station.board("en") | {"trains": other}), (
            "In `app.dependency_overrides`, `trains` was replaced, and the board is to show the other trains."
        )

        def out_of_order():
            raise HTTPException(418)

        for name, otherwise in (
            (
                "speak",
                "In `app.dependency_overrides`, `speak` was replaced by one that refuses with 418, and the board speaks on. "
                "Choosing the language is left to `speak`.",
            ),
            (
                "live",
                "`live` raises 418 now, by `app.dependency_overrides`. The board was answered all the same, so it came by the "
                "delay in another way.",
            ),
        ):
            app.dependency_overrides = {part(name): out_of_order}
            response = await server.request("GET", f"/platforms/{platform}")
            assert response.status_code == 418, otherwise
        station.calls.clear()
        app.dependency_overrides[display] = lambda: station.module.Link(platform + 1)
        call = server.start("POST", f"/platforms/{platform}/display", json={"text": text})
        response = await call.reply()
        await call.ended()
        assert response.status_code == 204, (
            "In `app.dependency_overrides`, `display` was replaced by one that gives another link."
        )
        assert station.calls == [("shown", platform + 1)], (
            "In `app.dependency_overrides`, `display` was replaced by one that gives the link of the next platform. This is what "
            "happened to the links."
        )
