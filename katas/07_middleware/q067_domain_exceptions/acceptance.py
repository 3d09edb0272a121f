"""Checks of q067: exceptions of one's own, and what becomes of them."""

import importlib
import sys
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends, HTTPException
from starlette.exceptions import HTTPException as StarletteHTTPException

from pytest_fastapi_kata.checks import exactly, headers_of, quoted, refusal, refused_at, told

BASES = {
    "RentalError": "Exception",
    "NotFound": "RentalError",
    "UnknownBoat": "NotFound",
    "Conflict": "RentalError",
    "BoatTaken": "Conflict",
    "NotOut": "Conflict",
}
CODES = {
    "RentalError": "rental_error",
    "NotFound": "not_found",
    "UnknownBoat": "unknown_boat",
    "Conflict": "conflict",
    "BoatTaken": "boat_taken",
    "NotOut": "not_out",
}
FRAMEWORKS = ("fastapi", "starlette")
UNTRANSLATED = "500: an exception got through to the server, where a client was to be told what went wrong."


class Current:
    """The learner's `errors` as it is loaded at the moment, for a rental that was loaded before it."""

    def __getattr__(self, name):
        return getattr(importlib.import_module("errors"), name)


class Counter:
    """An ASGI app around the learner's, which notes what reaches the server."""

    def __init__(self, app):
        self.app = app
        self.reached = []

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.reached.append(error)
            raise


class Rental:
    """The rental of this run: boats, who is out and for how long, and who is banned."""

    def __init__(self, given, rng):
        self.rng = rng
        names = [f"{name} {rng.word()}" for name in rng.names(12)]
        self.free, self.taken, self.unknown = names[:4], names[4:8], names[8:]
        self.minutes = dict(zip(self.taken, rng.numbers(4, 3, 500), strict=True))
        self.banned = rng.title()
        self.rules = given(
            "rental",
            errors=Current(),
            boats={*self.free, *self.taken},
            out=dict(self.minutes),
            banned={self.banned},
        )

    def failures(self):
        """All ways to fail: the request, then status, code and message of its answer."""
        free, taken, unknown = (self.rng.choice(boats) for boats in (self.free, self.taken, self.unknown))
        customer, minutes = self.rng.title(), self.rng.randint(10, 90)
        nobody = (404, "unknown_boat", f"No boat named {unknown}")
        out = (409, "boat_taken", f"{taken} is out for {self.minutes[taken]} more minutes")
        return [
            (renting(unknown, customer, minutes), *nobody),
            (renting(taken, customer, minutes), *out),
            (renting(free, self.banned, minutes), 400, "rental_error", "Please see the warden"),
            (returning(unknown), *nobody),
            (returning(free), 409, "not_out", f"{free} is not out"),
        ]


def renting(boat, customer, minutes):
    return f"/boats/{boat}/rent?customer={customer}&minutes={minutes}"


def returning(boat):
    return f"/boats/{boat}/return"


@pytest.fixture
def rental(load, given, rng):
    """The rental, in place before the learner's app is imported."""
    load("errors")
    return Rental(given, rng)


@pytest.fixture
def counter(rental, app):
    """The learner's app, and what gets through it to the server."""
    return Counter(app)


@pytest.fixture
def web(counter, client_for):
    """A client of the learner's app."""
    return client_for(counter)


def classes(errors):
    """The six exception classes by name."""
    found = {name: getattr(errors, name, None) for name in BASES}
    missing = [name for name, cls in found.items() if cls is None]
    assert missing == [], f"`errors.py` does not have {quoted(missing)}."
    wrong = [name for name, cls in found.items() if not (isinstance(cls, type) and issubclass(cls, Exception))]
    assert wrong == [], f"{quoted(wrong)} in `errors.py` cannot be raised: not a class that inherits from `Exception`."
    return found


def loaded_classes():
    """The six classes that the learner's app works with."""
    return classes(importlib.import_module("errors"))


def make(cls, *arguments, name=None):
    """An exception of a class, made as the README says."""
    try:
        return cls(*arguments)
    except TypeError as error:
        call = f"{name or cls.__name__}({', '.join(map(repr, arguments))})"
        raise AssertionError(f"`{call}` was to make an exception. Python says: {error}") from None


def kinds(cls, found):
    """Which of the classes that matter here a class is derived from."""
    named = {"Exception": Exception, **found}
    result = [name for name, base in named.items() if cls is not base and issubclass(cls, base)]
    return result + ["HTTPException"] * issubclass(cls, StarletteHTTPException)


def bases(name):
    """The bases of one of the six, and theirs."""
    return [] if name == "Exception" else [BASES[name], *bases(BASES[name])]


def shown(error, *names):
    """Attributes of an exception or class, with a note for one that is not there."""
    return {name: getattr(error, name, "(is missing)") for name in names}


def test_the_exceptions_say_what_happened(load, rng):
    """`errors.py` has six exceptions with the bases of the table. Each is made as the table says, has that `str()`, and a `code` on class and instance that subclasses inherit. `BoatTaken` keeps `boat` and `minutes`."""
    found = classes(load("errors"))
    for name, cls in found.items():
        got = sorted(kinds(cls, found))
        assert got == sorted(bases(name)), told(
            (
                "HTTPException" in got,
                f"`{name}` is an `HTTPException`. That is an answer of the web; the base is to be `{BASES[name]}`.",
            ),
            f"These are the classes from which `{name}` inherits, whether directly or not. Its base is `{BASES[name]}`.",
        )
    minutes = rng.randint(3, 500)
    boat = f"{rng.title()} {{0}} 5%s {rng.word()}"
    text = f"{rng.title()}, {rng.word()}"
    cases = [
        ("RentalError", (text,), text),
        ("NotFound", (text[::-1],), text[::-1]),
        ("UnknownBoat", (boat,), f"No boat named {boat}"),
        ("Conflict", (text.upper(),), text.upper()),
        ("BoatTaken", (boat, minutes), f"{boat} is out for {minutes} more minutes"),
        ("NotOut", (boat,), f"{boat} is not out"),
    ]
    for name, arguments, message in cases:
        cls, code = found[name], CODES[name]
        error = make(cls, *arguments)
        call = f"{name}({', '.join(map(repr, arguments))})"
        assert str(error) == message, told(
            (
                str(error) in (str(arguments[0]), str(arguments)),
                f"This is `str({call})`: the arguments as they came. They were to be put into a sentence, and `str()` was to give that.",
            ),
            f"This is `str({call})`.",
        )
        on_class, on_error = getattr(cls, "code", "(is missing)"), getattr(error, "code", "(is missing)")
        assert on_class == exactly(code), told(
            (
                on_error == code,
                f"An instance of `{name}` has its code. The class has not: this is `{name}.code`.",
            ),
            f"This is `{name}.code`.",
        )
        assert on_error == exactly(code), f"This is `code` of an instance of `{name}`."
        heir = type(rng.name(), (cls,), {})
        inherited = {
            "on the class": getattr(heir, "code", None),
            "on an instance": getattr(make(heir, *arguments, name=name), "code", None),
        }
        assert inherited == {"on the class": code, "on an instance": code}, (
            f"A subclass of `{name}` was made that says nothing about its code. It was to have that of its base."
        )
    taken = make(found["BoatTaken"], boat, minutes)
    assert shown(taken, "boat", "minutes") == exactly({"boat": boat, "minutes": minutes}), (
        f"These are attributes of `BoatTaken({boat!r}, {minutes})`."
    )


@pytest.fixture
def without_frameworks(load, monkeypatch):
    """Makes the import of FastAPI and Starlette fail, with nothing of the learner's loaded yet."""

    def forbid():
        # What is wrong with errors.py anyway is told first, as for any other file.
        folder = Path(load("errors").__file__).parent
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and Path(file).parent == folder:
                monkeypatch.delitem(sys.modules, name)
            elif name.partition(".")[0] in FRAMEWORKS:
                monkeypatch.setitem(sys.modules, name, None)
        for name in FRAMEWORKS:
            monkeypatch.setitem(sys.modules, name, None)

    return forbid


def test_the_rules_do_not_need_fastapi(without_frameworks, given, monkeypatch, rng):
    """`errors.py` and `rental.py` can be imported where neither FastAPI nor Starlette is installed. The six classes are there, and `rental.rent` raises `UnknownBoat`."""
    without_frameworks()
    boat, customer = rng.names(2)
    try:
        errors = importlib.import_module("errors")
        rules = given("rental")
    except ImportError as error:
        framework = next((one for one in FRAMEWORKS if one in str(error)), None)
        raise AssertionError(
            f"`errors.py` and `rental.py` were imported where {framework} is not installed, as on the computer at the "
            "jetty. That failed, so something that they import needs it. What the web makes of an error does not belong "
            "to the error."
            if framework
            else f"`errors.py` could not be imported where FastAPI is not installed: {error}"
        ) from None
    found = classes(errors)
    raised = None
    try:
        rules.rent(boat, customer, rng.randint(5, 50))
    except Exception as error:
        raised = error
    assert type(raised) is found["UnknownBoat"], (
        f"This is what `rental.rent` raised for a boat that there is not: {raised}"
    )
    assert str(raised) == f"No boat named {boat}"


def test_each_error_has_its_answer(web, rental):
    """Every error that the two routes can meet is answered with its status and the JSON object `{"code": …, "message": …}`."""
    for target, status, code, message in rental.failures():
        response = web.post(target)
        assert response.status_code == status, told((response.status_code == 500, UNTRANSLATED))
        kind = response.headers.get("content-type", "").partition(";")[0]
        assert kind == "application/json", "This is the answer's media type. It was to be JSON."
        got = response.json()
        assert got == exactly({"code": code, "message": message}), told(
            (
                isinstance(got, dict) and "detail" in got,
                "The answer has a `detail`, as FastAPI's own errors have. The rental's errors have `code` and `message`, and nothing else.",
            ),
        )


def test_a_taken_boat_says_when_to_come_again(web, rental):
    """The answer for a boat that is out has `Retry-After`, in seconds. The answers to other errors have no such header."""
    for boat, minutes in rental.minutes.items():
        response = web.post(renting(boat, rental.rng.title(), 30))
        assert response.status_code == 409, told((response.status_code == 500, UNTRANSLATED))
        got = response.headers.get("retry-after")
        assert got == str(minutes * 60), told(
            (got is None, "The answer has no `Retry-After`."),
            (got == str(minutes), "The boat is out for so many minutes. `Retry-After` is read as seconds."),
            f"This is `Retry-After`. The boat is out for {minutes} more minutes.",
        )
    for target, status, code, _ in rental.failures():
        if code != "boat_taken":
            response = web.post(target)
            assert response.status_code == status, told((response.status_code == 500, UNTRANSLATED))
            assert headers_of(response, ["retry-after"]) == {"retry-after": None}, (
                f"`Retry-After` belongs to a boat that is out. This is the error `{code}`, and coming again later does not help."
            )


def raisers(app, rng, error):
    """Lets the error be raised in each kind of place; yields what the place is, and its path."""

    def in_a_function():
        raise error

    async def in_a_coroutine():
        raise error

    def done():
        return {}

    router = APIRouter()
    first, second, third, fourth, fifth = (f"/{word}" for word in rng.words(5, 5))
    app.add_api_route(first, in_a_function)
    app.add_api_route(second, in_a_coroutine)
    app.add_api_route(third, done, dependencies=[Depends(in_a_function)])
    app.add_api_route(fourth, done, dependencies=[Depends(in_a_coroutine)])
    router.add_api_route(fifth, in_a_function)
    app.include_router(router)
    yield "a route that is a function", first
    yield "a route that is a coroutine", second
    yield "a dependency that is a function", third
    yield "a dependency that is a coroutine", fourth
    yield "a route of a router that was included", fifth


def newcomers(found, rng):
    """Errors that a colleague has added: what is said of each, the error, and its answer."""
    text, other, third, boat = rng.title(3), rng.title(3), rng.title(3), rng.title()
    minutes = rng.randint(3, 500)

    def heir(base, **attributes):
        # One name for all: by it a crash is recognised, whatever the names of this run are.
        return type("NewError", (found[base],), {"__module__": rng.word(), **attributes})

    def worded(said):
        return {"__str__": lambda self: said}

    codes = [f"{word}_{rng.word()}" for word in rng.words(5, 4)]
    grandchild = type("NewError", (heir("Conflict", code=codes[4]),), {})
    taken = f"{boat} is out for {minutes} more minutes"
    cases = [
        ("RentalError", {"code": codes[0]}, (text,), 400, codes[0], text),
        ("RentalError", {}, (other,), 400, "rental_error", other),
        ("NotFound", {"code": codes[1]}, (text,), 404, codes[1], text),
        ("UnknownBoat", {}, (boat,), 404, "unknown_boat", f"No boat named {boat}"),
        ("Conflict", {"code": codes[2]}, (other,), 409, codes[2], other),
        ("Conflict", worded(third), (text,), 409, "conflict", third),
        ("Conflict", {"minutes": minutes}, (other,), 409, "conflict", other),
        ("NotOut", {}, (boat,), 409, "not_out", f"{boat} is not out"),
        ("BoatTaken", {"code": codes[3]}, (boat, minutes), 409, codes[3], taken),
        ("BoatTaken", {}, (boat, minutes), 409, "boat_taken", taken),
    ]
    for base, attributes, arguments, status, code, message in cases:
        after = str(minutes * 60) if base == "BoatTaken" else None
        name = f"a new subclass of `{base}`" + ", with `minutes` of its own" * ("minutes" in attributes)
        yield name, make(heir(base, **attributes), *arguments, name=base), status, code, message, after
    yield "a subclass of a new subclass of `Conflict`", make(grandchild, text), 409, codes[4], text, None
    for base, status in (("RentalError", 400), ("NotFound", 404), ("Conflict", 409)):
        yield f"`{base}` itself", make(found[base], third), status, CODES[base], third, None


def test_new_errors_need_no_change_in_the_api(web, app, rng):
    """A subclass that another module adds is answered like its base, with its own code if it has one, wherever it is raised: in a function, a coroutine, a dependency, or a route of an included router."""
    for who, error, status, code, message, after in newcomers(loaded_classes(), rng):
        for where, path in raisers(app, rng, error):
            story = f"The error is {who}, raised in {where}."
            response = web.get(path)
            assert response.status_code == status, told(
                (
                    response.status_code == 500 and "new" in who,
                    f"500: this error was not turned into an answer. {story} Whatever is done for a class is to be done for its "
                    "subclasses as well, and for every route.",
                ),
                (response.status_code == 500, f"500: this error was not turned into an answer. {story}"),
                story,
            )
            got = response.json()
            assert got == exactly({"code": code, "message": message}), told(
                (
                    isinstance(got, dict) and got.get("code") == code and "message" in got,
                    f"{story} `message` is its `str()`, which a subclass may have of its own.",
                ),
                story,
            )
            assert headers_of(response, ["retry-after"]) == {"retry-after": after}, told(
                (after is not None, f"{story} The boat is out for {int(after or 0) // 60} more minutes."),
                f"{story} `Retry-After` belongs to a boat that is out.",
            )


def are_dealt_with(web, counter, failures):
    """The kata's own mark: an error of the rental is an answer, and does not reach the server."""
    for target, status, _, _ in failures:
        counter.reached.clear()
        response = web.post(target)
        assert response.status_code == status, told((response.status_code == 500, UNTRANSLATED))
        got = [type(error).__name__ for error in counter.reached]
        assert got == [], (
            "The status is right, and yet the exception went on to the server, whose log shows it as a crash. That is so with "
            "whatever handles `Exception` itself, or the status 500: it has the last word to the client, and then the server "
            "gets to see the exception."
        )


def test_other_errors_are_not_swallowed(web, counter, rental, app, rng):
    """An exception that is no `RentalError` is answered with FastAPI's 500 and reaches the server. A `RentalError` that was answered does not reach it."""
    are_dealt_with(web, counter, rental.failures()[:2])
    text = rng.title()
    lookalike = type("RentalError", (Exception,), {"code": rng.word(), "minutes": rng.randint(3, 50)})
    for error in (ValueError(text), KeyError(text), Exception(text), lookalike(text)):
        name = "an exception of another module that has a `code`" if type(error) is lookalike else f"a `{error!r}`"
        for where, path in raisers(app, rng, error):
            counter.reached.clear()
            response = web.get(path)
            story = f"This is {name}, raised in {where}. It is a bug, and no error of the rental."
            assert response.status_code == 500, told(
                (400 <= response.status_code < 500, f"{story} The client is told that it did something wrong."),
                story,
            )
            assert counter.reached == [error], f"{story} The server was to see it: who else would find the bug?"
            assert response.text == "Internal Server Error", f"{story} The answer to it was to stay as FastAPI has it."
    are_dealt_with(web, counter, rental.failures())


def test_the_rest_answers_as_before(web, rental, app, rng):
    """A free boat is rented and returned, and rented twice it is a conflict. `HTTPException`, an unknown address and wrong parameters are answered in FastAPI's own form."""
    boat, minutes = rng.choice(rental.free), rng.randint(5, 90)
    response = web.post(renting(boat, rng.title(), minutes))
    assert response.status_code == 200, "The boat is free and the customer is not banned."
    assert response.json() == exactly({"minutes": minutes})
    response = web.post(renting(boat, rng.title(), minutes + 1))
    assert response.status_code == 409, told((response.status_code == 500, UNTRANSLATED))
    response = web.post(returning(boat))
    assert response.status_code == 200, "The boat is out, so it can be returned."
    assert response.json() == exactly({"minutes left": minutes})

    detail, header = rng.title(3), f"X-{rng.name()}"
    path, address = (f"/{word}" for word in rng.words(2, 5))

    def teapot():
        raise HTTPException(418, detail, headers={header: detail})

    app.add_api_route(path, teapot)
    response = web.get(path)
    assert response.status_code == 418
    assert response.json() == exactly({"detail": detail}), (
        "A route raised an `HTTPException`, which is not yours to change."
    )
    assert headers_of(response, [header]) == {header: detail}
    for method, target, status, text in (
        ("GET", address, 404, "Not Found"),
        ("GET", returning(boat), 405, "Method Not Allowed"),
    ):
        response = web.request(method, target)
        assert response.status_code == status
        assert response.json() == exactly({"detail": text}), "This is an error of the web, and none of the rental."
    response = web.post(f"/boats/{boat}/rent?customer={rng.word()}&minutes={rng.word()}")
    assert refusal(response) == refused_at("query.minutes")
    response = web.post(f"/boats/{boat}/rent")
    assert refusal(response) == refused_at("query.customer", "query.minutes")
