"""Checks of q062: routers that are included twice, a mounted app, and a catch-all."""

import warnings
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fastapi import FastAPI

from pytest_fastapi_kata.checks import exactly, told, value_at

MODULES = ("berths", "cranes", "lookup", "customs")
OPERATIONS = {
    ("get", "/berths"): ("list_berths", "berths"),
    ("get", "/berths/{number}"): ("read_berth", "berths"),
    ("get", "/cranes"): ("list_stopped", "cranes"),
    ("post", "/cranes/{name}/stop"): ("stop_crane", "cranes"),
}
VERSIONS = ("v1", "v2")
NO_ROUTE = {"detail": "Not Found"}


class Port:
    """The package `terminal` of this run: its ships, its cranes, and what customs knows."""

    def __init__(self, given, rng):
        self.rng = rng
        self.ships = dict(zip(rng.numbers(rng.randint(3, 6), 1, 90), (rng.title() for _ in range(6)), strict=False))
        self.stopped = []
        self.declarations = {}
        self.new_declarations()
        values = {
            "berths": {"ships": self.ships},
            "cranes": {"stopped": self.stopped},
            "customs": {"load": lambda: dict(self.declarations)},
        }
        # As a package, whose modules can be had in all the ways in which Python imports them.
        self.package = given("terminal", v1_sunset=self.date(), __path__=[])
        for name in MODULES:
            setattr(self.package, name, given(f"terminal.{name}", **values.get(name, {})))
        self.runs = []
        customs = self.package.customs
        customs.lifespan = self.noted(customs.lifespan)
        customs.app.router.lifespan_context = self.noted(customs.app.router.lifespan_context)

    def noted(self, lifespan):
        """The lifespan of customs, in whichever of the two places it is found; it notes when it begins and ends."""

        @asynccontextmanager
        async def run(app):
            self.runs.append("begin")
            async with lifespan(app) as state:
                yield state
            self.runs.append("end")

        return run

    def date(self):
        """A day in some year, as a header writes it."""
        day = datetime(2027, 1, 1, 22, tzinfo=UTC) + timedelta(days=self.rng.randint(1, 2_000))
        return format_datetime(day, usegmt=True)

    def new_declarations(self):
        numbers = [f"C-{number}" for number in self.rng.numbers(3, 10, 9_999)]
        self.declarations = {number: self.rng.word() for number in numbers}

    @property
    def berth(self):
        return self.rng.choice(list(self.ships))

    @property
    def no_berth(self):
        return self.rng.choice([number for number in range(1, 200) if number not in self.ships])


@pytest.fixture
def port(given, rng):
    """The package, in place before the learner's app is imported."""
    return Port(given, rng)


@pytest.fixture
def untouched(port):
    """What the docs of a third app say of the two routers, before the learner's app has touched them."""
    return marks(third_app(port))


def third_app(port):
    """An app of somebody else's, which includes the same routers."""
    app = FastAPI()
    app.include_router(port.package.berths.router)
    app.include_router(port.package.cranes.router)
    return app


def marks(app):
    """What an app's docs say of each operation that could tell a version: tags, id, and whether it is deprecated."""
    return {
        f"{method.upper()} {path}": {key: operation.get(key) for key in ("tags", "operationId", "deprecated")}
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
    }


def served(response, story=""):
    """What a status that is no success means."""
    return told(
        (
            response.status_code == 404 and response.text == '{"detail":"Not Found"}',
            f"{story} Nothing serves this path.",
        ),
        (response.status_code == 405, f"{story} Something serves this path, but not with this method."),
        (
            response.status_code == 422,
            f"{story} FastAPI refuses something in this request, which is complete; `loc` in the answer says what.",
        ),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    ).strip()


def looked_up(path):
    """What the lookup would make of a path of two parts."""
    kind, code = path.strip("/").split("/")
    return {"kind": kind, "code": code}


def catch_all(response, path):
    """Whether the lookup has answered, where it should not have."""
    return (
        path.count("/") == 2 and response.text.startswith('{"kind"') and response.json() == looked_up(path),
        f"`{path}` was answered by the lookup, which takes every path of two parts. Does anything else serve this path, and "
        "was it declared before the lookup?",
    )


def test_both_versions_answer_the_same(port, client):
    """All routes of `berths` and `cranes` are served below `/v1` and below `/v2`, with the same answers. `GET /status` counts the ships."""
    for version in VERSIONS:
        berth, no_berth, word = port.berth, port.no_berth, port.rng.word()
        for path, status, expected in (
            (f"/{version}/berths", 200, {str(number): ship for number, ship in port.ships.items()}),
            (f"/{version}/berths/{berth}", 200, {"ship": port.ships[berth]}),
            (f"/{version}/berths/{no_berth}", 404, {"detail": "No such berth"}),
            (f"/{version}/cranes", 200, list(port.stopped)),
        ):
            response = client.get(path)
            assert response.status_code == status, served(response)
            assert response.json() == exactly(expected), told(catch_all(response, path))
        response = client.get(f"/{version}/berths/{word}")
        assert response.status_code == 422, told(
            (response.status_code == 404, served(response)), "The number of a berth is a whole number."
        )
        response = client.post(f"/{version}/cranes/{word}/stop")
        assert response.status_code == 202, served(response)
        assert response.json() == exactly({"stopped": word})
        assert port.stopped[-1:] == [word], "`cranes.stopped` ends with this crane, after it was stopped."
    port.ships[port.no_berth] = port.rng.title()
    response = client.get("/status")
    assert response.status_code == 200, served(response)
    assert response.json() == exactly({"berths": len(port.ships)}), (
        "A ship has come in. These are counted for each request."
    )


def test_version_1_says_when_it_ends(port, client):
    """Answers of version 1 that succeed have the header `Sunset` with `terminal.v1_sunset` as it is at that time. Version 2, `/status`, customs and the lookup do not have it."""
    earlier = []
    for _ in range(2):
        berth, crane, kind = port.berth, port.rng.word(), port.rng.word()
        for version in VERSIONS:
            for method, path, status in (
                ("GET", "/berths", 200),
                ("GET", f"/berths/{berth}", 200),
                ("GET", "/cranes", 200),
                ("POST", f"/cranes/{crane}/stop", 202),
            ):
                response = client.request(method, f"/{version}{path}")
                assert response.status_code == status, served(response)
                got = response.headers.get("sunset")
                assert got == (port.package.v1_sunset if version == "v1" else None), told(
                    catch_all(response, f"/{version}{path}"),
                    (
                        version == "v2",
                        "Version 2 does not end. Who sets `Sunset`, and for which of the two versions?",
                    ),
                    (
                        got is None,
                        "Version 1 ends, and this answer of it does not say when: it has no header `Sunset`.",
                    ),
                    (got in earlier, "The last day was put off, and this is the day as it was before."),
                )
        for path in ("/status", f"/{kind}/{crane}", f"/v1{kind}/{crane}", "/customs/openapi.json"):
            response = client.get(path)
            assert response.status_code == 200, served(response)
            assert response.headers.get("sunset") is None, (
                f"`{path}` belongs to no version, so it does not end with version 1."
            )
        earlier.append(port.package.v1_sunset)
        port.package.v1_sunset = port.date()


def test_only_version_1_is_deprecated(port, untouched, app, docs, client_for):
    """In the docs every operation of version 1 is `deprecated`, and none of version 2. A third app that includes the same routers shows nothing of your versions."""
    for method, path in OPERATIONS:
        for version in VERSIONS:
            where = f"/{version}{path}"
            got = bool(docs.operation(method, where).get("deprecated"))
            assert got == (version == "v1"), told(
                (
                    version == "v1",
                    f"{method.upper()} {where} is to be marked as deprecated, so that nobody begins to use it.",
                ),
                f"{method.upper()} {where} is marked as deprecated. Where was that said: at version 1, or at something that "
                "both versions share?",
            )
    other = third_app(port)
    got = marks(other)
    assert got == untouched, (
        "A third app includes `berths.router` and `cranes.router`, and something of your versions shows in its docs. Was "
        "something set on the routers themselves, or on their routes?"
    )
    response = client_for(other).get("/berths")
    assert response.status_code == 200, "A third app includes `berths.router`."
    assert response.headers.get("sunset") is None, (
        "A third app includes `berths.router`, and its answers have your `Sunset`. Was something set on the router itself?"
    )


def test_tags_tell_area_and_version(docs):
    """In the docs each operation of the two versions has the tags of its router and the tag `v1` or `v2`."""
    for (method, path), (_, area) in OPERATIONS.items():
        for version in VERSIONS:
            where = f"/{version}{path}"
            tags = sorted(set(docs.operation(method, where).get("tags", [])))
            assert tags == sorted([area, version]), f"These are the tags of {method.upper()} {where}."


def test_operation_ids_are_short_and_unique(app, docs_for):
    """Each operation of the two versions has the `operationId` `<version>_<name of the function>`, such as `v2_read_berth`, and no two operations of the document have the same."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        docs = docs_for(app)
    for (method, path), (name, _) in OPERATIONS.items():
        for version in VERSIONS:
            where = f"/{version}{path}"
            got = docs.operation(method, where).get("operationId")
            other = next(one for one in VERSIONS if one != version)
            assert got == f"{version}_{name}", told(
                (
                    got == f"{other}_{name}",
                    f"{method.upper()} {where} has the id of the other version. Both share the teams' routes, so a route can "
                    "not keep two ids.",
                ),
                (
                    got == name,
                    f"{method.upper()} {where} has an id that does not tell the version, and the other version has the same.",
                ),
                f"This is the id of {method.upper()} {where}. Clients are generated from these names.",
            )
    ids = sorted(str(one["operationId"]) for one in marks(app).values())
    twice = sorted({one for one in ids if ids.count(one) > 1})
    assert twice == [], "These ids stand in the document more than once. A generated client would lose a function."
    told_of = [str(one.message).partition(" at ")[0] for one in caught if "Duplicate Operation ID" in str(one.message)]
    assert told_of == [], "FastAPI warns of these while it writes the docs: something is included more than once."


def test_customs_keeps_its_own_docs(app, docs_for, client):
    """`customs.app` is mounted at `/customs`: `/customs/openapi.json` has its title and its paths, and the main document lists none of them."""
    response = client.get("/customs/openapi.json")
    assert response.status_code == 200, served(response)
    document = response.json()
    info = value_at(document, "info")
    got = {"title": value_at(info, "title"), "paths": sorted(value_at(document, "paths") or ())}
    assert got == {"title": "Customs", "paths": ["/{number}"]}, told(
        catch_all(response, "/customs/openapi.json"),
        "This is not the document of `customs.app`.",
    )
    theirs = sorted(path for path in docs_for(app).routes if path.startswith("/customs") or path == "/{number}")
    assert theirs == [], (
        "The main document lists these paths. Customs is to stay an app of its own; what is included becomes a part of "
        "yours."
    )


def test_customs_is_open_while_the_terminal_runs(port, app, client_for):
    """The lifespan of `customs.app` runs together with that of `app`: `/customs/{number}` finds the declarations of `customs.load()`, loaded anew for each run, and afterwards `customs.register` is empty."""
    for _ in range(2):
        port.new_declarations()
        port.runs.clear()
        with client_for(app, lifespan=False) as client:
            for number, state in port.declarations.items():
                path = f"/customs/{number}"
                response = client.get(path)
                assert response.status_code == 200, told(
                    (
                        response.status_code == 404 and response.text != '{"detail":"Not Found"}',
                        "Customs knows of no declarations, though the terminal is running: it loads them when it starts, in its "
                        "lifespan. Who starts a mounted app? (Or the register still has those of an earlier run.)",
                    ),
                    served(response),
                )
                assert response.json() == exactly({"state": state}), told(catch_all(response, path))
            assert "begin" in port.runs, (
                "The register is filled, but the lifespan of customs has not begun, neither `customs.lifespan` nor what "
                "`customs.app` has made of it. Whatever else it does one day is left out."
            )
        assert "end" in port.runs, (
            "The lifespan of customs has begun, and the terminal is over: it has not come to its end."
        )
        assert port.package.customs.register == {}, "The terminal has ended, and this is left in `customs.register`."


def test_lookup_takes_only_what_is_left(port, client):
    """`GET /{kind}/{code}` is answered by `lookup.router` if nothing else serves the path: neither the two versions nor customs. It takes nothing more."""
    kind, code, word = port.rng.words(3)
    berth, unknown = port.berth, f"D-{port.rng.digits(5)}"
    for path in (f"/{kind}/{code}", f"/v1/{word}", f"/v2/{word}", f"/{kind}/{berth}"):
        response = client.get(path)
        assert response.status_code == 200, served(response, f"`{path}` is left for the lookup.")
        assert response.json() == exactly(looked_up(path))
    for path, status, expected in (
        ("/v1/berths", 200, {str(number): ship for number, ship in port.ships.items()}),
        ("/v2/cranes", 200, []),
        (f"/customs/{unknown}", 404, {"detail": "No such declaration"}),
        (f"/v1/berths/{port.no_berth}", 404, {"detail": "No such berth"}),
        (f"/{kind}", 404, NO_ROUTE),
        (f"/{kind}/{code}/{word}", 404, NO_ROUTE),
        (f"/v2/berths/{berth}/{word}", 404, NO_ROUTE),
    ):
        response = client.get(path)
        assert response.status_code == status, told(
            catch_all(response, path),
            (status == 404 and expected == NO_ROUTE, f"Nobody serves `{path}`, so it is a 404."),
            served(response),
        )
        assert response.json() == exactly(expected), told(catch_all(response, path))
    response = client.post(f"/{kind}/{code}")
    assert response.status_code == 405, "The lookup answers `GET` only."


def test_a_route_added_later_shows_in_both_versions(port, app, client_for, docs_for):
    """A team adds a route to `berths.router` after the import of `app.py`: it is served in both versions, with tags, id, `deprecated` and `Sunset` as the others."""
    word, name = port.rng.words(2)

    def added(number: int):
        return {word: number}

    added.__name__ = name
    port.package.berths.router.add_api_route(f"/{{number}}/{word}", added, methods=["GET"])
    client = client_for(app)
    story = f"A team has added `/{{number}}/{word}` to `berths.router`, after the import of `app.py`."
    berth = port.berth
    for version in VERSIONS:
        response = client.get(f"/{version}/berths/{berth}/{word}")
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                f"{story} Version {version[1]} does not have it. Was the router included, or were its routes copied one by one?",
            ),
            served(response, story),
        )
        assert response.json() == exactly({word: berth})
        ends = response.headers.get("sunset")
        assert ends == (port.package.v1_sunset if version == "v1" else None), (
            f"{story} This is the `Sunset` of its answer in version {version[1]}."
        )
        operation = docs_for(app).operation("get", f"/{version}/berths/{{number}}/{word}")
        got = {
            "tags": sorted(set(operation.get("tags", []))),
            "operationId": operation.get("operationId"),
            "deprecated": bool(operation.get("deprecated")),
        }
        assert got == {
            "tags": sorted(["berths", version]),
            "operationId": f"{version}_{name}",
            "deprecated": version == "v1",
        }, f"{story} Its function is called `{name}`. This is what the docs say of it in version {version[1]}."
