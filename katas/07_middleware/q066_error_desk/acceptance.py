"""Checks of q066: one form for all errors, and who gets to know of them."""

from http import HTTPStatus
from typing import Annotated

import pydantic
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Query
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import StreamingResponse

from pytest_fastapi_kata.checks import exactly, headers_of, told, value_at

INTERNAL = "Internal error"
CHECK_INPUT = "Please check your input"
DOWN = "A register is not answering"
ITS_OWN = "FastAPI's own form, with `detail`: no handler of yours has come by here."


class Office:
    """The office of this run, with what was reported."""

    def __init__(self, given):
        self.reported = []
        self.module = given("office", report=self.report)

    def report(self, *arguments, **named):
        given = dict(zip(("reference", "error", "path"), arguments, strict=False))
        self.reported.append({**given, **named})


@pytest.fixture(autouse=True)
def office(given):
    """The office, in place before the learner's app is imported."""
    return Office(given)


class Outside:
    """Stands where the server stands, and notes the exceptions that reach it."""

    def __init__(self, app):
        self.app, self.router = app, app.router
        self.reached = []

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.reached.append(error)
            raise


@pytest.fixture
def outside(app):
    """The learner's app as the server calls it."""
    return Outside(app)


@pytest.fixture
def web(outside, client_for):
    """A client of the learner's app."""
    return client_for(outside)


def raisers(app, rng, error):
    """Lets the error be raised in each kind of place; yields what the place is, and its path."""

    def in_a_function():
        raise error

    async def in_a_coroutine():
        raise error

    def done():
        return {}

    router = APIRouter(prefix=f"/{rng.word(4)}")
    paths = [f"/{word}" for word in rng.words(5, 5)]
    app.add_api_route(paths[0], in_a_function)
    app.add_api_route(paths[1], in_a_coroutine)
    app.add_api_route(paths[2], done, dependencies=[Depends(in_a_function)])
    app.add_api_route(paths[3], done, dependencies=[Depends(in_a_coroutine)])
    router.add_api_route(paths[4], in_a_function)
    app.include_router(router)
    yield "a route that is a function", paths[0]
    yield "a route that is a coroutine", paths[1]
    yield "a dependency that is a function", paths[2]
    yield "a dependency that is a coroutine", paths[3]
    yield "a route of a router that was included", router.prefix + paths[4]


def raising(app, rng, error):
    """One more route, which raises the error; returns its path."""
    path = f"/{rng.word(5)}"

    def raises():
        raise error

    app.add_api_route(path, raises)
    return path


def is_answered(response, status, error, story="", otherwise=""):
    """The answer has the status, and the form with these keys in it."""
    assert response.status_code == status, told(
        (
            response.status_code == 500 and status < 500,
            f"{story} 500: the exception, or one that a handler has met with on its way, was taken for something unexpected.".strip(),
        ),
        story,
    )
    kind = response.headers.get("content-type", "").partition(";")[0]
    assert kind == "application/json", f"{story} This is the answer's media type. Every error is JSON.".strip()
    got = response.json()
    inside, no_text = value_at(got, "error"), "info" in error
    assert got == exactly({"error": {"status": status, **error}}), told(
        (isinstance(got, dict) and "detail" in got, f"{story} {ITS_OWN}".strip()),
        (
            no_text and value_at(inside, "info") == error["info"] and value_at(inside, "message") != error["message"],
            f"{story} {otherwise} `message` is the standard phrase of {status} then.".strip(),
        ),
        f"{story} {otherwise}".strip(),
    )


def is_dealt_with(outside, office, story):
    """Whatever was answered on purpose is neither reported nor does it reach the server."""
    reported = [type(one.get("error")).__name__ for one in office.reported]
    assert reported == [], f"{story} It was reported to the operators, who have nothing to do here."
    reached = [type(error).__name__ for error in outside.reached]
    assert reached == [], (
        f"{story} The answer is right, but the exception went on to the server, whose log shows it as a crash. A handler for "
        "`Exception` or for the status 500 lets everything go on that it gets."
    )


def test_http_errors_have_one_form(outside, web, app, office, rng):
    """An `HTTPException` is answered with its status and `{"error": {"status": …, "message": <its text>}}`, wherever it is raised and whatever the status. It is not reported, and does not reach the server."""
    response = web.get(f"/permits/-{rng.digits(4)}")
    is_answered(response, 404, {"message": "No such permit"})
    for status in (409, *rng.sample((400, 401, 403, 404, 410, 418, 423, 429), 2), 500, 503):
        text = rng.title(3)
        for where, path in raisers(app, rng, HTTPException(status, text)):
            story = f"An `HTTPException` with {status} and a text was raised in {where}."
            response = web.get(path)
            is_answered(response, status, {"message": text}, story)
            is_dealt_with(outside, office, story)
    own = type(rng.name(), (HTTPException,), {})
    text = rng.title()
    for detail, message in ((text, text), (None, "Gone"), ("", "")):
        response = web.get(raising(app, rng, own(410, detail)))
        is_answered(response, 410, {"message": message}, f"A subclass of `HTTPException`, with the detail {detail!r}.")
    number = rng.randint(1, 90_000)
    response = web.get(f"/permits/{number}")
    assert response.status_code == 200, "There is nothing wrong with this request."
    assert response.json() == exactly({"number": number})


def test_errors_of_the_framework_look_the_same(outside, web, app, office, rng):
    """An unknown path, a method that is not allowed (with its `Allow`), and a Starlette `HTTPException` that a library raises are answered in the same form."""
    response = web.get(f"/{rng.word()}")
    is_answered(
        response, 404, {"message": "Not Found"}, "There is no such path, and it is the router that has found that out."
    )
    response = web.post(f"/permits/{rng.randint(1, 999)}")
    is_answered(
        response,
        405,
        {"message": "Method Not Allowed"},
        "The method is not allowed, and it is the framework that has found that out.",
    )
    assert headers_of(response, ["allow"]) == {"allow": "GET"}, "A 405 says which methods there are."
    text = rng.title()
    response = web.get(raising(app, rng, StarletteHTTPException(409, text)))
    is_answered(
        response, 409, {"message": text}, "A library has raised Starlette's `HTTPException`, as the router does."
    )
    is_dealt_with(outside, office, "The framework has raised an `HTTPException`.")


def test_headers_of_an_http_error_are_kept(web, app, rng):
    """The headers of an `HTTPException` are in its answer."""
    name, value, realm = f"X-{rng.name()}", rng.word(), rng.word()
    challenge = f'Basic realm="{realm}"'
    for status, headers, detail, message in (
        (401, {"WWW-Authenticate": challenge}, "Who are you?", {"message": "Who are you?"}),
        (429, {"Retry-After": rng.digits(3), name: value}, "Slowly", {"message": "Slowly"}),
        (409, {name: value[::-1]}, [realm], {"message": "Conflict", "info": [realm]}),
    ):
        response = web.get(raising(app, rng, HTTPException(status, detail, headers)))
        is_answered(response, status, message)
        assert headers_of(response, headers) == headers, (
            "These headers were given to the `HTTPException`, and some of them tell the client what to do next."
        )


def test_details_that_are_no_text_go_under_info(web, app, rng):
    """A `detail` that is no text is the key `info`, as it is; `message` is the standard phrase of the status then."""
    words = rng.words(3)
    for status, detail in (
        (409, {words[0]: [words[1], rng.randint(1, 99)], words[2]: None}),
        (400, [rng.word(), {words[0]: 1.5}]),
        (404, rng.randint(1, 999)),
        (410, []),
        (403, {}),
        (423, False),
    ):
        response = web.get(raising(app, rng, HTTPException(status, detail)))
        expected = {"message": HTTPStatus(status).phrase, "info": detail}
        is_answered(response, status, expected, otherwise=f"The `detail` was {detail!r}, and that is no text.")


async def test_a_304_has_no_body(app, asgi, rng):
    """An `HTTPException` with 204 or 304 is sent without body and content type, with its headers. A 403 beside it has the form."""
    name, value = f"x-{rng.word()}", rng.word()
    async with asgi(app) as server:
        for status in (304, 204):
            text = rng.title()
            path = raising(app, rng, HTTPException(status, text, {"ETag": f'"{value}"', name: value}))
            response = await server.request("GET", path)
            assert response.status_code == status
            assert response.text == "", (
                f"A {status} has no body. Servers that are sent one break the connection off, or take it for the next answer."
            )
            got = {one: response.header(one) for one in ("content-type", "etag", name)}
            assert got == {"content-type": None, "etag": f'"{value}"', name: value}, told(
                (got["content-type"] is not None, "There is no body, and so it has no type."),
                "These are headers of the `HTTPException`. They are what a 304 is about.",
            )
            text = rng.title()
            response = await server.request("GET", raising(app, rng, HTTPException(403, text)))
            assert response.status_code == 403
            assert response.json() == exactly({"error": {"status": 403, "message": text}})


class Space(pydantic.BaseModel):
    size: int
    floor: int = 0


class Plan(pydantic.BaseModel):
    rooms: list[Space]
    owner: str


def add_forms(app, path):
    """Routes that want much."""

    def paging(limit: int = 10):
        return limit

    def cost(limit: int = 1):
        return limit

    def build(
        number: int,
        plan: Plan,
        paging: Annotated[int, Depends(paging)],
        cost: Annotated[int, Depends(cost)],
        page: Annotated[int, Query(ge=1)] = 1,
    ):
        return {}

    app.add_api_route(f"{path}/{{number}}", build, methods=["POST"])


def test_input_errors_name_their_fields(outside, web, app, client_for, office, rng):
    """Invalid parameters and bodies are 422 with `message` “Please check your input” and the `loc` of each error, joined by dots, in FastAPI's order. The values that were sent are not repeated, nothing is reported, and nothing reaches the server."""
    secret, path = rng.word(6), f"/{rng.word()}"
    plain = FastAPI()
    for one in (app, plain):
        add_forms(one, path)
    by_fastapi = client_for(plain)
    response = web.get(f"/permits/{secret}")
    is_wrong_input(response, ["path.number"], secret)
    number, room = rng.randint(1, 99), {"size": rng.randint(1, 99)}
    for target, options in (
        (f"{path}/{secret}?limit={secret}&page=0", {"json": {"rooms": [{"size": secret}], "owner": {secret: 1}}}),
        (f"{path}/{number}", {"json": {"rooms": [room, room, {"size": secret, "floor": secret}], "owner": secret}}),
        (f"{path}/{number}", {"json": {"rooms": [{}, room], "password": secret}}),
        (f"{path}/{number}", {"content": f'{{"owner": "{secret}', "headers": {"content-type": "application/json"}}),
        (f"{path}/{number}?page={secret}", {}),
    ):
        fields = fields_of(by_fastapi.post(target, **options))
        response = web.post(target, **options)
        is_wrong_input(response, fields, secret)
        is_dealt_with(outside, office, "The input was wrong.")


def is_wrong_input(response, fields, secret):
    got = value_at(value_at(response.json(), "error"), "fields")
    texts = isinstance(got, list) and all(isinstance(one, str) for one in got)
    otherwise = told(
        (secret in response.text, "A value that was sent is repeated in the answer."),
        (got == fields, "The `fields` are right. Beside them stand `status` and `message`, and nothing else."),
        (not texts, "`fields` is a list of texts, one for each error that FastAPI found."),
        (
            texts and len(got) < len(fields) and got == list(dict.fromkeys(fields)),
            "All `fields` are there. But two parts of the app want the same parameter, and both have found an error in it.",
        ),
        (texts and set(got) == set(fields), "All `fields` are there, in another order than FastAPI's."),
        "`fields` has, for each error that FastAPI found, all steps of its place.",
    )
    is_answered(response, 422, {"message": CHECK_INPUT, "fields": fields}, otherwise=otherwise)


def fields_of(response):
    return [".".join(map(str, fault["loc"])) for fault in response.json()["detail"]]


def test_a_register_that_is_down_is_503(outside, web, app, office, rng):
    """`RegisterDown` and its subclasses, raised in a route or a dependency, are 503 with `Retry-After`. They are not reported, and do not reach the server."""
    down = office.module.RegisterDown

    class Nearby(down):
        pass

    class Busy(down):
        def __init__(self, *, seconds):
            super().__init__(rng.title(), seconds)

    class VeryBusy(Busy):
        pass

    for who, error in (
        ("`RegisterDown`", down(rng.title(), rng.randint(2, 900))),
        ("A subclass of `RegisterDown`", Nearby(rng.title(), rng.randint(2, 900))),
        ("A subclass of a subclass of `RegisterDown`", VeryBusy(seconds=rng.randint(2, 900))),
    ):
        for where, path in raisers(app, rng, error):
            story = f"{who} was raised in {where}."
            response = web.get(path)
            is_answered(response, 503, {"message": DOWN}, story)
            assert headers_of(response, ["retry-after"]) == {"retry-after": str(error.seconds)}, (
                f"{story} Its `seconds` say when it is worth asking again."
            )
            is_dealt_with(outside, office, story)


def unexpected(rng):
    """Exceptions that nobody has thought of, each with words of its own."""

    class Settings(pydantic.BaseModel):
        port: int

    def invalid(word):
        try:
            Settings(port=word)
        except pydantic.ValidationError as error:
            return error

    kinds = [ValueError, KeyError, LookupError, RuntimeError, PermissionError, TimeoutError]
    kinds += [type(rng.name(), (Exception,), {}), type(rng.name(), (ValueError,), {})]
    for kind in kinds:
        word = rng.word(6)
        yield word, kind(word)
    word = rng.word(6)
    yield word, invalid(word)


def has_the_form(response, story):
    """The kata's own mark: a 500 in the form, with a reference."""
    assert response.status_code == 500, story
    kind = response.headers.get("content-type", "").partition(";")[0]
    assert kind == "application/json", (
        f"{story} This is the answer's media type. Every error is JSON, the 500 included."
    )
    inside = value_at(response.json(), "error")
    assert "reference" in (inside if isinstance(inside, dict) else {}), (
        f"{story} The answer has no `reference` inside of `error`."
    )


def is_unexpected(response, office, path, words, story):
    """The answer and the report of something unexpected; returns the reference and the reported exception."""
    has_the_form(response, story)
    text, got = response.text, response.json()
    leaked = [word for word in words if word in text or any(word in value for value in response.headers.values())]
    assert leaked == [], f"{story} These words of the exception, or of its class, are in the answer."
    inside = value_at(got, "error")
    reference = value_at(inside, "reference")
    assert got == exactly({"error": {"status": 500, "message": INTERNAL, "reference": reference}}), story
    assert isinstance(reference, str), f"{story} This is the `reference`, and it is no text: {reference!r}"
    assert len(reference) >= 8, f"{story} This is how long the `reference` is: {reference!r}"
    count = len(office.reported)
    assert count == 1, told(
        (count == 0, f"{story} It was not reported to the operators."),
        f"{story} It was reported {count} times. Somebody reports it on its way, and somebody else at the end.",
    )
    report = office.reported.pop()
    told_them = {name: report.get(name) for name in ("reference", "path")}
    assert told_them == {"reference": reference, "path": path}, told(
        (
            told_them["reference"] == reference and path in str(told_them["path"]),
            f"{story} The operators are to be told the path alone, and not all that a citizen has written into the URL.",
        ),
        f"{story} This is what the operators were told. The citizen has been given the reference {reference!r}.",
    )
    return reference, report.get("error")


def test_the_unexpected_gets_a_reference(web, app, office, load, client_for, rng):
    """Any other exception, also a response that does not fit its model, is a 500 with `message` “Internal error” and a new `reference`, of 8 characters or more, and is reported once with just that reference, itself, and the path. Nothing of its text or class is in the answer."""
    references = []
    for word, error in unexpected(rng):
        name = type(error).__name__
        for where, path in raisers(app, rng, error):
            for _ in range(2 if "function" in where else 1):
                story = f"`{name}` was raised in {where}."
                response = web.get(f"{path}?{rng.word()}={rng.word()}")
                reference, reported = is_unexpected(response, office, path, [word, name], story)
                assert reported is error, f"{story} Another exception was reported."
                is_new(reference, references, story)
    word, path = rng.word(6), f"/{rng.word()}"
    app.add_api_route(path, lambda: {"size": word}, response_model=Space)
    response = web.get(path)
    story = "A route's response does not fit its model."
    reference, reported = is_unexpected(response, office, path, [word, "ResponseValidationError"], story)
    got = type(reported).__name__
    assert got == "ResponseValidationError", f"{story} This is the class of what was reported."
    is_new(reference, references, story)
    again = load().app
    crash = LookupError(rng.word(6))
    restarted = client_for(Outside(again))
    for path in (raising(again, rng, crash), raising(again, rng, crash)):
        story = "The app was started again, and a route has crashed."
        response = restarted.get(path)
        reference, _ = is_unexpected(response, office, path, [], story)
        is_new(reference, references, story)


def is_new(reference, references, story):
    """The reference was not given out before; it is kept for the next time."""
    before = references.count(reference)
    assert before == 0, (
        f"{story} So many requests were given the reference {reference!r} before. Which of them does the citizen on the phone mean?"
    )
    references.append(reference)


def test_the_unexpected_still_reaches_the_server(outside, web, app, rng):
    """The exception itself goes on to the server, when the client has been given the 500 in the form."""
    for _, error in unexpected(rng):
        for where, path in raisers(app, rng, error):
            outside.reached.clear()
            story = f"`{type(error).__name__}` was raised in {where}."
            response = web.get(path)
            has_the_form(response, story)
            reached = list(outside.reached)
            assert reached == [error], told(
                (
                    reached == [],
                    f"{story} The client was answered, and the exception ended there. The server's log stays empty, and whoever "
                    "watches it sees nothing.",
                ),
                f"{story} Another exception has reached the server.",
            )


class Breaks:
    """A middleware that somebody adds, and that fails for some requests."""

    def __init__(self, app, path, error):
        self.app, self.path, self.error = app, path, error

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] == self.path:
            raise self.error
        await self.app(scope, receive, send)


def test_errors_in_a_middleware_are_caught_too(outside, app, client_for, office, rng):
    """An exception of a middleware that somebody adds is answered in the form and reported like any other, and reaches the server."""
    words = rng.words(2, 6)
    path, other = f"/{rng.word()}", f"/{rng.word(4)}"
    plain, dispatched = LookupError(words[0]), ValueError(words[1])
    app.add_middleware(Breaks, path=path, error=plain)

    @app.middleware("http")
    async def breaks_too(request, call_next):
        response = await call_next(request)
        if request.url.path == other:
            raise dispatched
        return response

    web = client_for(outside)
    for target, error in ((path, plain), (other, dispatched)):
        outside.reached.clear()
        response = web.get(target)
        story = (
            "A colleague has added a middleware, which raises an exception before it has called the app."
            if error is plain
            else "A colleague has added a middleware, which raises an exception when the app has answered."
        )
        assert response.status_code == 500, story
        has_the_form(response, f"{story} It stands outside of whatever was added before.")
        reports = [(type(one.get("error")).__name__, one.get("path")) for one in office.reported]
        assert reports == [(type(error).__name__, target)], f"{story} This is what was reported."
        assert office.reported.pop().get("error") is error, f"{story} Another exception of that class was reported."
        reached = [type(one).__name__ for one in outside.reached]
        assert reached == [type(error).__name__], f"{story} This is what has reached the server."
    text = rng.title()
    response = web.get(raising(app, rng, HTTPException(409, text)))
    is_answered(response, 409, {"message": text}, "A route below these middlewares has raised an `HTTPException`.")


async def test_late_errors_are_reported_once(outside, app, asgi, office, rng):
    """An exception in a background task, or in a stream that has begun, is reported once with a reference, and reaches the server. The answer has what was sent before, and nothing more."""
    paths = [f"/{word}" for word in rng.words(3, 4)]
    piece, done = rng.word(8), {"done": rng.word()}
    errors = [LookupError(rng.word(6)), ValueError(rng.word(6)), RuntimeError(rng.word(6))]

    def fails(error):
        raise error

    def task(background: BackgroundTasks):
        background.add_task(fails, errors[0])
        return done

    async def makes():
        yield piece
        raise errors[1]

    def makes_too():
        yield piece
        raise errors[2]

    app.add_api_route(paths[0], task, status_code=202)
    app.add_api_route(paths[1], lambda: StreamingResponse(makes(), 203))
    app.add_api_route(paths[2], lambda: StreamingResponse(makes_too(), 203))
    async with asgi(outside) as server:
        for path, error in zip(paths, errors, strict=True):
            late = path == paths[0]
            story = (
                "A background task has failed, when the answer was out."
                if late
                else "A stream has failed after its first piece."
            )
            outside.reached.clear()
            office.reported.clear()
            call = server.start("GET", path)
            await call.ended()
            response = await call.reply()
            kinds = [one["type"] for one in call.sent]
            assert response.status_code == (202 if late else 203), story
            if late:
                assert response.json() == exactly(done), f"{story} This is the answer."
            else:
                assert response.text == piece, f"{story} This is the answer."
            assert kinds.count("http.response.start") == 1, f"{story} So many answers were begun."
            reports = [(type(one.get("error")).__name__, one.get("path")) for one in office.reported]
            assert reports == [(type(error).__name__, path)], told(
                (reports == [], f"{story} It was not reported. Nobody will find out."),
                (len(reports) > 1, f"{story} It was reported {len(reports)} times."),
                f"{story} This is what was reported.",
            )
            assert office.reported[0].get("error") is error, f"{story} Another exception of that class was reported."
            reference = office.reported[0].get("reference")
            length = len(reference) if isinstance(reference, str) else 0
            assert length >= 8, (
                f"{story} This is how long the reference is that the operators were given: {reference!r}"
            )
            assert outside.reached == [error], told(
                (outside.reached == [], f"{story} It has not reached the server."),
                f"{story} Another exception has reached the server.",
            )
