"""Checks of q063: what stands around an app, and what it leaves alone."""

import pytest
from fastapi import HTTPException, Response

from pytest_fastapi_kata.checks import exactly, told
from pytest_fastapi_kata.rendezvous import until

MAINTENANCE = {"detail": "Maintenance"}


class Resort:
    """The resort of this run: its lifts, its reports, and a ticker that can be held."""

    def __init__(self, given, rng):
        self.rng = rng
        self.lift, self.unknown = rng.words(2)
        self.gates = []
        self.pieces = [f"{word}\n" for word in rng.words(3)]
        self.begun = 0
        self.module = given(
            "resort",
            retry_after=rng.randint(20, 5_000),
            lifts={self.lift: rng.word(), rng.word(4): rng.word()},
            ticker=self.ticker,
        )
        self.module.name = rng.word(4)

    async def ticker(self):
        self.begun += 1
        for number, piece in enumerate(self.pieces):
            if number and self.gates:
                await self.gates[number - 1].passed()
            yield piece

    def rename(self):
        """Another name and another time; the old name is returned."""
        old, self.module.name = self.module.name, self.rng.word(4)
        self.module.retry_after = self.rng.randint(20, 5_000)
        return old

    @property
    def shown(self):
        return {"lift": self.lift, "state": self.module.lifts[self.lift]}

    @property
    def report(self):
        return f"/lifts/{self.lift}/reports"


@pytest.fixture
def resort(given, rng):
    """The resort, in place before the learner's app is imported."""
    return Resort(given, rng)


def stamps(response):
    """All values of `X-Resort`, in the order in which they came."""
    headers = getattr(response.headers, "multi_items", lambda: response.headers)()
    return [value for name, value in headers if name.lower() == "x-resort"]


def unstamped(response, resort, what, old=None):
    """What it means if an answer has another stamp than the one of its resort."""
    got = stamps(response)
    return told(
        (
            got == [] and response.status_code in (404, 405) and response.json() != {"detail": "No such lift"},
            f"{what} has no `X-Resort`. No route has taken this request. What stands around the routes sees it all the same; what "
            "belongs to a route does not.",
        ),
        (
            got == [] and response.status_code == 422,
            f"{what} has no `X-Resort`. The request was refused before the function of its route was called.",
        ),
        (got == [], f"{what} has no `X-Resort`."),
        (got == [old], f"{what}: this is the name that the resort had before."),
        (len(got) > 1, f"{what} has been stamped {len(got)} times."),
        f"{what} does not name its resort.",
    )


def test_every_answer_names_its_resort(resort, app, client_for):
    """Every HTTP answer, with or without a route, has exactly one header `X-Resort` with `resort.name` as it is at that time."""
    theirs, path_of_theirs = resort.rng.words(2)

    @app.get(f"/{path_of_theirs}")
    def colleague(response: Response):
        response.headers["X-Resort"] = theirs

    client = client_for(app)
    old = None
    for _ in range(2):
        for method, path, body, status, what in (
            ("GET", f"/lifts/{resort.lift}", None, 200, "The answer of a route"),
            ("POST", resort.report, {"text": resort.rng.word()}, 201, "The answer of a route"),
            ("GET", f"/lifts/{resort.unknown}", None, 404, "The 404 of a lift that does not exist"),
            ("GET", f"/{resort.unknown}", None, 404, "The 404 of a path that no route has"),
            ("DELETE", f"/lifts/{resort.lift}", None, 405, "The 405 of a wrong method"),
            ("POST", resort.report, {}, 422, "The 422 of a body that does not fit"),
            ("GET", "/ticker", None, 200, "The answer of the ticker"),
            ("GET", "/status", None, 200, "The answer of the status page"),
            ("GET", "/openapi.json", None, 200, "The OpenAPI document"),
        ):
            response = client.request(method, path, json=body)
            assert response.status_code == status, told(
                (
                    response.status_code == 500,
                    "An exception ended the request; it is shown below. (Whatever a middleware returns is taken for the response.)",
                ),
                "Something has changed what the app answers. There is no maintenance.",
            )
            assert stamps(response) == [resort.module.name], unstamped(response, resort, what, old)
        old = resort.rename()
    response = client.get(f"/{path_of_theirs}")
    assert response.status_code == 200, "This is a colleague's route."
    assert stamps(response) == [resort.module.name], told(
        (
            stamps(response) == [theirs],
            "A colleague's route sets an `X-Resort` itself, and that is what has arrived, in place of the name of this resort.",
        ),
        (
            theirs in stamps(response),
            "A colleague's route sets an `X-Resort` itself. It has arrived beside the stamp, and there is to be one header only.",
        ),
        unstamped(response, resort, "The answer of a colleague's route", old),
    )


def test_maintenance_answers_for_everybody(resort, client):
    """While `resort.maintenance` is true, every HTTP request gets 503 `{"detail": "Maintenance"}` with `Retry-After`, to paths that no route has, too. Before and afterwards all is as usual."""
    for _ in range(2):
        response = client.get(f"/lifts/{resort.lift}")
        assert response.status_code == 200, "There is no maintenance."
        resort.module.maintenance = True
        for method, path, body in (
            ("GET", f"/lifts/{resort.lift}", None),
            ("POST", resort.report, {"text": resort.rng.word()}),
            ("POST", resort.report, {}),
            ("GET", f"/lifts/{resort.unknown}", None),
            ("GET", f"/{resort.unknown}", None),
            ("DELETE", f"/lifts/{resort.lift}", None),
            ("OPTIONS", f"/lifts/{resort.lift}", None),
            ("GET", "/ticker", None),
            ("GET", "/openapi.json", None),
            ("GET", "/", None),
        ):
            response = client.request(method, path, json=body)
            assert response.status_code == 503, told(
                (
                    response.status_code == 500,
                    "An exception ended the request; it is shown below. If it was meant as the answer: it was raised outside of "
                    "all that makes answers of exceptions. Whoever stands out there has to give a response.",
                ),
                (
                    method == "OPTIONS",
                    "There is maintenance for every method, and this request was answered as if there were none.",
                ),
                (
                    response.status_code in (404, 405),
                    "There is maintenance, and this request was answered as if there were none. No route has taken it, so "
                    "nothing that belongs to a route can answer it.",
                ),
                (
                    response.status_code == 422,
                    "There is maintenance, and this request was read and refused for its body.",
                ),
                "There is maintenance, and this request was served.",
            )
            assert response.json() == exactly(MAINTENANCE)
            assert response.headers.get("retry-after") == str(resort.module.retry_after), (
                "`Retry-After` says `resort.retry_after`, as it is at the time of the request."
            )
        resort.module.maintenance = False
        resort.rename()
    response = client.get(f"/lifts/{resort.lift}")
    assert response.status_code == 200, "The maintenance is over."


def test_the_maintenance_answer_names_the_resort_too(resort, client):
    """During maintenance the 503 has exactly one header `X-Resort` with `resort.name`."""
    resort.module.maintenance = True
    old = None
    for path in (f"/lifts/{resort.lift}", f"/{resort.unknown}"):
        response = client.get(path)
        assert response.status_code == 503, "There is maintenance."
        assert stamps(response) == [resort.module.name], told(
            (
                stamps(response) == [],
                "The answer during maintenance has no `X-Resort`. Who answers, and do those who stamp ever see that answer? "
                "What was added last stands outermost.",
            ),
            unstamped(response, resort, "The answer during maintenance", old),
        )
        old = resort.rename()


def test_nothing_runs_during_maintenance(resort, app, client_for):
    """During maintenance no endpoint runs: no report is stored, none is mailed, no ticker is begun, and a colleague's route is not called."""
    called = []

    @app.post("/colleague/{word}")
    def colleague(word: str):
        called.append(word)

    client = client_for(app)
    resort.module.maintenance = True
    for method, path, body in (
        ("POST", resort.report, {"text": resort.rng.word()}),
        ("GET", "/ticker", None),
        ("POST", f"/colleague/{resort.rng.word()}", None),
    ):
        response = client.request(method, path, json=body)
        assert response.status_code == 503, "There is maintenance."
        got = {
            "reports": resort.module.reports,
            "mailed": resort.module.mailed,
            "tickers": resort.begun,
            "calls of the colleague's route": len(called),
        }
        assert got == {"reports": [], "mailed": [], "tickers": 0, "calls of the colleague's route": 0}, (
            f"`{method} {path}` was answered with 503, but its endpoint has run. When is the question of maintenance asked: "
            "before the rest of the app is called, or when its answer is there?"
        )


def test_status_is_always_reachable(resort, client):
    """During maintenance `/status` is answered as usual, with any method. That counts for this very path and for no other."""
    for maintenance in (False, True):
        resort.module.maintenance = maintenance
        for target in ("/status", f"/status?{resort.rng.word()}=1"):
            response = client.get(target)
            assert response.status_code == 200, told(
                ("?" in target, "A query does not change the path: this is `/status`, too, and it is always open."),
                "The load balancer is to get an answer from `/status`, maintenance or not.",
            )
            assert response.json() == exactly({"maintenance": maintenance})
        response = client.post("/status")
        assert response.status_code == 405, told(
            (
                response.status_code == 503,
                "Excepted is the path `/status`, with any method. Without maintenance this would be a 405.",
            ),
        )
    for path in ("/statuses", "/status/lifts", "/status/", "/Status", "/lifts/status", f"/{resort.unknown}/status"):
        response = client.get(path)
        assert response.status_code == 503, told(
            (
                path == "/Status",
                "Capital letters count in a path: `/Status` is another one, and is closed like the rest.",
            ),
            f"There is maintenance, and `{path}` got past it. Excepted is the path `/status`, and nothing that only looks like it.",
        )


def test_bodies_and_background_tasks_get_through(resort, app, client_for):
    """What is posted arrives, background tasks run, and the answer is that of the route: status, body, all its headers, and the stamp."""
    cookies = [f"{name}={resort.rng.word()}" for name in resort.rng.words(2)]
    tag, piece = resort.rng.words(2)

    @app.put("/colleague", status_code=202)
    def colleague(response: Response):
        response.headers["ETag"] = f'"{tag}"'
        for cookie in cookies:
            response.headers.append("Set-Cookie", cookie)
        return {"piece": piece}

    client = client_for(app)
    for length in (3, 30_000):
        text = resort.rng.title(3) * length
        response = client.post(resort.report, json={"text": text})
        assert response.status_code == 201, told(
            (
                response.status_code == 422,
                "The report was complete. Who has taken its body out of the request, so that the route finds none?",
            ),
        )
        assert response.json() == exactly({"noted": text})
        assert resort.module.reports[-1:] == [(resort.lift, text)], (
            "This is the last of `resort.reports` after the request."
        )
        assert resort.module.mailed[-1:] == [text], (
            "The report was noted, and its background task has not run: this is the last of `resort.mailed`. A response carries "
            "its tasks along; one that is made anew has none."
        )
        assert stamps(response) == [resort.module.name], unstamped(response, resort, "The answer")
    response = client.put("/colleague")
    assert response.status_code == 202, "This is a colleague's route, which answers with the status 202."
    assert response.json() == exactly({"piece": piece})
    got = {name: response.headers.get_list(name) for name in ("content-type", "content-length", "etag", "set-cookie")}
    assert got == {
        "content-type": ["application/json"],
        "content-length": [str(len(response.content))],
        "etag": [f'"{tag}"'],
        "set-cookie": cookies,
    }, "These are headers of a colleague's route, which sets an `ETag` and two cookies."
    assert stamps(response) == [resort.module.name], unstamped(response, resort, "The answer of a colleague's route")
    response = client.get(f"/lifts/{resort.unknown}")
    assert (response.status_code, response.json()) == (404, exactly({"detail": "No such lift"}))


async def test_the_ticker_is_passed_on_piece_by_piece(resort, app, asgi, rendezvous):
    """Each piece of `/ticker` goes out as soon as it is made, before the next one is there; the answer has the stamp."""
    resort.gates = [rendezvous() for _ in resort.pieces[1:]]
    async with asgi(app) as server:
        call = server.start("GET", "/ticker")
        for number, gate in enumerate(resort.gates, 1):
            await gate.meets(1, "`/ticker` was asked for, and nobody asks `resort.ticker()` for its pieces.")
            expected = "".join(resort.pieces[:number])
            await until(lambda expected=expected: body_of(call) == expected)
            assert body_of(call) == expected, (
                "The next piece is not made before the last one was sent, and this is what the client has got so far. Does somebody "
                "collect the pieces instead of passing them on?"
            )
            gate.open()
        response = await call.reply("`/ticker` was begun, and its answer did not come to an end.")
        await call.ended()
    assert response.status == 200
    assert response.text == "".join(resort.pieces)
    assert stamps(response) == [resort.module.name], unstamped(response, resort, "The answer of the ticker")


def body_of(call):
    return b"".join(one.get("body", b"") for one in call.sent if one["type"] == "http.response.body").decode()


async def test_errors_are_not_hidden(resort, app, asgi):
    """If an endpoint raises an unexpected exception, that exception reaches the server and the client gets a 500. A request beside it is answered as usual."""

    class SnowCat(Exception):
        pass

    error = SnowCat(resort.rng.word())

    @app.get("/broken")
    def broken():
        raise error

    @app.get("/full")
    def full():
        raise HTTPException(429, resort.unknown, headers={"X-Lift": resort.lift})

    async with asgi(app) as server:
        for _ in range(2):
            call = server.start("GET", "/broken")
            await call.ended()
            assert call.raised is error, told(
                (
                    call.raised is None,
                    "A colleague's route raises an exception that nobody expects. Somebody has caught it: nothing has reached "
                    "the server, so it stands in no log.",
                ),
                "A colleague's route raises an exception that nobody expects. Another one has reached the server.",
            )
            response = await call.reply("A colleague's route raised an exception, and the client got no answer at all.")
            assert response.status == 500
            response = await server.request("GET", f"/lifts/{resort.lift}")
            assert response.status == 200
            assert response.json() == exactly(resort.shown)
            assert stamps(response) == [resort.module.name], unstamped(response, resort, "The next answer")
        response = await server.request("GET", "/full")
        got = {"status": response.status, "body": response.json(), "x-lift": response.header("x-lift")}
        assert got == {"status": 429, "body": {"detail": resort.unknown}, "x-lift": resort.lift}, (
            "A colleague's route raises an `HTTPException` with the status 429 and a header of its own. That is an answer."
        )
        assert stamps(response) == [resort.module.name], unstamped(
            response, resort, "An answer that a route has raised"
        )


async def test_the_web_socket_is_left_alone(resort, app, asgi):
    """`/live` accepts, sends the lifts and closes, during maintenance, too. HTTP requests beside it get their 503, or their stamp."""
    async with asgi(app) as server:
        for maintenance in (False, True):
            resort.module.maintenance = maintenance
            when = "during maintenance" if maintenance else "without maintenance"
            socket = server.websocket("/live")
            await socket.accepted(
                f"The WebSocket `/live` was not accepted, {when}. Maintenance and stamp are for HTTP only."
            )
            got = await socket.next_json(f"The WebSocket `/live` was accepted and sent nothing, {when}.")
            assert got == exactly(resort.module.lifts), f"This is what `/live` sent {when}."
            code = await socket.closed(f"The WebSocket `/live` was not closed, {when}.")
            await socket.ended()
            assert (code, socket.raised) == (1000, None), f"The WebSocket `/live` did not end as before, {when}."
            response = await server.request("GET", f"/lifts/{resort.lift}")
            assert response.status == (503 if maintenance else 200), f"This is an HTTP request, {when}."
            if not maintenance:
                assert stamps(response) == [resort.module.name], unstamped(response, resort, "An answer over HTTP")
