"""Checks of q039: who may do what, and where the guards hang."""

import pytest
from fastapi import APIRouter, FastAPI

from pytest_fastapi_kata.checks import challenge, exactly, told

NOBODY = "Nobody is known here, so this is 401. 403 is for somebody who is known and may not."


class People(dict):
    """The members of this run; it notes every token that `find` asks for."""

    def __init__(self, members):
        super().__init__(members)
        self.asked = []

    def get(self, token, default=None):
        self.asked.append(token)
        return super().get(token, default)


class Hall:
    """The climbing hall of this run, as the check sees it."""

    def __init__(self, given, rng):
        self.climber_token, self.setter_token, self.unknown = (f"{one}-{rng.word(2)}" for one in rng.words(3))
        self.people = People({})
        self.module = given("hall", _people=self.people)
        climber, setter = rng.names(2)
        self.climber = self.module.Person(climber, "climber")
        self.setter = self.module.Person(setter, "setter")
        self.people.update({self.climber_token: self.climber, self.setter_token: self.setter})
        self.walls = self.module.walls
        self.walls.clear()
        self.walls.update(zip(rng.numbers(4, 10, 99), rng.words(4), strict=True))
        self.wall = rng.choice(list(self.walls))

    @property
    def routes(self):
        """The four guarded routes: method, path, and the token that opens it."""
        return [
            ("GET", "/climbers/me", self.climber_token),
            ("GET", "/climbers/walls", self.climber_token),
            ("PUT", f"/setters/walls/{self.wall}?style=chimney", self.setter_token),
            ("DELETE", f"/setters/walls/{self.wall}", self.setter_token),
        ]

    def strangers(self, token):
        """The five ways to be a stranger, in words and as headers; the token is one that would do."""
        return {
            "no credentials": {},
            "an unknown token": bearer(self.unknown),
            "“Bearer” without a token": {"Authorization": "Bearer"},
            "a known token with the scheme “Basic”": {"Authorization": f"Basic {token}"},
            "a known token without a scheme": {"Authorization": token},
        }


@pytest.fixture
def hall(given, rng):
    return Hall(given, rng)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def refused(response, story):
    """What a status other than 401 means for a stranger."""
    return told(
        (response.status_code < 300, f"{story} went through. Whoever has no token that `find` knows is a stranger."),
        (response.status_code == 403, f"{story} was answered with 403. {NOBODY}"),
        (
            response.status_code == 404 and "No such wall" not in response.text,
            f"{story} found no route.",
        ),
        (
            response.status_code in (404, 422),
            f"{story} was judged by its values before anybody asked who it came from. Strangers learn nothing but 401.",
        ),
        (
            response.status_code == 500,
            f"{story} came past the guard, and an exception ended it; it is shown below. A guard has to raise if it does not "
            "let anybody in.",
        ),
        story,
    )


def let_in(response, who):
    """What a refusal means for somebody who may."""
    return told(
        (response.status_code == 401, f"{who} sent a token that `find` knows, and was taken for a stranger."),
        (response.status_code == 403, f"{who} is allowed to do this, and was refused."),
        (
            response.status_code == 404 and "No such wall" not in response.text,
            "There seems to be no route for this method and path.",
        ),
        (
            response.status_code == 422,
            "FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your function "
            "wants and FastAPI is not told how to make, it asks of the caller.",
        ),
    )


def test_members_get_what_is_theirs(hall, client):
    """`GET /climbers/me` answers exactly `name` and `role` of the member who asks, and `GET /climbers/walls` the walls, to climbers and setters alike."""
    for who, token, person in (
        ("A climber", hall.climber_token, hall.climber),
        ("A setter", hall.setter_token, hall.setter),
    ):
        response = client.get("/climbers/me", headers=bearer(token))
        assert response.status_code == 200, let_in(response, who)
        assert response.json() == exactly({"name": person.name, "role": person.role})
        response = client.get("/climbers/walls", headers=bearer(token))
        assert response.status_code == 200, let_in(response, who)
        assert response.json() == exactly({str(number): style for number, style in hall.walls.items()})


def test_setters_rebuild_and_tear_down(hall, client, rng):
    """For a setter, `PUT` answers 204 with an empty body and sets the wall's style; `DELETE` answers 200 with the `style` of the wall that is gone and `by`, the setter's name, and then 404 `{"detail": "No such wall"}`."""
    headers, before = bearer(hall.setter_token), dict(hall.walls)
    new, style, other_style = rng.randint(100, 999), rng.word(), rng.word(4)
    for number in (new, hall.wall):
        response = client.put(f"/setters/walls/{number}", params={"style": style}, headers=headers)
        assert response.status_code == 204, let_in(response, "A setter")
        assert response.content == b""
    assert hall.walls == {**before, new: style, hall.wall: style}, "These are the `walls` after two `PUT`."
    hall.walls[new] = other_style
    response = client.delete(f"/setters/walls/{new}", headers=headers)
    assert response.status_code == 200, let_in(response, "A setter")
    assert response.json() == exactly({"style": other_style, "by": hall.setter.name})
    assert hall.walls == {**before, hall.wall: style}, f"Wall {new} was torn down. These are the `walls` after it."
    response = client.delete(f"/setters/walls/{new}", headers=headers)
    assert response.status_code == 404, f"Wall {new} is gone already."
    assert response.json() == exactly({"detail": "No such wall"})


def test_strangers_get_401_everywhere(hall, client, rng):
    """All five kinds of strangers get 401 with `WWW-Authenticate: Bearer` from all four routes of `climbers` and `setters`, before anything else is judged, and nothing changes."""
    before = dict(hall.walls)
    missing = rng.randint(100, 999)
    routes = [
        *hall.routes,
        ("DELETE", "/setters/walls/first", hall.setter_token),
        ("DELETE", f"/setters/walls/{missing}", hall.setter_token),
    ]
    for method, path, token in routes:
        for kind, headers in hall.strangers(token).items():
            story = f"{method} {path} with {kind}"
            response = client.request(method, path, headers=headers)
            assert response.status_code == 401, refused(response, story)
            assert challenge(response) == "Bearer", told(
                (
                    challenge(response) is None,
                    f"{story} was refused, without the header `WWW-Authenticate`. A 401 has to say in which way one can prove "
                    "who one is.",
                ),
                f"{story} was refused. The header `WWW-Authenticate` has to ask for `Bearer`.",
            )
            assert hall.walls == before, f"{story} was refused, and yet the `walls` have changed."


def test_only_the_opening_hours_are_for_everybody(hall, client):
    """`GET /opening-hours` answers 200 to strangers of all kinds and to members, and looks nobody up. `GET /climbers/walls` is 401 for strangers."""
    response = client.get("/climbers/walls", headers=bearer(hall.unknown))
    assert response.status_code == 401, refused(response, "GET /climbers/walls with an unknown token")
    hall.people.asked.clear()
    kinds = {**hall.strangers(hall.climber_token), "the token of a climber": bearer(hall.climber_token)}
    for kind, headers in kinds.items():
        response = client.get("/opening-hours", headers=headers)
        assert response.status_code == 200, told(
            (
                response.status_code in (401, 403),
                f"With {kind}, the opening hours were refused, and they are for everybody. A guard hangs where it covers more "
                "than the two routers.",
            ),
            f"The opening hours are for everybody, also with {kind}.",
        )
        assert response.json() == exactly({"opens": "10:00", "closes": "22:30"})
        assert hall.people.asked == [], (
            f"With {kind}, `find` was called with these tokens. Nobody has to be known for the opening hours, and each call "
            "is billed."
        )


def test_climbers_get_403_from_the_setters_routes(hall, client, rng):
    """A climber gets 403 from `PUT` and `DELETE` on `/setters/walls/{number}`, also if there is no such wall, and nothing changes. A setter may."""
    before = dict(hall.walls)
    missing = rng.randint(100, 999)
    for method, path in (
        ("PUT", f"/setters/walls/{hall.wall}?style={rng.word()}"),
        ("PUT", f"/setters/walls/{missing}?style={rng.word()}"),
        ("DELETE", f"/setters/walls/{hall.wall}"),
        ("DELETE", f"/setters/walls/{missing}"),
    ):
        response = client.request(method, path, headers=bearer(hall.climber_token))
        assert response.status_code == 403, told(
            (
                response.status_code < 300,
                f"A climber sent {method} {path}, and it went through. It is for setters only.",
            ),
            (
                response.status_code == 401,
                "The climber is a member, and `find` knows the token. That they may not do this is 403; 401 would mean that "
                "nobody knows who they are.",
            ),
            (
                response.status_code == 404,
                "The climber learnt that there is no such wall. The guard has to come first.",
            ),
            f"A climber sent {method} {path}, which is for setters only.",
        )
        assert hall.walls == before, f"{method} {path} was refused, and yet the `walls` have changed."
    response = client.put(
        f"/setters/walls/{hall.wall}", params={"style": rng.word()}, headers=bearer(hall.setter_token)
    )
    assert response.status_code == 204, let_in(response, "A setter")


def test_the_person_is_looked_up_once_for_each_request(hall, client):
    """Each request with a bearer token to a route of `climbers` or `setters` calls `find` exactly once, with this token, whether the route needs the person or not, and whether it is let in or not. The next request calls it anew."""
    refused = [(method, path, hall.unknown) for method, path, _token in hall.routes]
    refused += [(method, path, hall.climber_token) for method, path, _token in hall.routes[2:]]
    for method, path, token in [*hall.routes, *refused]:
        hall.people.asked.clear()
        response = client.request(method, path, headers=bearer(token))
        if (method, path, token) in hall.routes:
            assert response.status_code in (200, 204), let_in(response, "A member")
        assert hall.people.asked == [token], told(
            (
                len(hall.people.asked) > 1,
                f"{len(hall.people.asked)} calls of `find` for {method} {path}; these are their tokens. Guards and route do "
                "not share one call of `current_person`, and each of them costs a lookup.",
            ),
            (
                hall.people.asked == [],
                f"{method} {path} was answered without a call of `find`. Who looked the person up, and when?",
            ),
            f"{method} {path}: `find` was called with another token than the one that was sent.",
        )
    del hall.people[hall.climber_token]
    response = client.get("/climbers/me", headers=bearer(hall.climber_token))
    assert response.status_code == 401, (
        "The membership ended after an earlier request, and the person was let in as before. Who is a member has to be asked "
        "on each request."
    )


def test_a_replaced_person_passes_every_guard(hall, module, app, client, rng):
    """If a test replaces `current_person`, the person whom the replacement returns is the one that guards and routes see: no header is needed, and `find` is not called. As a setter that person passes everywhere, as a climber everywhere but on `setters`."""
    current_person = getattr(module, "current_person", None)
    assert callable(current_person), "`app.py` has to keep `current_person`: tests replace it."
    style = hall.walls[hall.wall]
    for role, own_status in (("climber", 403), ("setter", 200)):
        person = hall.module.Person(rng.name(), role)
        app.dependency_overrides[current_person] = lambda person=person: person
        story = f"`current_person` was replaced by a function that returns a {role}, and no header was sent."
        response = client.get("/climbers/me")
        assert response.status_code == 200, told(
            (
                response.status_code == 401,
                f"{story} Something else asks for a token: a guard that does not stand on `current_person`.",
            ),
            story,
        )
        assert response.json() == exactly({"name": person.name, "role": role}), story
        response = client.get("/climbers/walls")
        assert response.status_code == 200, story
        response = client.delete(f"/setters/walls/{hall.wall}")
        assert response.status_code == own_status, told(
            (
                response.status_code == 401,
                f"{story} Something else asks for a token: a guard that does not stand on `current_person`.",
            ),
            (
                role == "climber" and response.status_code == 200,
                f"{story} The guard of `setters` let a climber in.",
            ),
            story,
        )
        if role == "setter":
            assert response.json() == exactly({"style": style, "by": person.name}), story
        assert hall.people.asked == [], f"{story} `find` was called all the same, with these tokens."


def new_route(name, ran):
    """A function as a colleague would write it, but for a note that it ran."""

    def run():
        ran.append(name)
        return {"route": "new"}

    return run


def test_a_route_added_later_is_guarded_too(hall, module, client_for, rng):
    """A colleague adds a route to `climbers` and one to `setters`, with no word about guards, and includes both routers into another app. The new routes answer 401 and 403 like the others, and their functions do not run for those who are refused."""
    ran = []
    other_app = FastAPI()
    added = {}
    for name in ("climbers", "setters"):
        router = getattr(module, name, None)
        assert isinstance(router, APIRouter), f"`app.py` has to keep the router `{name}`: colleagues add routes to it."
        path = f"/{rng.word(5)}"
        added[name] = f"{router.prefix}{path}"
        router.add_api_route(path, new_route(name, ran))
        other_app.include_router(router)
    other = client_for(other_app)
    people = [(kind, headers, 401) for kind, headers in hall.strangers(hall.setter_token).items()]
    for name, path in added.items():
        climber = ("a climber's token", bearer(hall.climber_token), 200 if name == "climbers" else 403)
        setter = ("a setter's token", bearer(hall.setter_token), 200)
        for kind, headers, status in [*people, climber, setter]:
            ran.clear()
            response = other.get(path, headers=headers)
            story = f"A colleague added a route to `{name}` and included the router into another app."
            assert response.status_code == status, told(
                (
                    response.status_code == 200,
                    f"{story} It is open, with {kind}. Guards that hang on single routes, or where your app includes the "
                    "router, are not on the router itself.",
                ),
                (
                    response.status_code == 500,
                    f"{story} With {kind}, an exception ended the request; it is shown below. An exception handler of your app "
                    "does not go with the router; a guard that raises what FastAPI knows by itself works in any app.",
                ),
                f"{story} This is its answer with {kind}.",
            )
            assert ran == ([name] if status == 200 else []), told(
                (status != 200, f"{story} With {kind} it answers {status}, and its function ran all the same."),
                f"{story} With {kind} its function has to run once.",
            )


def test_the_docs_show_what_is_guarded(docs):
    """The docs say for the four routes of `climbers` and `setters` that they require a security scheme, and for `/opening-hours` that it does not. No header is listed among the parameters."""
    guarded = [
        ("get", "/climbers/me"),
        ("get", "/climbers/walls"),
        ("put", "/setters/walls/{number}"),
        ("delete", "/setters/walls/{number}"),
    ]
    known = docs.document.get("components", {}).get("securitySchemes", {})
    got, headers = {}, []
    for method, path in [*guarded, ("get", "/opening-hours")]:
        needs = docs.operation(method, path).get("security") or []
        # An empty requirement among several would mean that one may go without.
        required = bool(needs) and all(need and set(need) <= set(known) for need in needs)
        got[f"{method.upper()} {path}"] = "a security scheme" if required else "nothing"
        headers += [name for name, parameter in docs.parameters(method, path).items() if parameter.place == "header"]
    expected = {f"{method.upper()} {path}": "a security scheme" for method, path in guarded}
    assert got == {**expected, "GET /opening-hours": "nothing"}, told(
        (
            got["GET /opening-hours"] != "nothing",
            "The docs say that the opening hours require a security scheme, and they are for everybody.",
        ),
        "This is what the docs say each route requires. FastAPI knows of a scheme if the token is fetched by one of the "
        "classes in `fastapi.security`; then `/docs` gets its “Authorize” button.",
    )
    assert headers == [], (
        "These headers are listed as parameters. The token is no parameter but a credential, and belongs to the security "
        "scheme."
    )
