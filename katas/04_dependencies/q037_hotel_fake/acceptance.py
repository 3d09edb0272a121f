"""Checks of q037: a seam, a fake that keeps the rules, and a network that nobody touches."""

import json
import socket
from urllib.parse import quote

import httpx
import pytest

from pytest_fastapi_kata.checks import exactly, told

FULL = (409, {"detail": "Hotel is full"})
UNKNOWN = (404, {"detail": "No such booking"})
DOWN = (503, {"detail": "Hotel does not answer"})
NEW = "a new reference"


@pytest.fixture(autouse=True)
def attempts(monkeypatch):
    """Bars the way to the network, and lists whom somebody tried to reach."""
    tried = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def is_here(host):
        host = host.decode() if isinstance(host, bytes) else host
        return host in (None, "", "localhost", "::1") or str(host).startswith("127.")

    def barred_look_up(host, *args, **options):
        if is_here(host):
            return look_up(host, *args, **options)
        tried.append(host if isinstance(host, str) else host.decode())
        raise socket.gaierror(socket.EAI_NONAME, "the network is barred in this check")

    def barred_connect(connection, address):
        if not isinstance(address, tuple) or is_here(address[0]):
            return connect(connection, address)
        tried.append(str(address[0]))
        raise ConnectionRefusedError("the network is barred in this check")

    monkeypatch.setattr(socket, "getaddrinfo", barred_look_up)
    monkeypatch.setattr(socket.socket, "connect", barred_connect)
    return tried


@pytest.fixture
def url(rng, environment):
    """The address of the hotel in this run, with a path, as `hotel.py` reads it."""
    address = f"https://{rng.word()}.example/{rng.word(2)}"
    environment(HOTEL_URL=address)
    return address


@pytest.fixture
def hotel(url, given):
    """The given module, as the learner's app imports it."""
    return given("hotel")


@pytest.fixture
def sent(monkeypatch):
    """What goes out over httpx's own transport; answered by `sent.play`, a function of the request."""

    class Sent(list):
        play = None

    requests = Sent()

    def handle_request(transport, request):
        request.read()
        requests.append(request)
        return requests.play(request) if requests.play else httpx.Response(500)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle_request)
    return requests


@pytest.fixture
def part(hotel, module):
    """Gives a thing that `app.py` has to offer."""

    def find(name):
        found = getattr(module, name, None)
        assert callable(found), f"`app.py` has to offer `{name}`."
        return found

    return find


class House:
    """The hotel at the other end of the line, with some rooms."""

    def __init__(self, rng, rooms):
        self.rng = rng
        self.rooms = rooms
        self.held = []
        self.requests = []

    def play(self, request):
        self.requests.append(request)
        *_, above, last = request.url.path.split("/")
        if (request.method, last) == ("POST", "holds"):
            if len(self.held) >= self.rooms:
                return httpx.Response(409, text="no vacancies")
            self.held.append(self.rng.word(5))
            return httpx.Response(201, json={"reference": self.held[-1]})
        if (request.method, above) == ("DELETE", "holds") and last in self.held:
            self.held.remove(last)
            return httpx.Response(204)
        return httpx.Response(404, text="what do you mean?")


class Desk:
    """A hotel that says what it is told to, and notes what it is asked."""

    def __init__(self):
        self.calls = []
        self.says = ""

    def hold(self, guest, nights):
        return self._ask("hold", guest, nights)

    def release(self, reference):
        self._ask("release", reference)

    def _ask(self, *call):
        self.calls.append(call)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def desk(app, part):
    """The check's own hotel, given by `get_hotel` in `app.dependency_overrides`."""
    found = Desk()
    app.dependency_overrides[part("get_hotel")] = lambda: found
    return found


def over_http(part, play, url="https://hotel.example/v1"):
    return part("HttpHotel")(httpx.Client(transport=httpx.MockTransport(play), base_url=url))


@pytest.fixture
def outcome(hotel):
    """Says in words what came of a call, and adds a new reference to those that were seen."""
    agreed = [hotel.SoldOut, hotel.UnknownHold, hotel.HotelDown]

    def say(call, seen):
        try:
            value = call()
        except Exception as error:
            for kind in agreed:
                if isinstance(error, kind):
                    return kind.__name__
            name = type(error).__name__
            if name in [kind.__name__ for kind in agreed]:
                return f"{name} of another module"
            return f"{name}: {str(error).splitlines()[0][:80]}" if str(error) else name
        if not isinstance(value, str) or not value:
            return "done" if value is None else f"returned {value!r}"
        if value in seen:
            return f"{value!r}, a reference that was given before"
        seen.append(value)
        return NEW

    return say


def wish(name, nights):
    return {"name": name, "nights": nights}


def reference_in(response):
    answer = response.json()
    found = answer.get("reference") if isinstance(answer, dict) else None
    assert isinstance(found, str), f"The answer has to have a `reference`, a text. It is: {answer!r}"
    return found


def test_a_festival_runs_on_the_fake_alone(attempts, hotel, app, part, client, rng):
    """With a `FakeHotel` in the place of `get_hotel`, rooms are booked until all are taken, given back and booked again. Nobody tries to reach the network."""
    rooms = rng.randint(3, 5)
    fake = part("FakeHotel")(rooms)
    app.dependency_overrides[part("get_hotel")] = lambda: fake
    reached = "The app tried to reach these hosts, although `get_hotel` was replaced. Who else knows of the real hotel?"
    references = []

    def book():
        name = rng.title()
        response = client.post("/bookings", json=wish(name, rng.randint(1, 14)))
        assert attempts == [], reached
        assert response.status_code == 201, told(
            (response.status_code == 404, "No route answers `POST` at `/bookings`."),
            "The fake hotel has a free room.",
        )
        reference = reference_in(response)
        assert response.json() == exactly({"name": name, "reference": reference})
        assert references.count(reference) == 0, (
            f"The reference {reference!r} was given before. Which of the two bookings would it give back?"
        )
        references.append(reference)

    def refused(response, expected, otherwise):
        assert attempts == [], reached
        assert response.status_code == expected[0], otherwise
        assert response.json() == exactly(expected[1])

    for _ in range(rooms):
        book()
    refused(
        client.post("/bookings", json=wish(rng.title(), 1)),
        FULL,
        "All rooms of the fake hotel are taken, and somebody wants one more.",
    )
    back = quote(references[1], safe="")
    response = client.delete(f"/bookings/{back}")
    assert attempts == [], reached
    assert response.status_code == 204, told(
        (
            response.status_code == 404 and "%2F" in back,
            f"Your fake gave the reference {references[1]!r}. Part of an address ends at the slash.",
        ),
        "A booking is given back, under the reference that it got.",
    )
    assert response.content == b"", "204 means that there is no body."
    refused(client.delete(f"/bookings/{back}"), UNKNOWN, "This booking was given back already.")
    book()
    refused(client.post("/bookings", json=wish(rng.title(), 1)), FULL, "The free room was taken again.")
    fake.down = True
    refused(client.post("/bookings", json=wish(rng.title(), 1)), DOWN, "The fake hotel is down.")
    assert attempts == [], reached


def test_the_routes_translate_what_any_hotel_says(hotel, desk, client, rng):
    """`POST /bookings` asks `hold(name, nights)` once, `DELETE /bookings/{reference}` asks `release(reference)` once, of whatever object `get_hotel` gives; and what the hotel returns or raises becomes the answer."""
    name, nights, reference = rng.title(), rng.randint(1, 14), rng.word(4)
    booked = (201, {"name": name, "reference": reference})
    for says, expected in (
        (reference, booked),
        (hotel.SoldOut(), FULL),
        (hotel.HotelDown(), DOWN),
        (reference, booked),
    ):
        desk.says = says
        desk.calls.clear()
        response = client.post("/bookings", json=wish(name, nights))
        assert desk.calls == [("hold", name, nights)], (
            "These are the calls that the hotel got. It is no `FakeHotel` and no `HttpHotel`, only an object with the two methods."
        )
        what = f"raised `{type(says).__name__}`" if isinstance(says, Exception) else f"returned {says!r}"
        assert response.status_code == expected[0], f"The hotel's `hold` {what}."
        assert response.json() == exactly(expected[1]), f"The hotel's `hold` {what}."
    for says, expected in (
        (None, (204, None)),
        (hotel.UnknownHold(), UNKNOWN),
        (hotel.HotelDown(), DOWN),
        (None, (204, None)),
    ):
        desk.says = says
        desk.calls.clear()
        reference = rng.word(4)
        response = client.delete(f"/bookings/{reference}")
        assert desk.calls == [("release", reference)], "These are the calls that the hotel got."
        what = f"raised `{type(says).__name__}`" if isinstance(says, Exception) else "took the room back"
        assert response.status_code == expected[0], f"The hotel's `release` {what}."
        if expected[1] is None:
            assert response.content == b"", "204 means that there is no body."
        else:
            assert response.json() == exactly(expected[1]), f"The hotel's `release` {what}."


def test_a_bad_wish_never_reaches_the_hotel(desk, client, rng):
    """A wish without a name of 1 character or more, or without a whole number of nights from 1 to 14, is answered 422, and the hotel is not asked."""
    desk.says = rng.word()
    for name, nights in ((rng.word(1)[0], 1), (rng.title(), 14)):
        response = client.post("/bookings", json=wish(name, nights))
        assert response.status_code == 201, "This wish keeps the limits."
        assert desk.calls == [("hold", name, nights)], "These are the calls that the hotel got."
        desk.calls.clear()
    name, nights = rng.title(), rng.randint(1, 14)
    for bad in (
        wish("", nights),
        wish(name, 0),
        wish(name, -nights),
        wish(name, 15),
        wish(name, rng.word()),
        wish(name, nights + 0.5),
        wish(None, nights),
        {"name": name},
        {"nights": nights},
        [],
    ):
        response = client.post("/bookings", json=bad)
        assert desk.calls == [], told(
            (bad == wish(name, nights + 0.5), "Half a night cannot be booked: `nights` is a whole number."),
            "These are the calls that the hotel got. A bad wish is refused before anybody asks it.",
        )
        assert response.status_code == 422, "This is no wish that anybody could fulfil."


def test_fake_and_http_hotel_keep_the_same_rules(part, outcome, rng):
    """`FakeHotel(2)` and an `HttpHotel` with two rooms at the other end keep the same rules: as many holds as rooms, each with a new reference; what is released can be taken again; what is not held (any more) is unknown."""
    house = House(rng, 2)
    for who, one in (("FakeHotel", part("FakeHotel")(2)), ("HttpHotel", over_http(part, house.play))):
        guest, other, nights = rng.title(), rng.title(), rng.randint(1, 14)
        seen = []

        def rule(call, expected, text, who=who, seen=seen):
            got = outcome(call, seen)
            assert got == expected, f"{who}: {text}"

        def hold(guest, one=one, nights=nights):
            return lambda: one.hold(guest, nights)

        def release(reference, one=one):
            return lambda: one.release(reference)

        rule(hold(guest), NEW, "the first of two rooms is taken. `hold` gives a reference, a text that is not empty.")
        rule(hold(guest), NEW, "one guest may take both rooms, each under a reference of its own.")
        rule(hold(other), "SoldOut", "both rooms are taken, and somebody wants a third.")
        rule(release(rng.word(6)), "UnknownHold", "somebody gives back what was never held.")
        rule(release(seen[0]), "done", "the first room is given back. `release` returns nothing.")
        rule(release(seen[0]), "UnknownHold", "the first room was given back already.")
        rule(
            hold(other), NEW, "a room that was given back can be taken again, under a reference that never was before."
        )
        rule(hold(other), "SoldOut", "both rooms are taken again.")
        rule(release(seen[0]), "UnknownHold", "the room was taken again, but the old reference stays unknown.")
        rule(release(seen[2]), "done", "the room that was taken last is given back.")
        rule(release(seen[1]), "done", "the other room is given back, too.")
        rule(hold(guest), NEW, "all rooms are free again, and one is taken under a reference that never was before.")
        rule(hold(guest), NEW, "the second room is taken, and no reference comes twice.")
        rule(hold(guest), "SoldOut", "both rooms are taken, and somebody wants a third.")


def test_each_fake_is_a_hotel_of_its_own(part, outcome, rng):
    """Two `FakeHotel`s share nothing. One without rooms is sold out at once. While `down` is `True` (it is `False` at first), `hold` and `release` raise `HotelDown` and change nothing."""
    fakes, seen, guest = part("FakeHotel"), [], rng.title()
    none, one, other = fakes(0), fakes(1), fakes(1)
    assert outcome(lambda: one.hold(guest, 2), seen) == NEW, "A hotel with one room."
    (mine,) = seen
    assert outcome(lambda: none.hold(guest, 2), []) == "SoldOut", "A hotel without rooms."
    assert outcome(lambda: other.hold(guest, 2), theirs := []) == NEW, (
        "Another hotel has its one room taken. What happens in one fake must not be felt in this one."
    )
    assert outcome(lambda: one.hold(guest, 2), []) == "SoldOut", "Its one room is taken."
    assert outcome(lambda: other.release(theirs[0]), []) == "done", "A room of the other hotel is given back."
    assert outcome(lambda: one.hold(guest, 2), []) == "SoldOut", (
        "A room became free in the other hotel, not in this one."
    )
    downs = [getattr(fake, "down", "(missing)") for fake in (none, one, other)]
    assert downs == [False, False, False], "This is the attribute `down` of three fake hotels that nobody has touched."
    one.down = True
    assert outcome(lambda: other.hold(guest, 2), []) == NEW, "It is the other hotel that is down."
    assert outcome(lambda: one.hold(guest, 2), []) == "HotelDown", "`down` is True, and somebody wants a room."
    assert outcome(lambda: one.release(mine), []) == "HotelDown", "`down` is True, and somebody gives a room back."
    assert outcome(lambda: one.release(rng.word(5)), []) == "HotelDown", (
        "`down` is True, and somebody gives back what was never held. A hotel that does not answer cannot know that."
    )
    one.down = False
    assert outcome(lambda: one.hold(guest, 2), []) == "SoldOut", (
        "While it was down, nothing was to change: its one room is taken."
    )
    assert outcome(lambda: one.release(mine), []) == "done", (
        "While it was down, nothing was to change: the room is still held."
    )
    one.down = True
    assert outcome(lambda: one.hold(guest, 2), []) == "HotelDown", "`down` is True again."
    one.down = False
    assert outcome(lambda: one.hold(guest, 2), []) == NEW, (
        "While it was down, nothing was to change: its one room is free."
    )


def test_trouble_on_the_line_is_hotel_down(part, outcome, app, client, rng):
    """Any status but those agreed, a 201 whose body is not an object with a text at `reference`, and any error that httpx raises: `HttpHotel` raises `HotelDown`, after exactly one request. Through the app that is 503."""
    requests, trouble = [], None

    def play(request):
        requests.append(request)
        if isinstance(trouble, Exception):
            raise trouble
        return trouble

    one = over_http(part, play)
    guest, nights, reference = rng.title(), rng.randint(1, 14), rng.word()

    def hold():
        return one.hold(guest, nights)

    def release():
        return one.release(reference)

    trouble = httpx.Response(201, json={"reference": reference})
    assert outcome(hold, []) == NEW, "At first, the line is all right."
    faults = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
    )
    both = [
        *((f"the hotel answered {status}", httpx.Response(status)) for status in (500, 403, 503, 200, 302)),
        *((f"httpx raised {fault.__name__}", fault("trouble")) for fault in faults),
    ]
    for call, troubles in (
        (
            hold,
            [
                *both,
                ("the hotel answered 404", httpx.Response(404)),
                ("the hotel answered 204", httpx.Response(204)),
                ("the hotel answered 201 with HTML", httpx.Response(201, html="<h1>Welcome</h1>")),
                ("the hotel answered 201 without a body", httpx.Response(201)),
                ("the hotel answered 201 with other keys", httpx.Response(201, json={"number": reference})),
                ("the hotel answered 201 with a list", httpx.Response(201, json=[reference])),
                ("the hotel answered 201 with a number as reference", httpx.Response(201, json={"reference": nights})),
            ],
        ),
        (
            release,
            [*both, ("the hotel answered 409", httpx.Response(409)), ("the hotel answered 201", httpx.Response(201))],
        ),
    ):
        for what, trouble in troubles:
            requests.clear()
            got = outcome(call, [])
            through = got in (NEW, "done") or got.startswith("returned ")
            assert got == "HotelDown", told(
                (
                    through and call is hold and "201" in what,
                    f"{what.capitalize()}, and `hold` took it for a booking. In a 201, an object with a text at `reference` was agreed.",
                ),
                (through, f"In `{call.__name__}`, {what}. That is not as agreed, and nobody noticed."),
                (
                    got in ("SoldOut", "UnknownHold"),
                    f"`{call.__name__}` took a {what[-3:]} for `{got}`. It has this meaning for the other method only.",
                ),
                (
                    isinstance(trouble, httpx.DecodingError),
                    f"The hotel's answer could not be decoded, and what httpx says of it came out of `{call.__name__}`.",
                ),
                (
                    isinstance(trouble, Exception) or got.startswith("HTTPStatusError"),
                    f"In `{call.__name__}`, {what}. This came out of `HttpHotel`, and whoever uses a `Hotel` does not know httpx.",
                ),
                f"In `{call.__name__}`, {what}. This came out of `HttpHotel`, instead of what `Hotel` promises.",
            )
            assert len(requests) == 1, (
                f"So many requests were sent in `{call.__name__}`, where {what}. Every call sends one."
            )
    app.dependency_overrides[part("get_hotel")] = lambda: one
    trouble = httpx.ReadTimeout("trouble")
    for method, path, sent in (("POST", "/bookings", wish(guest, nights)), ("DELETE", f"/bookings/{reference}", None)):
        requests.clear()
        response = client.request(method, path, json=sent)
        assert response.status_code == DOWN[0], (
            "The hotel does not answer in time. `get_hotel` gives an `HttpHotel` here."
        )
        assert response.json() == exactly(DOWN[1])
        assert len(requests) == 1, "So many requests were sent to the hotel. Every call sends one."


def test_http_hotel_speaks_as_agreed(part, outcome, rng):
    """`HttpHotel` sends, through the client that it was given, `POST holds` with JSON `{"guest", "nights"}` and `DELETE holds/<reference>`, one request for each call."""
    url = f"https://{rng.word()}.example/{rng.word(2)}/{rng.word(2)}"
    house = House(rng, 1)
    one = over_http(part, house.play, url)
    guest, nights, seen = rng.title(), rng.randint(1, 14), []
    assert outcome(lambda: one.hold(guest, nights), seen) == NEW, "The hotel has a room."
    assert seen == house.held, "This is the reference that `hold` gave; on the right is the one that the hotel gave."
    assert outcome(lambda: one.release(seen[0]), []) == "done", "The hold is one of the hotel's."
    got = [(request.method, str(request.url)) for request in house.requests]
    assert got == [("POST", f"{url}/holds"), ("DELETE", f"{url}/holds/{seen[0]}")], "These requests were sent."
    body = house.requests[0].content
    is_json = "json" in house.requests[0].headers.get("content-type", "")
    assert is_json, f"The body of `POST holds` is to be JSON. What was sent is: {body.decode('utf-8', 'replace')}"
    assert json.loads(body) == exactly({"guest": guest, "nights": nights}), "This is the body of `POST holds`."


def test_without_an_override_the_real_hotel_is_asked(sent, url, hotel, client, rng):
    """As long as nobody replaces `get_hotel`, it gives an `HttpHotel` whose client has the base URL `HOTEL_URL`. Import and start-up send nothing."""
    assert [str(request.url) for request in sent] == [], "These were asked before the first request came in."
    house = House(rng, 1)
    sent.play = house.play
    name, nights = rng.title(), rng.randint(1, 14)
    response = client.post("/bookings", json=wish(name, nights))
    assert response.status_code == 201, "The real hotel has a room. It is played by this check; nothing goes out."
    assert house.held != [], "The app answered 201, and the real hotel was not asked."
    assert response.json() == exactly({"name": name, "reference": house.held[0]})
    (reference,) = house.held
    response = client.post("/bookings", json=wish(name, nights))
    assert response.status_code == 409, "The real hotel has no more rooms."
    assert response.json() == exactly(FULL[1])
    response = client.delete(f"/bookings/{reference}")
    assert response.status_code == 204, "The real hotel takes the room back."
    response = client.delete(f"/bookings/{reference}")
    assert response.status_code == 404, "The real hotel does not know this reference any more."
    assert response.json() == exactly(UNKNOWN[1])
    got = [(request.method, str(request.url)) for request in sent]
    expected = [("POST", f"{url}/holds")] * 2 + [("DELETE", f"{url}/holds/{reference}")] * 2
    assert got == expected, told(
        (
            [line for line in got if line in expected] == expected,
            "Besides the four that the routes ask for, more requests went out to the real hotel.",
        ),
        "These requests went out to the real hotel. Its address is `HOTEL_URL`.",
    )
