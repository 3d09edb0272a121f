"""Checks of q064: what stands around the app, and what belongs to a route."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, HTTPException
from starlette.responses import JSONResponse, PlainTextResponse

from pytest_fastapi_kata.checks import exactly, headers_of, refusal, refused_at, told

OLD = "/studio.php"
ROOM, TAKES = "/rooms/{room_id}", "/rooms/{room_id}/takes"
OPERATIONS = (("GET", ROOM), ("POST", TAKES), ("DELETE", TAKES))


class Manual:
    """An ASGI app of its own: it answers with its text, the method, and the path that it sees as its own."""

    def __init__(self, rng):
        self.text = rng.title(3)
        self.page = f"/{rng.word()}"
        self.torn = f"/{rng.word(4)}"
        self.error = None

    async def __call__(self, scope, receive, send):
        own = scope["path"].removeprefix(scope.get("root_path", ""))
        if own == self.torn:
            self.error = ZeroDivisionError(self.text)
            raise self.error
        known = own in ("/", self.page)
        response = PlainTextResponse(self.says(scope["method"], own), 200 if known else 404)
        await response(scope, receive, send)

    def says(self, method, own):
        return f"{self.text}: {method} {own}"


class Studio:
    """The studio of this run, with everything that was found and counted."""

    def __init__(self, given, rng):
        self.rng = rng
        self.manual = Manual(rng)
        self.found, self.counted = [], []
        self.module = given("studio", rooms={}, engineers=set(), manual=self.manual, count=self.count)
        self.look_up, self.module.find = self.module.find, self.find
        self.engineer, self.other = rng.words(2)
        self.module.engineers.update((self.engineer, self.other))

    def find(self, room_id):
        self.found.append(room_id)
        return self.look_up(room_id)

    def count(self, *arguments, **named):
        self.counted.append((*arguments, *(named[key] for key in ("method", "path", "status") if key in named)))

    def number(self):
        """A number that no room has."""
        number = self.rng.randint(100, 999_999)
        return self.number() if number in self.module.rooms else number

    def room(self, **attributes):
        """A room that is in no list."""
        takes = [self.rng.title() for _ in range(self.rng.randint(2, 5))]
        return self.module.Room(self.number(), self.rng.title(), takes=takes, **attributes)

    def build(self, **attributes):
        """Build a new room and return it."""
        room = self.room(**attributes)
        self.module.rooms[room.id] = room
        return room

    def options(self, method, engineer=True):
        """What a request with this method needs beside its path."""
        if method == "POST":
            return {"json": {"title": self.rng.title()}}
        return {"headers": {"X-Engineer": self.engineer}} if method == "DELETE" and engineer else {}


@pytest.fixture(autouse=True)
def studio(given, rng):
    """The studio, in place before the learner's app is imported."""
    return Studio(given, rng)


class Outside:
    """Stands where the server stands, and notes the exceptions that reach it."""

    def __init__(self, app):
        self.app = app
        self.reached = []

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.reached.append(error)
            raise


def target(path, room_id):
    return path.replace("{room_id}", str(room_id))


def the_dependency(module):
    found = getattr(module, "get_room", None)
    assert callable(found), "`app.py` has no `get_room` that could be used with `Depends`."
    return found


def shown(room):
    return {"id": room.id, "name": room.name}


def after(method, room, before, title):
    """The status and body of a good answer, and what the room's takes are to be then."""
    if method == "GET":
        return 200, shown(room), before
    if method == "POST":
        return 201, {"room": room.name, "takes": len(before) + 1}, [*before, title]
    return 204, None, []


def refused_for(response, method, story):
    """What a status means that is not the one of a good answer."""
    at = refusal(response)
    return told(
        ("header.x-engineer" in at.lower() and method != "DELETE", f"{story} Only `DELETE` asks for an engineer."),
        (
            at.startswith("422 at"),
            f"{story} FastAPI refuses something in this request, which is complete; `loc` in the answer says what.",
        ),
        story,
    ).strip()


def works(client, studio, method, path, room, story=""):
    """Do one of the three operations with a room, and look at the answer and at the room."""
    before, options = list(room.takes), studio.options(method)
    status, body, takes = after(method, room, before, options.get("json", {}).get("title"))
    response = client.request(method, target(path, room.id), **options)
    assert response.status_code == status, refused_for(response, method, story)
    if body is None:
        assert response.text == "", "A 204 has no body."
    else:
        assert response.json() == exactly(body), story
    assert list(room.takes) == takes, f"{story} These are the takes of the room afterwards.".strip()


def manual_answers(client, studio, prefix=""):
    """Read in the manual."""
    manual = studio.manual
    for method, own, status in (
        ("GET", "/", 200),
        ("GET", manual.page, 200),
        ("POST", manual.page, 200),
        ("GET", f"{manual.page}/{studio.rng.word()}", 404),
    ):
        response = client.request(method, f"{prefix}/manual{own}")
        expected = manual.says(method, own)
        assert response.text == expected, told(
            (
                response.text.startswith(manual.text),
                "The manual says which method and path it was given. What stands before its own part of the path is not "
                "for the manual to see.",
            ),
            (
                response.status_code in (404, 405, 307),
                f"The manual was not reached with `{method} {prefix}/manual{own}`. It is an app of its own, mounted at `/manual`.",
            ),
            "The manual is an ASGI app: called with the request, it makes its answer itself.",
        )
        assert response.status_code == status, "The manual has chosen another status for its answer."


def test_the_rooms_answer(client, studio, rng):
    """The four operations on rooms answer as the table says, also for rooms that were added meanwhile, and the manual is served below `/manual`. A take without a title is 422, and nothing is appended; a number that is none is 422, a wrong method 405."""
    for locked in (False, True, False):
        studio.build(locked=locked)
        response = client.get("/rooms")
        assert response.status_code == 200
        names = [room.name for room in studio.module.rooms.values()]
        assert response.json() == exactly(sorted(names)), "These are the names of all rooms, sorted."
    room = studio.build()
    for method, path in (*OPERATIONS, ("POST", TAKES), ("GET", ROOM)):
        works(client, studio, method, path, room)
    response = client.post(target(TAKES, room.id), json={rng.word(): rng.word()})
    assert refusal(response) == refused_at("body.title"), "The take has no title."
    assert len(room.takes) == 1, (
        "A take without a title was refused, and these are the room's takes. There was one before."
    )
    response = client.get(target(ROOM, rng.word()))
    assert refusal(response) == refused_at("path.room_id"), "This is no number."
    for method, path in (("POST", "/rooms"), ("GET", target(TAKES, room.id))):
        response = client.request(method, path, **studio.options(method))
        assert response.status_code == 405, f"There is no `{method}` for this path, but another method."
    manual_answers(client, studio)


def requests_of_all_kinds(studio):
    """What is wrong with a request, its method, path and options."""
    rng, room, locked = studio.rng, studio.build(), studio.build(locked=True)
    takes, word = target(TAKES, room.id), rng.word()
    yield "all is well", "GET", "/rooms", {}
    yield "there is no such path", "GET", f"/{word}", {}
    for method, path in OPERATIONS:
        yield "all is well", method, target(path, room.id), studio.options(method)
    yield "there is no such path", "PUT", f"{takes}/{word}", {}
    yield "there is no such room", "GET", target(ROOM, studio.number()), {}
    yield "the room is locked", "POST", target(TAKES, locked.id), studio.options("POST")
    yield "the method is not allowed", "POST", "/rooms", {}
    yield "the method is not allowed", "GET", takes, {}
    yield "the method is not allowed", "OPTIONS", "/rooms", {}
    yield "the number is none", "GET", f"/rooms/{word}", {}
    yield "there is no title", "POST", takes, {"json": {}}
    yield "there is no engineer", "DELETE", takes, {}
    yield "the engineer is unknown", "DELETE", takes, {"headers": {"X-Engineer": word}}
    yield "the manual is asked", "GET", f"/manual{studio.manual.page}", {}
    yield "the manual is asked for a page that it does not have", "GET", f"/manual/{word}/{word}", {}
    yield "the docs are asked for", "GET", "/openapi.json", {}


def test_every_request_is_counted_once(client, studio):
    """Each request, whatever became of it, is reported once to `studio.count`, with its method, its path and the status of the answer."""
    for what, method, path, options in requests_of_all_kinds(studio):
        studio.counted.clear()
        query = studio.rng.choice(("", f"?{studio.rng.word()}=1"))
        response = client.request(method, path + query, **options)
        story = f"`{method} {path}{query}`: {what}."
        was_counted(studio, (method, path, response.status_code), story)


def was_counted(studio, expected, story):
    got = list(studio.counted)
    paths, statuses = [one[1:2] for one in got], [one[2:] for one in got]
    assert got == [expected], told(
        (
            got == [] and expected[2] == 500,
            f"{story} It was not counted, as it has ended without an answer of the app's. Whatever comes after the app's call is left "
            "out when that raises an exception.",
        ),
        (
            got == [],
            f"{story} The request was answered with {expected[2]}, and it was not counted. Whoever counts has to stand where every "
            "request comes by, also those for which no route of yours was chosen.",
        ),
        (
            len(got) > 1 and set(got) == {expected},
            f"{story} The request was counted {len(got)} times.",
        ),
        (len(got) == 1 and paths != [(expected[1],)], f"{story} It was counted, but not with the path that was sent."),
        (
            len(got) == 1 and statuses != [(expected[2],)],
            f"{story} It was counted, but not with the status of its answer, {expected[2]}.",
        ),
        story,
    )


class Known(Exception):
    """For this one a colleague has a handler."""


def test_a_crash_is_counted_and_goes_on(app, client_for, studio, rng):
    """If a colleague's route or dependency, or the manual, raises an exception, the request is counted once with 500, and the exception reaches the server. If an exception handler has made an answer of it, the request is counted with the status of that answer."""
    crash = LookupError(rng.title())
    status, refused = rng.sample((409, 410, 418, 451, 503), 2)
    words = rng.words(4, 4)

    def crashes():
        raise crash

    async def crashes_too():
        raise crash

    def is_known():
        raise Known

    def refuses():
        raise HTTPException(refused, rng.title())

    def fine():
        return {}

    app.add_exception_handler(Known, lambda request, error: JSONResponse({}, status))
    app.add_api_route(f"/{words[0]}", crashes)
    app.add_api_route(f"/{words[1]}", fine, dependencies=[Depends(crashes_too)])
    app.add_api_route(f"/{words[2]}", is_known)
    app.add_api_route(f"/{words[3]}", refuses)
    outside = Outside(app)
    client = client_for(outside)
    for path, expected, story in (
        (f"/{words[0]}", 500, "A colleague's route raises an exception."),
        (f"/{words[1]}", 500, "A dependency of a colleague's route raises an exception."),
        (f"/manual{studio.manual.torn}", 500, "The manual raises an exception."),
        (f"/{words[2]}", status, "A colleague's route raises an exception, and a colleague's handler answers."),
        (f"/{words[3]}", refused, "A colleague's route raises an `HTTPException`."),
    ):
        studio.counted.clear()
        outside.reached.clear()
        studio.manual.error = None
        response = client.get(path)
        assert response.status_code == expected, story
        was_counted(studio, ("GET", path, expected), story)
        raised = [studio.manual.error or crash] if expected == 500 else []
        assert outside.reached == raised, told(
            (
                raised != [] and outside.reached == [],
                f"{story} It was answered with a 500 on the way, and the server has never seen the exception: its log stays empty.",
            ),
            (raised != [], f"{story} What reached the server is another exception."),
            f"{story} It was dealt with, and is not to reach the server.",
        )


def test_old_paths_are_served(client, studio, rng):
    """With `/studio.php` before it, each path of the table is answered as without, and counted with the prefix. Elsewhere, a second time or as a part of a segment it makes a path that does not exist."""
    room = studio.build()
    for path in (f"{OLD}/rooms", f"{OLD}/rooms/{room.id}"):
        studio.counted.clear()
        response = client.get(path)
        where = response.headers.get("location")
        assert response.status_code == 200, told(
            (
                where is not None,
                f"The old client is sent away, to {where}. Old clients do not go there; they want their answer here.",
            ),
        )
        expected = shown(room) if str(room.id) in path else sorted(one.name for one in studio.module.rooms.values())
        assert response.json() == exactly(expected)
        was_counted(studio, ("GET", path, 200), "An old client asks.")
    for method, path in OPERATIONS:
        studio.counted.clear()
        works(client, studio, method, OLD + path, room, "An old client asks.")
        counted = (method, target(OLD + path, room.id), {"GET": 200, "POST": 201, "DELETE": 204}[method])
        was_counted(studio, counted, "An old client asks.")
    manual_answers(client, studio, OLD)
    word = rng.word(1)
    segment = "There is no such path: its first segment begins like the prefix, and is another word."
    begins = "This path does not begin with the prefix, so nothing of it is taken away. There is no such path."
    twice = "Two prefixes, and one of them is taken away. What is left is none of the paths in the table."
    again = (
        "Only the first segment is the prefix. Here another one stands further on, and it stays, so nobody serves this."
    )
    for path, why in (
        (f"{OLD}{word}/rooms", segment),
        (f"{OLD}{word}/rooms/{room.id}", segment),
        (f"/rooms{OLD}/{room.id}", begins),
        (f"/{word}{OLD}/rooms", begins),
        (f"{OLD}{OLD}/rooms", twice),
        (f"{OLD}/rooms{OLD}/{room.id}", again),
    ):
        studio.counted.clear()
        response = client.get(path)
        assert response.status_code == 404, told(
            (response.status_code == 200, why),
            "There is no such path, and this is not a 404.",
        )
        was_counted(studio, ("GET", path, 404), f"`GET {path}`: there is no such path.")


def found_for(client, studio, method, path, options):
    studio.found.clear()
    response = client.request(method, path, **options)
    return response, list(studio.found)


def test_rooms_are_found_once_and_only_when_asked_for(client, studio, rng):
    """A request to one of the three `{room_id}` operations with a well-formed number calls `studio.find` once, also if the room is unknown or locked, and so does the next one. Other requests do not call it."""
    room = studio.build()
    for who, story in (
        (room, "The room is open."),
        (room, "The room is open, and was asked for before."),
        (studio.room(), "There is no such room."),
        (studio.build(locked=True), "The room is locked."),
    ):
        for method, path in OPERATIONS:
            request = target(path, who.id)
            response, found = found_for(client, studio, method, request, studio.options(method))
            assert found == [who.id], told(
                (
                    len(found) > 1,
                    f"{len(found)} calls of `find` for one request, `{method} {request}`, and each is billed. {story} Who looks for "
                    "the room, although it was found already?",
                ),
                (
                    found == [],
                    f"`{method} {request}` was answered with {response.status_code}, and nobody has called `find`, which "
                    f"alone knows the room as it is now. {story}",
                ),
                f"This is what `find` was called with for `{method} {request}`. {story}",
            )
    takes, word = target(TAKES, room.id), rng.word()
    for method, path, options in (
        ("POST", takes, {"json": {}}),
        ("DELETE", takes, {}),
        ("DELETE", takes, {"headers": {"X-Engineer": word}}),
    ):
        response, found = found_for(client, studio, method, path, options)
        assert found in ([], [room.id]), (
            f"`{method} {path}` was answered with {response.status_code}. This is what `find` was called with meanwhile."
        )
    for method, path, options in (
        ("GET", "/rooms", {}),
        ("GET", f"/rooms/{word}", {}),
        ("GET", f"/rooms/{room.id}.5", {}),
        ("POST", f"/rooms/{word}/takes", studio.options("POST")),
        ("DELETE", f"/rooms/{room.id}{word}/takes", studio.options("DELETE")),
        ("PUT", f"/rooms/{room.id}", {}),
        ("GET", takes, {}),
        ("GET", f"/rooms/{word}/takes", {}),
        ("GET", f"/rooms/{room.id}/{word}", {}),
        ("GET", f"/{word}/{room.id}", {}),
        ("GET", f"/manual/rooms/{room.id}", {}),
        ("GET", "/openapi.json", {}),
    ):
        response, found = found_for(client, studio, method, path, options)
        assert found == [], (
            f"`{method} {path}` was answered with {response.status_code}, which takes no look into the key cabinet. This is what "
            "`find` was called with."
        )


def test_unknown_and_locked_rooms_stay_closed(app, module, client, studio, rng):
    """The three operations, and a colleague's route that uses `get_room`, answer 404 `{"detail": "No such room"}` for an unknown room, 423 `{"detail": "Room is locked"}` for a locked one, and change nothing. What counts is the state of the room at the time of the request."""
    path = f"/{rng.word()}/{{room_id}}"

    @app.get(path)
    def colleague(room: Annotated[Any, Depends(the_dependency(module))]):
        return {"id": room.id, "name": room.name}

    for method, pattern in (*OPERATIONS, ("GET", path)):
        room = studio.build()
        story = "This is a colleague's route that uses `get_room`. " if pattern == path else ""
        works(client, studio, method, pattern, room, story.strip())
        room.takes[:] = takes = [rng.title()]
        refused(client, studio, method, target(pattern, studio.number()), 404, "No such room", story)
        room.locked = True
        refused(client, studio, method, target(pattern, room.id), 423, "Room is locked", story)
        assert room.takes == takes, "The room is locked, and these are its takes now."
        room.locked = False
        works(client, studio, method, pattern, room, f"{story}The room was locked for a while, and is open again.")
        del studio.module.rooms[room.id]
        gone = f"{story}The room was there a moment ago, and is no longer. "
        refused(client, studio, method, target(pattern, room.id), 404, "No such room", gone)


def refused(client, studio, method, path, status, detail, story):
    response = client.request(method, path, **studio.options(method))
    why = {404: "There is no such room.", 423: "The room is locked at the moment."}[status]
    assert response.status_code == status, told(
        (
            response.status_code == 500 and status == 404,
            f"{story}{why} `find` gives None for it, and somebody goes on with that.",
        ),
        f"{story}{why}",
    )
    assert response.json() == exactly({"detail": detail}), story.strip()


def giver_of(room):
    """A replacement for `get_room`."""
    return lambda: room


def test_the_room_can_be_replaced(app, module, client, studio):
    """With `get_room` replaced in `app.dependency_overrides`, the three operations work on the room that the replacement gives, whatever number is in the path, and `find` is not called. That holds for old paths, too."""
    get_room = the_dependency(module)
    for prefix in ("", OLD):
        for method, path in OPERATIONS:
            # A locked one: the replacement decides, and it lets everybody in.
            room, other = studio.room(locked=studio.rng.choice((True, False))), studio.build()
            app.dependency_overrides = {get_room: giver_of(room)}
            studio.found.clear()
            takes, options = list(room.takes), studio.options(method)
            request = target(prefix + path, other.id)
            response = client.request(method, request, **options)
            status, body, now = after(method, room, takes, options.get("json", {}).get("title"))
            story = f"`get_room` was replaced, and this is `{method} {request}`."
            assert response.status_code == status, story
            if body is not None:
                assert response.json() == exactly(body), (
                    f"{story} Everything in the answer comes from the room that the replacement gives."
                )
            assert list(room.takes) == now, f"{story} These are the takes of the room that the replacement gives."
            assert studio.found == [], (
                f"{story} There is nothing left to look for, and this is what `find` was called with. Who calls it, if not "
                "`get_room`?"
            )
    app.dependency_overrides = {}
    works(client, studio, "GET", ROOM, studio.build(), "`get_room` is no longer replaced.")


def test_only_engineers_delete(client, studio, rng):
    """`DELETE` without `X-Engineer` is 422, with one who is not in `studio.engineers` 403, and then the takes stay. With one who is in it, they are emptied. The other operations need no such header."""
    room = studio.build()
    path, takes = target(TAKES, room.id), list(room.takes)
    for engineer, status in (
        (None, 422),
        (rng.word(4), 403),
        (studio.engineer.upper(), 403),
        (studio.engineer[:-1], 403),
    ):
        response = client.delete(path, headers={} if engineer is None else {"X-Engineer": engineer})
        assert response.status_code == status, told(
            (engineer is None, "The request has no header `X-Engineer`, which `DELETE` requires."),
            f"“{engineer}” is not in `studio.engineers`.",
        )
        assert room.takes == takes, "The request was refused, and these are the takes of the room now."
    for method, path in (("GET", "/rooms"), ("GET", ROOM), ("POST", TAKES)):
        response = client.request(method, target(path, room.id), **studio.options(method))
        assert response.status_code == (201 if method == "POST" else 200), (
            "The request has no header `X-Engineer`, and only `DELETE` asks for it."
        )
    hired = rng.word(5)
    studio.module.engineers.add(hired)
    for engineer in (studio.other, hired):
        room.takes.append(rng.title())
        response = client.delete(target(TAKES, room.id), headers={"X-Engineer": engineer})
        assert response.status_code == 204, told(
            (engineer == hired, f"“{engineer}” was added to `studio.engineers` a moment ago."),
            f"“{engineer}” is in `studio.engineers`.",
        )
        assert list(room.takes) == [], "These are the takes of the room afterwards."
    studio.module.engineers.discard(hired)
    response = client.delete(target(TAKES, room.id), headers={"X-Engineer": hired})
    assert response.status_code == 403, f"“{hired}” is no longer in `studio.engineers`."


def test_the_docs_know_room_and_engineer(docs):
    """The OpenAPI document lists `room_id` as an integer path parameter of the three operations, `X-Engineer` as a required header of `DELETE` alone, and `/studio.php` neither in a path nor as a server."""
    for method, path in (("GET", "/rooms"), *OPERATIONS):
        got = {name.lower(): place for name, place in docs.places(method, path).items()}
        expected = {"room_id": "path, required"} if path != "/rooms" else {}
        if method == "DELETE":
            expected["x-engineer"] = "header, required"
        assert got == expected, told(
            (
                set(expected) - set(got) != set(),
                f"These are the documented parameters of `{method} {path}`. The docs know of what stands in the signatures of an "
                "operation and its dependencies, and of nothing else.",
            ),
            f"These are the documented parameters of `{method} {path}`.",
        )
        if "room_id" in expected:
            kind = docs.parameters(method, path)["room_id"].schema.get("type")
            assert kind == "integer", f"This is the documented type of `room_id` in `{method} {path}`."
    listed = [path for path in docs.routes if OLD.strip("/") in path]
    assert listed == [], "The docs list old paths, and so new clients will use them."
    servers = [one.get("url") for one in docs.document.get("servers", [])]
    assert servers in ([], ["/"]), "The docs name these servers, and so new clients will put that before each path."


def test_every_answer_says_nosniff(client, studio):
    """Every answer has the header `X-Content-Type-Options: nosniff`, whatever its status, and whoever made it."""
    for what, method, path, options in requests_of_all_kinds(studio):
        response = client.request(method, path, **options)
        got = headers_of(response, ["x-content-type-options"])
        status = response.status_code
        assert got == {"x-content-type-options": "nosniff"}, told(
            (
                got["x-content-type-options"] is None and status >= 400,
                f"`{method} {path}`: {what}. The {status} came without the header. Who makes this answer, and does it pass the place "
                "where you set it? What is set on an injected `Response` is lost when an exception is raised, and no dependency runs "
                "where no operation was chosen.",
            ),
            (
                got["x-content-type-options"] is None,
                f"`{method} {path}`: {what}. The answer came without the header, although others have it. Who makes this answer?"
                if path != "/rooms"
                else "",
            ),
            f"`{method} {path}`: {what}.",
        )
