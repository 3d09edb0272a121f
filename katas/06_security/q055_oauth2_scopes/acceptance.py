"""Checks of q055: what a token may do is granted at the login and asked for by each route."""

import base64
import binascii
import datetime
import hashlib
import json
import random
import re
import time
import uuid
from contextlib import contextmanager
from itertools import combinations, count

import pytest

from pytest_fastapi_kata.checks import challenge, exactly, picked, refusal, refused_at, told, value_at

READ, DAILY, WRITE, VALVES = "climate:read", "climate:read:daily", "climate:write", "valves:write"
SCOPES = READ, DAILY, WRITE, VALVES
ME, CLIMATE = ("GET", "/me"), ("GET", "/climate")
AVERAGE, TARGET = ("GET", "/climate/daily"), ("PUT", "/climate/target")
VALVE = "POST", "/valves/{number}/open"
NEEDED = {ME: set(), CLIMATE: {READ}, AVERAGE: {DAILY}, TARGET: {READ, WRITE}, VALVE: {READ, VALVES}}
NUMBER, ALTERED, ANEW = "The number next to", "A good token, altered", "made anew"
HARM = {
    ME: "",
    CLIMATE: "An app that was trusted with less sees every sensor.",
    AVERAGE: "An app that nobody gave this scope draws its curve.",
    TARGET: "An app that was trusted with less turns up the heating.",
    VALVE: "An app that was trusted with less opens the water.",
}


class Growers:
    """The growers of this run, the house, and how apps sign in for a grower."""

    def __init__(self, given, rng):
        self.rng = rng
        self.rights = {}  # what each grower may grant, as it was in the beginning
        self.extra = f"{rng.word()}:{rng.word(2)}"
        texts = {scope: rng.title(3) for scope in (*SCOPES, self.extra)}
        self.module = given("greenhouse", SCOPES=texts)
        self.module.growers.clear()
        self.house = self.module.house
        self.house.target = rng.randint(12, 30)
        self.house.sensors = self.sensors()
        self.house.opened = []

    def sensors(self):
        """Temperatures whose mean is not whole."""
        while True:
            found = self.rng.numbers(self.rng.choice([3, 4, 5]), 5, 40)
            if sum(found) % len(found):
                return found

    def grower(self, scopes):
        """A grower whom nobody has seen yet, and who may grant these scopes."""
        grower = self.module.Grower(f"{self.rng.word(4)}{self.rng.digits(2)}", self.rng.title(), set(scopes))
        self.module.growers[grower.username] = grower
        self.rights[grower.username] = set(scopes)
        return grower

    def restart(self, given):
        """Put the module in place anew: the same growers, and nothing that the app may have kept in there."""
        rows = [(one.username, one.password) for one in self.module.growers.values()]
        self.module = given("greenhouse", SCOPES=dict(self.module.SCOPES))
        self.module.growers.clear()
        for username, password in rows:
            self.module.growers[username] = self.module.Grower(username, password, set(self.rights[username]))

    def sign_in(self, client, grower, scopes=()):
        """An app signs in and asks for these scopes."""
        form = {"username": grower.username, "password": grower.password, "scope": " ".join(scopes)}
        response = client.post("/token", data={name: value for name, value in form.items() if value})
        assert response.status_code == 200, sign_in_failed(response)
        return response

    def token(self, client, grower, scopes=()):
        """A token that carries what was granted of these scopes."""
        return token_in(self.sign_in(client, grower, scopes))

    def state(self):
        return {"target": self.house.target, "opened": list(self.house.opened)}

    def ask(self, client, operation, token):
        """Use a token for one of the operations, with a number that is made up."""
        method, path = operation
        number = self.rng.randint(1, 9999)
        options = {"json": {"target": self.rng.randint(31, 90)}} if operation == TARGET else {}
        return client.request(method, path.format(number=number), headers=bearer(token), **options)


@pytest.fixture
def growers(given, rng):
    """The greenhouse, in place before the learner's app is imported."""
    return Growers(given, rng)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def token_in(response):
    """The token in an answer of the login; one that can be sent in a header."""
    token = value_at(response.json(), "access_token")
    usable = isinstance(token, str) and re.fullmatch("[!-~]+", token) is not None
    assert usable, (
        f"`access_token` in this answer is {token!r}. It has to be a text of visible ASCII characters without blanks, or no "
        "client could send it in a header."
    )
    return token


def subsets(scopes):
    """All selections of these scopes, the empty one first."""
    return [set(some) for count in range(len(scopes) + 1) for some in combinations(scopes, count)]


def listed(scopes):
    return ", ".join(f"`{scope}`" for scope in sorted(scopes)) or "no scope"


def sign_in_failed(response):
    return told(
        (response.status_code in (404, 405), "There is no route for `POST /token`."),
        (response.status_code == 401, "A grower's name came with the right password, and was refused."),
        (
            response.status_code == 400,
            "Scopes that are unknown or may not be granted are left out; they are no reason to refuse the login.",
        ),
        (
            response.status_code == 422,
            "The form was sent as OAuth2 prescribes it; `scope` is a text, and left out if nothing is asked for. `loc` in the "
            "answer says what your route asks for.",
        ),
    )


def let_in(response, story):
    """What it means if a token that suffices does not."""
    return told(
        (response.status_code in (404, 405), f"{story} There seems to be no such route."),
        (response.status_code == 401, f"{story} The token came from your login, and was taken for an unknown one."),
        (response.status_code == 403, f"{story} That is all that is needed, and the request was refused."),
        (
            response.status_code == 422,
            f"{story} FastAPI misses something in this request, which is complete; `loc` in the answer says what. What a "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        story,
    )


def kept_out(response, story, harm):
    """What it means if a token that does not suffice is not answered 403."""
    return told(
        (response.status_code < 300, f"{story} It was let in. {harm}"),
        (
            response.status_code == 401,
            f"{story} The token is good, so this is 403. 401 would mean that nobody knows it, and an app would fetch a new "
            "one, which can do no more.",
        ),
        (
            response.status_code == 422,
            f"{story} The request is complete; `loc` in the answer says what your route asks for.",
        ),
        let_in(response, story),
    )


def test_a_token_carries_what_was_asked_and_is_allowed(growers, client):
    """`POST /token` grants the scopes that were asked for and are in the grower's `scopes`: nothing for nothing, and others are left out without an error. The answer has `token_type` `"bearer"` and names the granted scopes in `scope`; `/me` shows name and sorted scopes of the token."""
    narrow, wide = growers.grower({DAILY, WRITE}), growers.grower({*SCOPES, growers.extra})
    nonsense = f"{growers.rng.word()}:{growers.rng.word()}"
    for grower, asked in (
        (narrow, [WRITE]),
        (narrow, [DAILY, WRITE]),
        (narrow, []),
        (narrow, [READ]),
        (narrow, [VALVES, DAILY]),
        (narrow, [*SCOPES, growers.extra]),
        (narrow, [nonsense, WRITE.upper(), "climate", "climate:*", "*", "all", WRITE]),
        (wide, [growers.extra, READ]),
        (wide, list(SCOPES)),
        (wide, []),
        (growers.grower(()), list(SCOPES)),
    ):
        may = growers.rights[grower.username]
        granted = set(asked) & may
        story = f"Asked for: {listed(asked)}. This grower may grant: {listed(may)}."
        response = growers.sign_in(client, grower, asked)
        assert picked(response, "token_type") == exactly({"token_type": "bearer"})
        scope = value_at(response.json(), "scope")
        assert isinstance(scope, str), (
            f"`scope` in this answer is {scope!r}, and has to be a text: the names with blanks between."
        )
        named = sorted(scope.split())
        assert named == sorted(granted), told(
            (bool(set(named) - may), f"{story} The app is told that it got more than the grower can give."),
            (
                grower.scopes != may,
                f"{story} But the grower's `scopes` are another set since an earlier login, which has changed them.",
            ),
            (
                bool(set(named) - set(asked)),
                f"{story} The app is told that it got what it has not asked for. An app that is broken into later should have "
                "as little as it needs.",
            ),
            f"{story} This is what the answer names in `scope`.",
        )
        response = client.get("/me", headers=bearer(token_in(response)))
        assert response.status_code == 200, let_in(response, "`/me` needs no scope.")
        assert response.json() == exactly({"username": grower.username, "scopes": sorted(granted)}), told(
            (
                carries_more(value_at(response.json(), "scopes"), granted),
                f"{story} The answer of the login was right, but the token carries more than it said.",
            ),
            story,
        )


def carries_more(scopes, granted):
    return isinstance(scopes, list) and any(scope not in granted for scope in scopes if isinstance(scope, str))


def test_a_wrong_login_is_refused(growers, client):
    """A wrong password or an unknown name is 401 `{"detail": "Incorrect username or password"}` with the challenge `Bearer`."""
    grower, other = growers.grower(SCOPES), growers.grower(SCOPES)
    growers.token(client, grower, [READ])
    for story, username, password in (
        ("A wrong password", grower.username, growers.rng.title()),
        ("The password of another grower", grower.username, other.password),
        ("An unknown name", growers.rng.word(5), grower.password),
    ):
        form = {"username": username, "password": password, "scope": READ}
        response = client.post("/token", data=form)
        assert response.status_code == 401, told(
            (response.status_code == 200, f"{story}, and the app got a token."),
            (
                response.status_code == 500,
                f"{story}: an exception ended the login; it is shown below. `check_login` gives None if it does not fit.",
            ),
            f"{story}.",
        )
        assert response.json() == exactly({"detail": "Incorrect username or password"}), f"{story}."
        assert challenge(response) == "Bearer", (
            "A 401 says in its header `WWW-Authenticate` which scheme is wanted; here that is `Bearer`."
        )


def test_every_operation_needs_exactly_its_scopes(growers, client):
    """Each operation is open to tokens with all of its scopes, whatever else they carry, and 403 for all others. A scope is a whole word: `climate:read:daily` and `climate:read` have nothing to do with each other."""
    grower = growers.grower(SCOPES)
    for held in subsets(SCOPES):
        token = growers.token(client, grower, held)
        for operation, needed in NEEDED.items():
            response = growers.ask(client, operation, token)
            method, path = operation
            allowed = needed <= held
            story = f"{method} {path} needs {listed(needed)}. The token carries {listed(held)}."
            assert response.status_code == (200 if allowed else 403), (
                let_in(response, story)
                if allowed
                else kept_out(
                    response,
                    story,
                    HARM[operation]
                    if held
                    else "The login gave this token a name and nothing else, so it opens `/me` and no other door.",
                )
            )


def test_the_operations_do_their_work(growers, client):
    """`/climate` shows target and sensors, `/climate/daily` the mean of the sensors, `PUT /climate/target` sets the target, `POST /valves/{number}/open` opens the valve. A target or number that is no integer is 422, and nothing happens."""
    house = growers.house
    headers = bearer(growers.token(client, growers.grower(SCOPES), SCOPES))
    for _ in range(2):
        house.target, house.sensors = growers.rng.randint(5, 30), growers.sensors()
        response = client.get("/climate", headers=headers)
        assert response.status_code == 200, let_in(response, "This token carries all scopes.")
        assert response.json() == exactly({"target": house.target, "sensors": house.sensors})
        response = client.get("/climate/daily", headers=headers)
        assert response.status_code == 200, let_in(response, "This token carries all scopes.")
        assert response.json() == {"average": sum(house.sensors) / len(house.sensors)}, (
            f"This is to be the mean of {house.sensors}, and it is not rounded."
        )
        target, number = growers.rng.randint(31, 60), growers.rng.randint(1, 9999)
        opened = list(house.opened)
        response = client.put("/climate/target", json={"target": target}, headers=headers)
        assert response.status_code == 200, let_in(response, "This token carries all scopes.")
        assert response.json() == exactly({"target": target})
        response = client.post(f"/valves/{number}/open", headers=headers)
        assert response.status_code == 200, let_in(response, "This token carries all scopes.")
        assert response.json() == exactly({"opened": number})
        assert growers.state() == {"target": target, "opened": [*opened, number]}, (
            f"This is the house after the target was set to {target} and valve {number} was opened."
        )
    before = growers.state()
    response = client.put("/climate/target", json={"target": growers.rng.word()}, headers=headers)
    assert refusal(response) == refused_at("body.target"), "A target is a whole number."
    response = client.post(f"/valves/{growers.rng.word()}/open", headers=headers)
    assert refusal(response) == refused_at("path.number"), "The number of a valve is a whole number."
    assert growers.state() == before, "The two requests were refused, and yet the house has changed."


def test_a_refusal_changes_nothing(growers, client):
    """After a request that was refused, the target is what it was, and no valve has been opened."""
    grower = growers.grower(SCOPES)
    enough = {TARGET: {READ, WRITE}, VALVE: {READ, VALVES}}
    for operation, needed in enough.items():
        method, path = operation
        for held in (set(), set(SCOPES) - {READ}, set(SCOPES) - (needed - {READ})):
            token = growers.token(client, grower, held)
            before = growers.state()
            response = growers.ask(client, operation, token)
            assert response.status_code >= 400, (
                f"{method} {path} needs {listed(needed)}. The token carries {listed(held)}. It was let in. {HARM[operation]}"
            )
            assert growers.state() == before, (
                f"{method} {path} was refused, and yet the house has changed. The app knows now that it only has to ignore the "
                "refusal. What is needed has to be compared before the route's function runs."
            )
        before = growers.state()
        response = growers.ask(client, operation, growers.token(client, grower, needed))
        assert response.status_code == 200, let_in(response, f"The token carries {listed(needed)}.")
        assert growers.state() != before, f"{method} {path} was answered, and nothing happened."


def parameters(value):
    """The parameters of a challenge, by name."""
    found = re.findall(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', value or "")
    return {name.lower(): quoted or bare for name, quoted, bare in found}


def test_a_refusal_names_all_scopes_that_are_needed(growers, client):
    """A refusal for missing scopes is 403 `{"detail": "Not enough permissions"}`. It has one header `WWW-Authenticate`: `Bearer` with `error="insufficient_scope"` and with `scope="…"`, which lists all scopes of the operation."""
    grower = growers.grower(SCOPES)
    for operation, needed in NEEDED.items():
        method, path = operation
        for held in [held for held in subsets(SCOPES) if not needed <= held]:
            token = growers.token(client, grower, held)
            response = growers.ask(client, operation, token)
            story = f"{method} {path} needs {listed(needed)}. The token carries {listed(held)}."
            assert response.status_code == 403, kept_out(response, story, HARM[operation])
            assert response.json() == exactly({"detail": "Not enough permissions"})
            headers = response.headers.get_list("www-authenticate")
            assert len(headers) == 1, told(
                (
                    headers == [],
                    f"{story} It was refused without the header `WWW-Authenticate`. How is the app to know what it should have "
                    "asked for?",
                ),
                f"{story} These are the headers `WWW-Authenticate`; there is to be one of them.",
            )
            got = parameters(headers[0])
            shown = {
                "scheme": challenge(response),
                "error": got.get("error"),
                "scope": sorted(got["scope"].split()) if "scope" in got else None,
            }
            assert shown == {"scheme": "Bearer", "error": "insufficient_scope", "scope": sorted(needed)}, told(
                (
                    set(shown["scope"] or ()) == needed - held != needed,
                    f"{story} The header lists only what is missing. An app that asks for just that gets a token without the "
                    "rest, and is refused again.",
                ),
                (
                    set() < set(shown["scope"] or ()) < needed,
                    f"{story} The header lists only some of the scopes that are needed. An app that asks for just these is "
                    "refused again.",
                ),
                f"{story} This is what its header `WWW-Authenticate` says: {headers[0]}",
            )


def visible(token):
    """The parts of a token that can be read, each with a way to write it anew."""
    yield token, lambda text: text
    for part in token.split("."):
        try:
            text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
        except (binascii.Error, ValueError):
            continue

        def written(text, part=part):
            new = base64.urlsafe_b64encode(text.encode()).decode()
            return token.replace(part, new if part.endswith("=") else new.rstrip("="), 1)

        yield text, written
    try:
        yield bytes.fromhex(token).decode(), lambda text: text.encode().hex()
    except ValueError:
        return


def digests(text):
    """The digests of a text that everybody can compute, by name."""
    found = {}
    for name in ("MD5", "SHA-1", "SHA-256", "SHA-512"):
        digest = hashlib.new(name.replace("SHA-1", "sha1"), text.encode(), usedforsecurity=False).digest()
        found[f"{name} in hex"] = digest.hex()
        found[f"{name} in base64"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {
        **found,
        "CRC-32": str(binascii.crc32(text.encode())),
        "CRC-32 in hex": f"{binascii.crc32(text.encode()):08x}",
    }


def forged(token, grower, other):
    """Tokens that an app could make of its own, which carries `climate:read:daily` alone: what it says, and the token."""
    swaps = ((DAILY, VALVES), (grower.username, other.username))
    for text, written in visible(token):
        for old, new in swaps:
            if old in text:
                yield f"`{new}` in place of `{old}`", written(text.replace(old, new))
    body, _, end = token.rpartition(".")
    for name in [name for name, digest in digests(body).items() if digest == end]:
        for text, written in visible(body):
            for old, new in swaps:
                if old in text:
                    made = written(text.replace(old, new))
                    yield (
                        f"`{new}` in place of `{old}`, and the digest at the end ({name}) {ANEW}",
                        f"{made}.{digests(made)[name]}",
                    )
    parts = token.split(".")
    if len(parts) == 3:
        header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
        yield "no signature, and a header that says so (`alg` is `none`)", f"{header}.{parts[1]}."


def neighbours(token):
    """The tokens that were given out just before and after this one, if it is a number or ends in one."""
    found = re.fullmatch(r"(\D*)(\d{1,9})", token)
    return [f"{found[1]}{int(found[2]) + step:0{len(found[2])}}" for step in (-1, 1)] if found else []


@contextmanager
def one_seed(seed):
    """A world in which all of the `random` module starts from this seed, generators of one's own included."""
    before, seeded = random.getstate(), random.Random.seed

    def fixed(self, a=None, version=2):
        seeded(self, seed if a is None else a, version)

    random.Random.seed = fixed
    try:
        yield
    finally:
        random.Random.seed = seeded
        random.setstate(before)


@contextmanager
def stopped_clock(module, instant):
    """A world in which the time of day stands still, also where the learner's module has taken it by name."""
    asked = count(int(instant))  # a stopwatch goes on at each look, or whoever waits by it would wait for ever
    stopped = [
        (time, "time", lambda: instant),
        (time, "time_ns", lambda: int(instant * 1e9)),
        (time, "perf_counter", lambda: float(next(asked))),
        (time, "perf_counter_ns", lambda: next(asked) * 10**9),
        (datetime, "datetime", FrozenDatetime.at(instant)),
    ]
    patches = []
    for owner, name, fake in stopped:
        real = getattr(owner, name)
        patches.append((owner, name, real, fake))
        patches += [(module, own, real, fake) for own, value in vars(module).items() if value is real]
    try:
        for owner, name, _, fake in patches:
            setattr(owner, name, fake)
        yield
    finally:
        for owner, name, real, _ in patches:
            setattr(owner, name, real)


class FrozenDatetime(datetime.datetime):
    """A `datetime` that always shows the same time."""

    instant = 0.0

    @classmethod
    def at(cls, instant):
        return type("datetime", (cls,), {"instant": instant})

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.instant, tz)

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(cls.instant, datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return cls.now()


def test_no_or_unknown_token_is_401(growers, client, client_for, given, load):
    """No token, an unknown one, another scheme, a guess, a token that an app has altered or made up, or one from before a restart is 401 with the challenge `Bearer`, on all five operations. Logins after a restart give other tokens."""
    grower, other = growers.grower(SCOPES), growers.grower(SCOPES)
    growers.token(client, other, SCOPES)
    token = growers.token(client, grower, [DAILY])
    growers.token(client, other, SCOPES)
    name, scopes = grower.username, " ".join(SCOPES)
    attacks = {
        "No header": {},
        "An unknown token": bearer(growers.rng.word(20)),
        "`Bearer` without a token": {"Authorization": "Bearer"},
        "A good token with the scheme `Basic`": {"Authorization": f"Basic {token}"},
        "A good token without a scheme": {"Authorization": token},
        "The first half of a good token": bearer(token[: len(token) // 2]),
        "The user name in place of a token": bearer(name),
        "The user name in base64 in place of a token": bearer(base64.urlsafe_b64encode(name.encode()).decode()),
        "The SHA-256 digest of the user name in place of a token": bearer(hashlib.sha256(name.encode()).hexdigest()),
        "A list of scopes in place of a token": bearer(scopes),
        "A scope in place of a token": bearer(VALVES),
        "The user name with a list of scopes in place of a token": bearer(f"{name} {scopes}"),
        "The user name with a list of scopes, with colons, in place of a token": bearer(f"{name}:{scopes}"),
        **{f"{NUMBER} that of a good token, “{one}”": bearer(one) for one in neighbours(token)},
        **{f"{ALTERED}: {what}": bearer(made) for what, made in forged(token, grower, other)},
    }
    response = growers.ask(client, AVERAGE, token)
    assert response.status_code == 200, let_in(response, f"The token carries `{DAILY}`.")
    for what, headers in attacks.items():
        for method, path in NEEDED:
            number = growers.rng.randint(1, 9999)
            options = {"json": {"target": number}} if (method, path) == TARGET else {}
            response = client.request(method, path.format(number=number), headers=headers, **options)
            assert response.status_code == 401, told(
                (
                    response.status_code < 300 and what.startswith(NUMBER),
                    f"{what}, opened {method} {path}. It belongs to another app. One only has to count to find the tokens of all "
                    "others, and to do what they may.",
                ),
                (
                    response.status_code < 300 and ANEW in what,
                    f"{what}: that opened {method} {path}. A digest shows that nothing was damaged on the way, not who wrote it: "
                    "whoever alters a token computes the digest of that, too. There is no secret in it.",
                ),
                (
                    response.status_code < 300 and what.startswith(ALTERED),
                    f"{what}: that opened {method} {path}. An app can write into its token whatever it likes, any scope and any "
                    "name, and sends it back; no grower has to be asked.",
                ),
                (
                    response.status_code < 300,
                    f"{what}: that opened {method} {path}. Your login has given out no such token. What is no token must open "
                    "nothing, and anybody could have made this up.",
                ),
                (
                    response.status_code == 403,
                    f"{what}: nobody is known here, so this is 401. 403 is for a token that is known and carries too little.",
                ),
                (
                    response.status_code == 422,
                    f"{what}: whoever brings no credentials gets 401. A missing credential is not a missing field.",
                ),
                (response.status_code == 500, f"{what}: an exception ended the request; it is shown below."),
                f"{what}: nobody is known here.",
            )
            asked_for = challenge(response)
            assert asked_for == "Bearer", told(
                (
                    asked_for is None,
                    f"{what}: refused, but without the header `WWW-Authenticate`, which says in which way one can sign in.",
                ),
                f"{what}: refused, and the header `WWW-Authenticate` has to ask for `Bearer`.",
            )
    growers.restart(given)
    fresh = client_for(load().app)
    growers.token(fresh, other, SCOPES)
    response = growers.ask(fresh, ME, token)
    assert response.status_code == 401, told(
        (
            response.status_code == 200,
            "Your app was started anew, and a token from before still opens `/me`. Nothing that was kept is left, so what makes "
            "a token good stands in your code: whoever has read it writes tokens for any grower, with any scope.",
        ),
        "Your app was started anew. A token from before is unknown now.",
    )
    cannot_be_made_again(growers, given, load, client_for, [grower, other])


def is_clock_uuid(token):
    try:
        return uuid.UUID(token).version == 1
    except ValueError:
        return False


def cannot_be_made_again(growers, given, load, client_for, people):
    """Assert that neither seed nor clock nor names decide which tokens the first logins after a start get."""
    seed, instant = growers.rng.getrandbits(64), float(growers.rng.randint(1_700_000_000, 1_900_000_000))

    def started(seed, instant):
        """The first tokens of the app if it is started with this seed and at this time."""
        growers.restart(given)
        with one_seed(seed):
            module = load()
            fresh = client_for(module.app)
            random.seed(seed)
            with stopped_clock(module, instant):
                return [growers.token(fresh, person, [DAILY]) for person in people]

    once, again = started(seed, instant), started(seed, instant)
    of_seed = of_time = False
    if once == again:
        of_seed, of_time = started(seed + 1, instant) != once, started(seed, instant + 86_400) != once
        started(seed, instant)  # the request that is shown
    assert again != once, told(
        (
            of_seed,
            "Your app was started twice, both times with the same seed in Python's `random`, and these same tokens came; with "
            "another seed, others come. So it is `random` that makes them, which was not made for secrets: whoever knows its "
            "state knows the tokens of others.",
        ),
        (
            of_time,
            "The clock was stopped and your app started twice, and these same tokens came; on another day, others come. So it "
            "is the time that makes them, and everybody has a clock: whoever knows about when somebody signed in tries all "
            "moments.",
        ),
        "These same tokens came after two starts of your app, and it made no difference what time it was and which seed "
        "Python's `random` had. They are made of what does not change, such as names, scopes and numbers, so anybody can make "
        "them.",
    )
    counted = [token for token in (*once, *again) if is_clock_uuid(token)]
    assert len(counted) < len(once) + len(again), (
        "The tokens are UUIDs of version 1, made of the clock and the number of the network card. All that is secret about them "
        "is when they were made: whoever has one counts up and down from it."
    )
    changing = {
        place
        for pair in zip(once, again, strict=True)
        for place, two in enumerate(zip(*pair, strict=False))
        if len(set(two)) > 1
    }
    assert len(changing) >= 10, (
        "Two starts of your app gave tokens for the same logins that differ in so few places, and all the rest is the same. "
        "Whoever has a token of their own knows most of the next one, and can find what is missing by trying or counting."
    )


def test_tokens_keep_their_own_scopes(growers, client):
    """Several tokens of one grower, and tokens of others, are used by turns, and each can do what it was granted. The grower's own rights do not change by it."""
    grower, poor = growers.grower(SCOPES), growers.grower(())
    tokens = [
        ("a grower's first token", grower, {READ, VALVES}, {READ, VALVES}),
        ("the same grower's second token", grower, {DAILY}, {DAILY}),
        ("the token of a grower who may grant nothing", poor, set(SCOPES), set()),
        ("the first grower's third token", grower, set(), set()),
    ]
    given_out = [growers.token(client, who, asked) for _, who, asked, _ in tokens]
    for _ in range(2):
        for (which, who, asked, held), token in zip(tokens, given_out, strict=True):
            story = (
                f"This is {which}. Asked for: {listed(asked)}. Granted: {listed(held)}, whatever other logins there were before "
                "or after."
            )
            response = client.get("/me", headers=bearer(token))
            assert response.status_code == 200, let_in(response, story)
            assert response.json() == exactly({"username": who.username, "scopes": sorted(held)}), story
            for operation in (CLIMATE, AVERAGE, VALVE):
                response = growers.ask(client, operation, token)
                allowed = NEEDED[operation] <= held
                use = f"{story} {operation[0]} {operation[1]} needs {listed(NEEDED[operation])}."
                assert response.status_code == (200 if allowed else 403), (
                    let_in(response, use) if allowed else kept_out(response, use, HARM[operation])
                )
    assert sorted(grower.scopes) == sorted(growers.rights[grower.username]), (
        "These are the `scopes` of the grower after some logins. An app asked for less, and now the grower can give less, to "
        "any app."
    )


def test_the_docs_list_the_scopes(growers, docs):
    """The OpenAPI document has one security scheme: `oauth2` with a password flow, whose `tokenUrl` is `token` or `/token`, and whose `scopes` are `SCOPES`. Each of the five operations requires it with exactly its scopes; `POST /token` requires none."""
    schemes = docs.document.get("components", {}).get("securitySchemes", {})
    kinds = [[scheme.get("type"), *sorted(scheme.get("flows") or {})] for scheme in schemes.values()]
    assert kinds == [["oauth2", "password"]], told(
        (
            kinds == [],
            "The docs know of no security scheme. FastAPI documents a scheme if the token is fetched by one of the classes in "
            "`fastapi.security`.",
        ),
        (len(kinds) > 1, "These security schemes are in the docs, and there is only one way to sign in."),
        "This is the type of the security scheme with its flows.",
    )
    name, scheme = next(iter(schemes.items()))
    flow = scheme["flows"]["password"]
    assert flow.get("tokenUrl") in ("token", "/token"), "This is where `/docs` sends the login."
    assert flow.get("scopes") == exactly(dict(growers.module.SCOPES)), told(
        (
            not flow.get("scopes"),
            "The scheme lists no scopes, so `/docs` has none to tick when one signs in, and no app can find out what there is.",
        ),
        "These are the scopes that the scheme lists. They are to be those of `SCOPES`, with their texts.",
    )
    for (method, path), needed in NEEDED.items():
        requirements = docs.operation(method, path).get("security") or []
        got = [{key: sorted(scopes) for key, scopes in one.items()} for one in requirements]
        assert got == [{name: sorted(needed)}], told(
            (
                bool(needed) and got == [{name: []}],
                f"The docs say that {method} {path} needs a token, and no scope. They hear of a scope if it is named where "
                "FastAPI looks; one that a function compares by itself they cannot see.",
            ),
            (
                got == [],
                f"The docs say that {method} {path} is open to everybody.",
            ),
            f"This is what the docs say {method} {path} requires.",
        )
    open_to_all = docs.operation("post", "/token").get("security") or []
    assert open_to_all == [], "This is what the docs say `POST /token` requires, and to sign in one needs no token."
