"""Checks of q051: a sign-in that tells an outsider nothing."""

import base64
import binascii
import datetime
import hashlib
import random
import re
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from urllib.parse import urljoin

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from pytest_fastapi_kata.checks import challenge, exactly, picked, told, value_at

OTHER = "What was sent is changed somewhere before it is compared."
REFUSAL = {"detail": "Incorrect username or password"}
STOPWATCH = "An attacker with a list of names and a stopwatch sees by it which of them belong to the crew."


class Work:
    """Counts what Argon2 has to do; stands below pwdlib and in place before the learner's import."""

    def __init__(self, monkeypatch):
        self.verified = []  # (hash, password)
        self.hashed = []  # passwords
        verify, make = argon2.PasswordHasher.verify, argon2.PasswordHasher.hash
        low_verify, low_make = argon2.low_level.verify_secret, argon2.low_level.hash_secret

        def verify_noted(hasher, hash, password):  # noqa: A002
            return self._note(lambda: verify(hasher, hash, password), hash, password)

        def low_verify_noted(hash, secret, type):  # noqa: A002
            return self._note(lambda: low_verify(hash, secret, type), hash, secret)

        def hash_noted(hasher, password, **options):
            self.hashed.append(_text(password))
            return make(hasher, password, **options)

        def low_hash_noted(secret, *arguments, **options):
            self.hashed.append(_text(secret))
            return low_make(secret, *arguments, **options)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", verify_noted)
        monkeypatch.setattr(argon2.PasswordHasher, "hash", hash_noted)
        monkeypatch.setattr(argon2.low_level, "verify_secret", low_verify_noted)
        monkeypatch.setattr(argon2.low_level, "hash_secret", low_hash_noted)

    def _note(self, verify, hash, password):  # noqa: A002
        # What is no valid hash is turned down without any work, so it is not counted.
        try:
            result = verify()
        except VerifyMismatchError:
            self.verified.append((_text(hash), _text(password)))
            raise
        self.verified.append((_text(hash), _text(password)))
        return result

    def forget(self):
        self.verified.clear()
        self.hashed.clear()


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


class Ferry:
    """The crew of this run, their passwords, and how they sign in."""

    def __init__(self, given, rng):
        self.rng = rng
        self.passwords = {}
        settings = {"time_cost": rng.randint(2, 3), "memory_cost": rng.randint(9, 30), "parallelism": 1}
        self.crew = given("crew", hasher=PasswordHash((Argon2Hasher(**settings),)))
        self.crew.crew.clear()
        self.deck, self.engine, self.galley = (self.enlist() for _ in range(3))
        self.gone = self.enlist(disabled=True)

    def enlist(self, *, disabled=False, words=2):
        """A member whom nobody has heard of yet."""
        username = self.nobody()
        password = f"{self.rng.title(words)} & {self.rng.digits(3)} ü"
        self.passwords[username] = password
        return self.crew.enlist(username, password, f"MF {self.rng.name()}", disabled)

    def nobody(self):
        """A name that is in no crew list."""
        return f"{self.rng.word(4)}{self.rng.digits(3)}"

    def wrong(self):
        return f"{self.rng.title()}-{self.rng.digits(4)} é"

    def form(self, member, **changes):
        fields = {"username": member.username, "password": self.passwords[member.username], **changes}
        return {name: value for name, value in fields.items() if value is not None}

    def sign_in(self, client, member):
        """The token of a member who signs in as one should."""
        response = client.post("/token", data=self.form(member))
        assert response.status_code == 200, sign_in_failed(response)
        return token_in(response)


def sign_in_failed(response):
    return told(
        (response.status_code in (404, 405), "There is no route for `POST /token`."),
        (response.status_code == 401, "A member signed in with the right password, and was refused."),
        (
            response.status_code == 422,
            "The form was sent as OAuth2 prescribes it, with `username` and `password` as form fields. Your route asks for "
            "something else; `loc` in the answer says for what.",
        ),
    )


def token_in(response):
    """The token in an answer of the login; one that can be sent in a header."""
    token = value_at(response.json(), "access_token")
    usable = isinstance(token, str) and re.fullmatch("[!-~]+", token) is not None
    assert usable, (
        f"`access_token` in this answer is {token!r}. It has to be a text of visible ASCII characters without blanks, or no "
        "client could send it in a header."
    )
    return token


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def me(client, token):
    return client.get("/me", headers=bearer(token))


def let_in(response):
    """What a refusal means for somebody with a good token."""
    return told(
        (response.status_code in (404, 405), "There is no route for `GET /me`."),
        (response.status_code == 401, "The token came from `POST /token` just before, and its owner is in the crew."),
        (
            response.status_code == 422,
            "The request is complete; `loc` in the answer says what your route asks for besides. What your function wants and "
            "FastAPI is not told how to make, it asks of the caller.",
        ),
    )


def turned_away(response, story, meaning):
    """A request to `/me` has to be 401 and to ask for a bearer token."""
    assert response.status_code == 401, told(
        (response.status_code == 200, f"{story} opened `/me`. {meaning}"),
        (
            response.status_code == 403,
            f"{story}: nobody is known here, so this is 401. 403 is for somebody who is known.",
        ),
        (
            response.status_code == 422,
            f"{story}: whoever brings no credentials gets 401. A missing credential is not a missing field.",
        ),
        (
            response.status_code == 500,
            f"{story}: an exception ended the request instead of a refusal; it is shown below.",
        ),
        story,
    )
    asked_for = challenge(response)
    assert asked_for == "Bearer", told(
        (
            asked_for is None,
            f"{story}: refused, but without the header `WWW-Authenticate`, which says in which way one can sign in.",
        ),
        f"{story}: refused, and the header `WWW-Authenticate` has to ask for `Bearer`.",
    )


@pytest.fixture
def ferry(given, rng):
    """The crew, in place before the learner's app is imported."""
    return Ferry(given, rng)


@pytest.fixture
def work(monkeypatch):
    """Counts the work of Argon2, from the learner's import on."""
    return Work(monkeypatch)


def test_login_gives_a_bearer_token_that_opens_me(ferry, client):
    """`POST /token` with a right name and password answers 200 with `access_token`, `token_type` `"bearer"` and the header `Cache-Control: no-store`. With that token `GET /me` answers exactly `username` and `ship`."""
    for member in (ferry.deck, ferry.engine, ferry.enlist(words=20)):
        response = client.post("/token", data=ferry.form(member))
        length = len(ferry.passwords[member.username])
        assert response.status_code == 200, told(
            (
                response.status_code == 401 and length > 72,
                f"A member has a password of {length} characters, signed in with all of it, and was refused; with a shorter "
                "one it is possible. What was changed before it was verified?",
            ),
            sign_in_failed(response),
        )
        assert picked(response, "token_type") == exactly({"token_type": "bearer"})
        token = token_in(response)
        directives = [one.strip().lower() for one in response.headers.get("cache-control", "").split(",")]
        assert "no-store" in directives, (
            "These are the directives of the header `Cache-Control`. Without `no-store`, a cache on the way may keep this "
            "answer, and whoever reads the cache has the token."
        )
        response = me(client, token)
        assert response.status_code == 200, let_in(response)
        got = response.json()
        extra = sorted(set(got) - {"username", "ship"}) if isinstance(got, dict) else []
        assert got == exactly({"username": member.username, "ship": member.ship}), told(
            (
                "password_hash" in extra,
                "`/me` also returned `password_hash`. Whoever gets hold of this answer can try passwords on it at home, as "
                "fast as they like.",
            ),
            (bool(extra), f"`/me` also returned {', '.join(extra)}. Only `username` and `ship` are asked for."),
        )


def test_login_takes_a_form_and_not_json(ferry, client):
    """`POST /token` takes form fields, with `grant_type` `password` or without a grant type. JSON, query parameters, a missing field, or another grant type are answered 422."""
    member = ferry.deck
    for form in (ferry.form(member), ferry.form(member, grant_type="password")):
        response = client.post("/token", data=form)
        assert response.status_code == 200, told(
            (
                response.status_code == 422 and "grant_type" not in form,
                "OAuth2 prescribes form fields, and `grant_type` may be left out here; `loc` in the answer says what your "
                "route asks for.",
            ),
            sign_in_failed(response),
        )
    for story, request in {
        "JSON instead of a form": {"json": ferry.form(member)},
        "JSON with a grant type": {"json": ferry.form(member, grant_type="password")},
        "name and password in the query, where they end up in every log": {"params": ferry.form(member)},
        "the name in the form, the password in the query": {
            "data": {"username": member.username},
            "params": {"password": ferry.passwords[member.username]},
        },
        "a form without a password": {"data": ferry.form(member, password=None)},
        "a form without a name": {"data": ferry.form(member, username=None)},
        "an empty form": {"data": {}},
        "`grant_type=implicit`": {"data": ferry.form(member, grant_type="implicit")},
    }.items():
        response = client.post("/token", **request)
        assert response.status_code == 422, told(
            (
                response.status_code == 200,
                f"Sent was {story}. OAuth2 prescribes form fields, and the grant `password`.",
            ),
            (
                response.status_code == 401,
                f"Sent was {story}. That is no attempt to sign in which could fail, but a malformed request.",
            ),
            f"Sent was {story}.",
        )


def outside(response):
    """All that an outsider sees of an answer, but for the time it took."""
    return {
        "status": response.status_code,
        "headers": dict(sorted((name.lower(), value) for name, value in response.headers.items())),
        "body": response.text,
    }


def test_refusals_are_indistinguishable(work, ferry, client, client_for, load):
    """An unknown name, a wrong password, and a disabled member with a wrong or the right password are all refused with 401 `{"detail": "Incorrect username or password"}` and the challenge `Bearer`, and the answers do not differ in anything."""
    ferry.sign_in(client, ferry.deck)
    wrong_password = client.post("/token", data=ferry.form(ferry.deck, password=ferry.wrong()))
    assert wrong_password.status_code == 401, told(
        (wrong_password.status_code == 200, "A wrong password opened the door."),
        (wrong_password.status_code == 403, "403 is for somebody who is known. Here nobody has proved who they are."),
        "A member's name came with a wrong password.",
    )
    assert wrong_password.json() == exactly(REFUSAL)
    assert challenge(wrong_password) == "Bearer", (
        "A 401 says in its header `WWW-Authenticate` which scheme is wanted; here that is `Bearer`."
    )
    names = "An attacker with a list of names learns which of them exist."
    known = ferry.passwords[ferry.deck.username]
    others = [
        ("an unknown name", {"username": ferry.nobody(), "password": ferry.wrong()}, names),
        (
            "an unknown name with the password of a member",
            ferry.form(ferry.deck, username=ferry.nobody()),
            "Whoever has a password of their own can try names with it.",
        ),
        ("a disabled member with a wrong password", ferry.form(ferry.gone, password=ferry.wrong()), names),
        (
            "a disabled member with the right password",
            ferry.form(ferry.gone),
            "It confirms the name, and even the password, which may open another door.",
        ),
        (
            "a member's name with the password of another member",
            ferry.form(ferry.engine, password=ferry.passwords[ferry.deck.username]),
            "That member can sign in as anybody.",
        ),
        (
            "a member's name in capital letters with the member's password",
            ferry.form(ferry.deck, username=ferry.deck.username.upper()),
            f"{OTHER} Nobody in the crew has this name.",
        ),
        (
            "a member's name with a blank behind it and the member's password",
            ferry.form(ferry.deck, username=f"{ferry.deck.username} "),
            f"{OTHER} Nobody in the crew has this name.",
        ),
        (
            "a member with the right password and a blank behind it",
            ferry.form(ferry.deck, password=f"{known} "),
            f"{OTHER} A password is right to the last character or wrong.",
        ),
        (
            "a member with the right password in small letters",
            ferry.form(ferry.deck, password=known.lower()),
            f"{OTHER} A password is right to the last character or wrong.",
        ),
    ]
    for who, form, meaning in others:
        response = client.post("/token", data=form)
        assert outside(response) == outside(wrong_password), told(
            (response.status_code == 200, f"A token was given out for {who}. {meaning}"),
            f"The answer for {who} differs from that for a wrong password. {meaning}",
        )
    for password in made_up_by_the_app(work, ferry, client_for, load):
        form = {"username": ferry.nobody(), "password": password}
        response = client.post("/token", data=form)
        assert outside(response) == outside(wrong_password), (
            f"Your app hashes “{password}”, which stands in its source. With that password, the answer for an unknown name "
            "differs: whoever has read the source can tell which names exist, or sign in without one."
        )


def made_up_by_the_app(work, ferry, client_for, load):
    """The passwords that the app hashes for itself, and hashes again when it is started anew: they stand in its source."""
    hashed = []
    for _ in range(2):
        work.forget()
        fresh = client_for(load().app)
        attempt = {"username": ferry.nobody(), "password": ferry.wrong()}
        fresh.post("/token", data=attempt)
        hashed.append(set(work.hashed) - {attempt["password"], ""})
    return sorted(hashed[0] & hashed[1])


def settings(hash):  # noqa: A002
    """The settings in an Argon2 hash, which decide how long it takes."""
    found = argon2.extract_parameters(hash)
    return {name: getattr(found, name) for name in ("time_cost", "memory_cost", "parallelism")}


def test_every_login_costs_one_equal_verification(ferry, work, client):
    """Each well-formed attempt to sign in runs exactly one Argon2 verification, of the password that was sent, with the settings of the crew's hashes, and no other work of Argon2: for known, unknown and disabled names, with right and wrong passwords."""
    ferry.sign_in(client, ferry.deck)
    client.post("/token", data={"username": ferry.nobody(), "password": ferry.wrong()})
    wanted = settings(ferry.deck.password_hash)
    for who, form in (
        ("a known name with the right password", ferry.form(ferry.deck)),
        ("the same sign-in once more", ferry.form(ferry.deck)),
        ("a known name with a wrong password", ferry.form(ferry.engine, password=ferry.wrong())),
        ("an unknown name", {"username": ferry.nobody(), "password": ferry.wrong()}),
        ("another unknown name", {"username": ferry.nobody(), "password": ferry.wrong()}),
        ("a disabled member with a wrong password", ferry.form(ferry.gone, password=ferry.wrong())),
        ("a disabled member with the right password", ferry.form(ferry.gone)),
    ):
        work.forget()
        response = client.post("/token", data=form)
        verifications = len(work.verified)
        assert verifications == 1, told(
            (
                verifications == 0,
                f"0 verifications for {who}: the answer comes sooner than others. {STOPWATCH} (What is no valid Argon2 hash is "
                "turned down without any work, and does not count.)",
            ),
            f"{verifications} verifications for {who}: the answer comes later than others. {STOPWATCH}",
        )
        hashed = len(work.hashed)
        assert hashed == 0, (
            f"For {who}, {hashed} new Argon2 {'hash was' if hashed == 1 else 'hashes were'} made beside the verification. That "
            f"takes as long as another verification, so this answer comes later than others. {STOPWATCH}"
        )
        used, password = work.verified[0]
        assert password == form["password"], f"For {who}, another password was verified than the one that was sent."
        assert settings(used) == wanted, (
            f"These are the settings of the hash that was used for {who}. The crew's hashes have others, and another setting "
            f"takes another time. {STOPWATCH}"
        )
        if form == ferry.form(ferry.deck):
            assert response.status_code == 200, sign_in_failed(response)


TRIALS = 6


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


def decoded(token):
    """What stands in a token if it, or a part of it, is base64 or hex."""
    texts = [token]
    for part in {token, *re.split(r"[.:~|$]", token)}:
        for way in (base64.urlsafe_b64decode, base64.standard_b64decode, base64.b32decode, bytes.fromhex):
            padded = part if way is bytes.fromhex else part + "=" * (-len(part) % 8)
            try:
                texts.append(way(padded).decode("utf-8", "replace"))
            except (binascii.Error, ValueError):
                continue
    return texts


def test_tokens_cannot_be_guessed(ferry, load, client_for, rng):
    """Tokens have 32 characters or more, come from a cryptographic source of randomness, and are new at each login. Neither a token nor what it decodes to contains the user name, and nothing that could be guessed opens `/me`."""
    member = ferry.deck
    seed, instant = rng.getrandbits(64), float(rng.randint(1_700_000_000, 1_900_000_000))
    module = load()
    client = client_for(module.app)
    tokens = [ferry.sign_in(client, member) for _ in range(TRIALS)]
    telling = [text for text in decoded(tokens[0]) if member.username.lower() in text.lower()]
    assert telling == [], told(
        (
            tokens[0] == member.username,
            f"The user name itself is the token of {member.username}. Whoever knows a colleague's name can be that colleague.",
        ),
        f"This is what a token says to whoever decodes it: it belongs to {member.username}. What an attacker knows of how "
        "tokens are made helps to make some.",
    )
    shortest = min(map(len, tokens))
    assert shortest >= 32, (
        f"“{min(tokens, key=len)}” is a token. 32 characters or more are wanted: what is short can be found by trying."
    )
    assert len(set(tokens)) == TRIALS, told(
        (
            len(set(tokens)) == 1,
            f"{TRIALS} logins of one member, and each time the same token. If it leaks, a new login helps nobody.",
        ),
        f"{TRIALS} logins of one member gave so many different tokens.",
    )
    response = me(client, tokens[-1])
    assert response.status_code == 200, let_in(response)
    for what, guess in wrong_tokens(tokens[-1], member, ferry.passwords[member.username]).items():
        response = me(client, guess)
        turned_away(response, f"{what} in place of a token", "Only what the login has given out is a token.")

    def started(seed, instant):
        """The first tokens of the app if it is started with this seed and at this time."""
        with one_seed(seed):
            module = load()
            fresh = client_for(module.app)
            random.seed(seed)
            with stopped_clock(module, instant):
                return [ferry.sign_in(fresh, member) for _ in range(2)]

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
            "is the time that makes them, and everybody has a clock: whoever knows about when a colleague signed in tries all "
            "moments.",
        ),
        "These same tokens came after two starts of your app, and it made no difference what time it was and which seed "
        "Python's `random` had. They are made of what does not change, such as names and numbers, so anybody can make them.",
    )
    changing = sum(len(set(column)) > 1 for column in zip(*tokens, strict=False))
    assert changing >= 20, told(
        (
            is_clock_uuid(tokens[0]),
            "The tokens are UUIDs of version 1, made of the clock and the number of the network card. Two that are made one "
            "after the other differ in so many places: whoever has one counts up and down from it.",
        ),
        f"{TRIALS} tokens in a row differ in only {changing} places, and all the rest is the same. Whoever has a token of their "
        "own knows most of the next one, and can find what is missing by trying.",
    )


def is_clock_uuid(token):
    try:
        return uuid.UUID(token).version == 1
    except ValueError:
        return False


def wrong_tokens(token, member, password):
    """What an attacker would try first."""
    name = member.username.encode()
    return {
        "The user name": member.username,
        "The password": base64.urlsafe_b64encode(password.encode()).decode(),
        "The user name in base64": base64.b64encode(name).decode(),
        "The SHA-256 digest of the user name": hashlib.sha256(name).hexdigest(),
        "The MD5 digest of the user name": hashlib.md5(name, usedforsecurity=False).hexdigest(),
        "The hash of the password": base64.urlsafe_b64encode(member.password_hash.encode()).decode(),
        "The first half of a token": token[: len(token) // 2],
        "A token without its last character": token[:-1],
        "A token with one character more": f"{token}0",
        "The SHA-256 digest of a token, as it stands in a stolen database": hashlib.sha256(token.encode()).hexdigest(),
    }


def test_two_devices_stay_signed_in(ferry, client):
    """If one member signs in twice and another one once, each of the three tokens opens `/me` for its owner."""
    first, other, second = (ferry.sign_in(client, member) for member in (ferry.deck, ferry.engine, ferry.deck))
    for which, token, member in (
        ("The token of a member's first device", first, ferry.deck),
        ("The token of a member's second device", second, ferry.deck),
        ("The token of another member", other, ferry.engine),
    ):
        response = me(client, token)
        assert response.status_code == 200, told(
            (
                response.status_code == 401,
                f"{which} is not good any more. Three tokens were given out, by logins of two members, and the later ones must "
                "not end the earlier.",
            ),
            let_in(response),
        )
        assert picked(response, "username") == exactly({"username": member.username}), f"{which} shows somebody else."


def test_me_needs_a_known_token(ferry, client, rng):
    """`GET /me` is 401 with the challenge `Bearer` if there is no token, an unknown one, `Bearer` without a token, a token without or with another scheme, or a token in the query or a cookie."""
    token = ferry.sign_in(client, ferry.deck)
    response = me(client, token)
    assert response.status_code == 200, let_in(response)
    for story, request in {
        "No header": {},
        "An unknown token": {"headers": bearer(rng.word(20))},
        "`Bearer` without a token": {"headers": {"Authorization": "Bearer"}},
        "An empty header": {"headers": {"Authorization": ""}},
        "A good token with the scheme `Basic`": {"headers": {"Authorization": f"Basic {token}"}},
        "A good token with the scheme `Token`": {"headers": {"Authorization": f"Token {token}"}},
        "A good token without a scheme": {"headers": {"Authorization": token}},
        "A good token as `?access_token=`": {"params": {"access_token": token}},
        "A good token as `?token=`": {"params": {"token": token}},
        "A good token as a cookie": {"headers": {"Cookie": f"access_token={token}; token={token}"}},
    }.items():
        response = client.get("/me", **request)
        turned_away(
            response,
            story,
            "A credential counts only as `Authorization: Bearer <token>`: addresses are logged, and cookies are sent by "
            "browsers without being asked.",
        )


def test_a_disabled_or_dismissed_member_is_out_at_once(ferry, client, rng):
    """A token of a member who has been disabled or removed from `crew` meanwhile is 401 with the challenge `Bearer`; a member who is enabled again is in again, and `/me` shows the ship of now."""
    people, member = ferry.crew.crew, ferry.deck
    anew = "The account has to be looked up again for every request."
    token = ferry.sign_in(client, member)
    other = ferry.sign_in(client, ferry.galley)
    response = me(client, token)
    assert response.status_code == 200, let_in(response)

    member.disabled = True
    response = me(client, token)
    turned_away(
        response, "The token of a member who was disabled after the login", f"Who was shut out is still in. {anew}"
    )
    response = me(client, other)
    assert response.status_code == 200, "Another member was disabled, not this one."

    member.disabled = False
    response = me(client, token)
    assert response.status_code == 200, "The member is enabled again, and the token was good before."

    moved = people[member.username] = replace(member, ship=f"MF {rng.name()}")
    response = me(client, token)
    assert response.status_code == 200, let_in(response)
    assert picked(response, "ship") == exactly({"ship": moved.ship}), (
        f"The member has gone from {member.ship} to {moved.ship} since the login; `crew` says so. {anew}"
    )

    people[member.username] = replace(moved, disabled=True)
    response = me(client, token)
    turned_away(
        response, "The token of a member who was disabled after the login", f"Who was shut out is still in. {anew}"
    )

    del people[member.username]
    response = me(client, token)
    turned_away(response, "The token of somebody who is no longer in `crew`", f"Who was dismissed is still in. {anew}")


def test_the_docs_can_sign_in(ferry, docs, client):
    """The OpenAPI document has one security scheme: `oauth2` with a password flow, whose `tokenUrl`, as seen from `/docs`, is the working login. `GET /me` requires it, `POST /token` requires none."""
    schemes = docs.document.get("components", {}).get("securitySchemes", {})
    kinds = {name: [scheme.get("type"), *sorted(scheme.get("flows") or {})] for name, scheme in schemes.items()}
    assert list(kinds.values()) == [["oauth2", "password"]], told(
        (
            kinds == {},
            "The docs know of no security scheme, so `/docs` has no “Authorize” button. FastAPI documents a scheme if the "
            "token is fetched by one of the classes in `fastapi.security`.",
        ),
        (len(kinds) > 1, "These security schemes are in the docs, and there is only one way to sign in."),
        "This is the type of the security scheme with its flows. `/docs` shows a form for name and password only for the "
        "password flow of `oauth2`.",
    )
    name = next(iter(kinds))
    needed = {
        f"{method.upper()} {path}": docs.operation(method, path).get("security") or []
        for method, path in (("get", "/me"), ("post", "/token"))
    }
    assert needed == {"GET /me": [{name: []}], "POST /token": []}, (
        "This is what the docs say each operation requires. `/me` needs the token, and signing in needs nothing."
    )
    url = schemes[name]["flows"]["password"].get("tokenUrl")
    target = urljoin("http://testserver/docs", url or "")
    response = client.post(target, data=ferry.form(ferry.deck, grant_type="password"))
    assert response.status_code == 200, told(
        (
            response.status_code in (307, 308, 404, 405),
            f"`tokenUrl` is “{url}”, which from `/docs` leads to {target}, and nobody can sign in there. The “Authorize” button "
            "will fail.",
        ),
        sign_in_failed(response),
    )
    response = me(client, token_in(response))
    assert response.status_code == 200, f"The token that came from `tokenUrl` (“{url}”) does not open `/me`."
