"""Checks of q053: tokens that hold against forgery, and refresh tokens that hold against theft."""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_fastapi_kata.checks import challenge, exactly, picked, told, value_at

WRONG_LOGIN = {"detail": "Incorrect username or password"}
REFUSAL = {"detail": "Could not validate credentials"}
KINDS = ("access", "refresh")
CLAIMS = ("iss", "aud", "sub", "iat", "exp", "jti", "typ")
TUTORIAL = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
GONE = object()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signed(payload, secret, *, header=None, digest="HS256"):
    """A token of one's own making: claims or raw bytes, under any header, signed with any secret."""
    head = header if isinstance(header, bytes) else json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode()
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signing = f"{encoded(head)}.{encoded(body)}"
    return f"{signing}.{encoded(hmac.digest(secret.encode(), signing.encode(), DIGESTS[digest]))}"


class Lab:
    """The settings and accounts of this run, what its sister services issue, and what attackers make."""

    def __init__(self, given, rng):
        self.rng = rng
        self.passwords = {}
        self.default_secret = "for-development-only-" + "0" * 48
        self.settings = given(
            "settings",
            SECRET=f"{rng.word(6)}-{rng.getrandbits(320):080x}",
            ISSUER=f"https://{rng.word()}.{rng.word()}.example",
            AUDIENCE=f"{rng.word()}-{rng.word()}",
            ACCESS_SECONDS=rng.randint(5, 40) * 60 + rng.randint(1, 59),
            REFRESH_SECONDS=rng.randint(3, 30) * 24 * 3600 + rng.randint(1, 3599),
        )
        self.accounts = given("accounts")
        self.accounts._accounts.clear()  # noqa: SLF001
        self.numbers = iter(rng.numbers(40, 1000, 999_999))
        self.ada, self.bob = self.register(), self.register()

    def register(self):
        """An account that nobody has seen yet."""
        email = f"{self.rng.word(4)}.{self.rng.word()}@{self.rng.word()}.example"
        self.passwords[email] = f"{self.rng.title()} {self.rng.digits(3)}"
        return self.accounts.register(next(self.numbers), email, self.passwords[email])

    def form(self, account, **changes):
        password = self.passwords[account.email]
        return {"grant_type": "password", "username": account.email, "password": password, **changes}

    def claims(self, account, typ="access", **changes):
        """The claims that a sister service gives to an account; GONE leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.settings.ISSUER,
            "aud": self.settings.AUDIENCE,
            "sub": str(account.id),
            "iat": now - 20,
            "exp": now + 600,
            "jti": f"{self.rng.getrandbits(128):032x}",
            "typ": typ,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not GONE}

    def sister(self, account, **changes):
        """An access token of a sister service."""
        return signed(self.claims(account, **changes), self.settings.SECRET)

    def sign_in(self, client, account):
        """The answer to somebody who signs in as one should, looked at in full."""
        response = client.post("/token", data=self.form(account))
        assert response.status_code == 200, told(
            (response.status_code in (404, 405), "There is no route for `POST /token`."),
            (response.status_code == 401, "An active account signed in with the right password, and was refused."),
            (
                response.status_code == 422,
                "This is the form that OAuth2 prescribes, with `username` and `password` as form fields. `loc` in the answer "
                "says what your route asks for.",
            ),
        )
        return self.is_pair(response)

    def is_pair(self, response):
        """Assert what every answer with a new pair looks like, and return both tokens."""
        kept = {"token_type": "bearer", "expires_in": self.settings.ACCESS_SECONDS}
        assert picked(response, *kept) == exactly(kept), (
            f"Beside the two tokens there are `token_type` and `expires_in`, the seconds of the access token's life: "
            f"`ACCESS_SECONDS` of the settings, in this run {kept['expires_in']}."
        )
        directives = [one.strip().lower() for one in response.headers.get("cache-control", "").split(",")]
        assert "no-store" in directives, (
            "These are the directives of the header `Cache-Control`. Without `no-store`, a cache on the way may keep this "
            "answer, and whoever reads the cache has the tokens."
        )
        tokens = {f"{kind}_token": value_at(response.json(), f"{kind}_token") for kind in KINDS}
        for name, token in tokens.items():
            parts = token.split(".") if isinstance(token, str) else []
            assert len(parts) == 3, (
                f"`{name}` in this answer is {token!r}. A JWT is a text of three parts with dots between."
            )
        return tokens["access_token"], tokens["refresh_token"]

    def read(self, token, typ):
        """The claims of a token that the app has given out, once its signature is proved."""
        name = f"`{typ}_token`"
        head, body, signature = token.split(".")
        try:
            header, claims = json.loads(decoded(head)), json.loads(decoded(body))
        except (ValueError, binascii.Error):
            header = claims = None
        assert isinstance(header, dict) and isinstance(claims, dict), (
            f"{name} is {token!r}. The first two parts of a JWT are JSON objects in base64url, and these are not."
        )
        assert header.get("alg") == "HS256", f"This is the algorithm that the header of {name} names."
        right = hmac.digest(self.settings.SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256)
        assert hmac.compare_digest(encoded(right).encode(), signature.encode()), (
            f"The signature of {name} is not that of HS256 with the `SECRET` of the settings (the checks put in another one "
            "than stands in the file). The sister services will refuse this token."
        )
        return claims

    def good_claims(self, token, typ, account, since):
        """Assert that a token that the app has given out says what it should, and return its claims."""
        claims = self.read(token, typ)
        name = f"`{typ}_token`"
        missing = [claim for claim in CLAIMS if claim not in claims]
        assert missing == [], f"These claims are missing in the {name}. It has {sorted(claims)}."
        wanted = {"iss": self.settings.ISSUER, "aud": self.settings.AUDIENCE, "sub": str(account.id), "typ": typ}
        got = {claim: claims[claim] for claim in wanted}
        if got["aud"] == [self.settings.AUDIENCE]:
            got["aud"] = self.settings.AUDIENCE
        assert got == exactly(wanted), told(
            (
                got["sub"] == account.id and type(got["sub"]) is int,
                f"These are claims of the {name}. `sub` is a number here; in a JWT it is a text, and libraries refuse a token "
                "with anything else.",
            ),
            f"These are claims of the {name}.",
        )
        assert isinstance(claims["jti"], str) and claims["jti"], (
            f"`jti` in the {name} is {claims['jti']!r}, and has to be a text."
        )
        iat, exp = self.times(token, typ)
        life = self.settings.ACCESS_SECONDS if typ == "access" else self.settings.REFRESH_SECONDS
        zone = f"The server's own time zone is {time.strftime('UTC%z')}, and times in a JWT are those of UTC."
        offset = datetime.datetime.now().astimezone().utcoffset().total_seconds()
        mixed_up = {
            offset: f"The server's own time zone is {time.strftime('UTC%z')}: what the clock on its wall shows was taken for UTC.",
            -offset: f"That is the distance of this server's zone ({time.strftime('UTC%z')}): a time that was UTC already was "
            "turned into UTC once more.",
        }
        why = next((text for wrong, text in mixed_up.items() if wrong and abs(iat - since - wrong) <= 40), zone)
        lives, late = nearly(exp - iat, life), round(abs(iat - since))
        assert lives == life, told(
            (
                hours(exp - iat - life) != "",
                f"`exp` of the {name} is not {life} seconds after its `iat`: {hours(exp - iat - life)} are missing or too much. "
                f"{zone}",
            ),
            f"So many seconds after its `iat` the {name} ends. `{typ.upper()}_SECONDS` of the settings says something else.",
        )
        assert late <= 30, told(
            (
                hours(late) != "",
                f"`iat` and `exp` of the {name} are {hours(late)} {'ahead of' if iat > since else 'behind'} the time. {why}",
            ),
            f"`iat` of the {name} is so many seconds away from the time at which it was issued.",
        )
        return claims

    def times(self, token, typ):
        """`iat` and `exp` of a token that the app has given out, both of them numbers."""
        claims = self.read(token, typ)
        for claim in ("iat", "exp"):
            number = claims.get(claim)
            assert isinstance(number, int | float) and not isinstance(number, bool), (
                f"`{claim}` in the `{typ}_token` is {number!r}. Times in a JWT are numbers: seconds since 1970, in UTC."
            )
        return claims["iat"], claims["exp"]


def nearly(seconds, wanted):
    """The wanted number if it is that, give or take what is cut off and what passes between two looks at the clock."""
    return wanted if abs(seconds - wanted) <= 2 else seconds


def hours(seconds):
    """So many whole hours, in words, if that is what they are."""
    number = round(abs(seconds) / 3600)
    return "" if number == 0 or abs(abs(seconds) - 3600 * number) > 40 else f"{number} hour{'s' * (number > 1)}"


def bearer(token):
    # A header is bytes, and clients send letters outside ASCII as UTF-8.
    return {"Authorization": f"Bearer {token}".encode()}


def me(client, token):
    return client.get("/me", headers=bearer(token))


def refresh(client, token):
    return client.post("/token/refresh", json={"refresh_token": token})


def let_in(response, story):
    """What a refusal means for a good access token."""
    return told(
        (response.status_code in (404, 405), f"{story}: there is no route for `GET /me`."),
        (response.status_code == 401, f"{story}: the token is good by the contract, and was refused."),
        (
            response.status_code == 422,
            f"{story}: the request is complete; `loc` in the answer says what your route asks for besides.",
        ),
        (response.status_code == 500, f"{story}: an exception ended the request; it is shown below."),
        f"{story}.",
    )


def renewed(lab, client, token, story, harm=""):
    """Assert that a refresh token is good for a new pair, and return that; ``harm`` is what it means if it is not."""
    response = refresh(client, token)
    assert response.status_code == 200, told(
        (response.status_code in (404, 405), f"{story}: there is no route for `POST /token/refresh`."),
        (
            response.status_code == 401,
            f"{story}: this is the newest refresh token of a line that lives, and it was refused. {harm}",
        ),
        (
            response.status_code == 422,
            f'{story}: the token is sent as JSON, `{{"refresh_token": …}}`; `loc` in the answer says what your route asks for.',
        ),
        (response.status_code == 500, f"{story}: an exception ended the request; it is shown below."),
        f"{story}.",
    )
    return lab.is_pair(response)


def shows(client, token, account, story):
    """Assert that a token opens `/me` for its account."""
    response = me(client, token)
    assert response.status_code == 200, let_in(response, story)
    got, wanted = response.json(), {"id": account.id, "email": account.email}
    extra = sorted(set(got) - set(wanted)) if isinstance(got, dict) else []
    assert got == exactly(wanted), told(
        (
            "password_hash" in extra,
            "`/me` also shows `password_hash`. Whoever gets hold of this answer can try passwords on it at home, as fast as "
            "they like.",
        ),
        (bool(extra), f"`/me` also shows {', '.join(extra)}. Only `id` and `email` are asked for."),
        f"{story}. This is the account as it stands in `accounts` now.",
    )


def is_refused(response, story, harm):
    """Assert that a token was refused like every other one."""
    assert response.status_code == 401, told(
        (response.status_code == 200, f"{story}: accepted. {harm}"),
        (
            response.status_code == 500,
            f"{story}: an exception ended the request, where a refusal was due; it is shown below. Whatever a token contains, "
            "it is refused in one way.",
        ),
        (
            response.status_code in (400, 403, 422),
            f"{story}: refused with another status than all the others. A token that is no good is 401, whatever the reason.",
        ),
        f"{story}.",
    )
    assert response.json() == exactly(REFUSAL), (
        f"{story}: refused, with another body than the contract wants. An attacker who is told the reason knows what to mend "
        "in the next try."
    )
    asks_for_bearer(response, story)


def asks_for_bearer(response, story):
    asked_for = challenge(response)
    assert asked_for == "Bearer", told(
        (asked_for is None, f"{story}: refused, but without the header `WWW-Authenticate`, which says how to sign in."),
        f"{story}: refused, and the header `WWW-Authenticate` has to ask for `Bearer`.",
    )


def same_face(answers):
    """Assert that refusals do not differ in their challenge either."""
    first = next(iter(answers))
    wanted = answers[first].headers.get("www-authenticate")
    for what, response in answers.items():
        assert response.headers.get("www-authenticate") == wanted, (
            f"This is the header `WWW-Authenticate` for {what}, compared with the one for {first}. An attacker reads headers, "
            "too, and learns from the difference how far a forgery has come."
        )


@contextmanager
def time_zone(name):
    """A server in another time zone, as far as the system can do that."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    getattr(time, "tzset", int)()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        getattr(time, "tzset", int)()


@pytest.fixture
def lab(given, rng):
    """The settings and accounts, in place before the learner's app is imported; the server's time zone is UTC."""
    with time_zone("UTC0"):
        yield Lab(given, rng)


def test_login_gives_a_signed_pair_that_opens_me(lab, client):
    """`POST /token` answers 200 with both tokens, `token_type`, `expires_in` and `Cache-Control: no-store`. The tokens are JWTs with HS256 and the claims of the README, each with a `jti` of its own. With the access token `GET /me` answers exactly `id` and `email`."""
    seen = set()
    for account in (lab.ada, lab.bob, lab.ada):
        since = time.time()
        tokens = dict(zip(KINDS, lab.sign_in(client, account), strict=True))
        for kind, token in tokens.items():
            claims = lab.good_claims(token, kind, account, since)
            assert claims["jti"] not in seen, (
                f"This `jti` of the `{kind}_token` has been given to another token before."
            )
            seen.add(claims["jti"])
        shows(client, tokens["access"], account, "An access token of the login just before")


def test_a_wrong_login_is_refused(lab, client):
    """A wrong password, an unknown e-mail and an account that is not active are 401 `{"detail": "Incorrect username or password"}` with the challenge `Bearer`."""
    lab.sign_in(client, lab.ada)
    closed = lab.register()
    closed.active = False
    for story, form in {
        "a wrong password": lab.form(lab.ada, password=lab.rng.title()),
        "the password of another account": lab.form(lab.ada, password=lab.passwords[lab.bob.email]),
        "an e-mail that nobody has": lab.form(lab.ada, username=f"{lab.rng.word(5)}@lab.example"),
        "the number of the account in place of its e-mail": lab.form(lab.ada, username=str(lab.ada.id)),
        "an account that is not active, with the right password": lab.form(closed),
    }.items():
        response = client.post("/token", data=form)
        assert response.status_code == 401, told(
            (response.status_code == 200, f"Sent was {story}, and tokens were given out."),
            (
                response.status_code in (400, 403, 404),
                f"Sent was {story}. The form is in order, and nobody has proved who they are. That is 401.",
            ),
            (
                response.status_code == 500,
                f"Sent was {story}: an exception ended the request, where a refusal was due; it is shown below.",
            ),
            f"Sent was {story}.",
        )
        assert response.json() == exactly(WRONG_LOGIN), f"Sent was {story}."
        asks_for_bearer(response, f"Sent was {story}")


@contextmanager
def clock_ahead(seconds):
    """A time of day that is so many seconds ahead, also where the learner's modules have taken it by name."""
    real = {"time": time.time, "time_ns": time.time_ns, "datetime": datetime.datetime}

    class Ahead(real["datetime"]):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(real["time"]() + seconds, tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(real["time"]() + seconds, datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    fakes = {
        "time": lambda: real["time"]() + seconds,
        "time_ns": lambda: real["time_ns"]() + int(seconds * 1e9),
        "datetime": Ahead,
    }
    own = [
        one
        for one in list(sys.modules.values())
        if str(getattr(one, "__file__", "")).startswith(f"{Path.cwd()}{os.sep}")
    ]
    patches = [(time, "time"), (time, "time_ns"), (datetime, "datetime")]
    places = [(owner, name, name) for owner, name in patches]
    for module in own:
        places += [
            (module, own_name, name)
            for own_name, value in vars(module).items()
            for name, original in real.items()
            if value is original
        ]
    for owner, own_name, name in places:
        setattr(owner, own_name, fakes[name])
    try:
        yield
    finally:
        for owner, own_name, name in places:
            setattr(owner, own_name, real[name])


def test_lifetimes_hold_in_any_time_zone(lab, load, client_for):
    """`iat` is the time of issue and `exp` is `iat` plus the lifetime of the settings, whatever the time zone of the server. The tokens of a refresh get the full lifetime anew."""
    for zone in ("UTC0", "KATA-9", "KATA8"):
        with time_zone(zone):
            client = client_for(load().app)
            since = time.time()
            access, kept = lab.sign_in(client, lab.ada)
            for kind, token in zip(KINDS, (access, kept), strict=True):
                lab.good_claims(token, kind, lab.ada, since)
            shows(client, access, lab.ada, f"An access token of a server whose time zone is {time.strftime('UTC%z')}")
            access, _kept = renewed(
                lab, client, kept, f"A first refresh where the time zone is {time.strftime('UTC%z')}"
            )
            shows(client, access, lab.ada, "An access token out of a refresh")
    later = lab.settings.REFRESH_SECONDS // 2
    _access, kept = lab.sign_in(client, lab.bob)
    issued = lab.good_claims(kept, "refresh", lab.bob, time.time())["iat"]
    with clock_ahead(later):
        _access, probe = lab.sign_in(client, lab.ada)
        pair = renewed(lab, client, kept, "A refresh when half of the refresh token's life has passed")
    # An app that takes the time from elsewhere has not noticed, and its times are those of now.
    noticed = lab.times(probe, "refresh")[0] > issued + later / 2
    for kind, token in zip(KINDS, pair, strict=True):
        iat, exp = lab.times(token, kind)
        life = getattr(lab.settings, f"{kind.upper()}_SECONDS")
        lives = nearly(exp - iat, life)
        copied = (
            f"A refresh token was used when half of its life had passed, {later} seconds after its login. `iat` of the new "
            f"`{kind}_token` is {iat - issued:.0f} seconds after that login, and `exp` {exp - issued:.0f}. It is to live {life} "
            "seconds from the refresh on. Were times of the old token copied?"
        )
        assert lives == life, copied
        assert not noticed or iat > issued + later / 2, copied


def test_a_token_of_a_sister_service_is_accepted(lab, client):
    """An access token that another holder of the secret has issued opens `/me`, with `aud` as a list that contains ours, with further claims, and without `iat` and `jti`."""
    ours, now = lab.settings.AUDIENCE, int(time.time())
    for story, changes in {
        "A plain access token of a sister service": {},
        "A sister's token for several audiences, with ours among them": {"aud": [lab.rng.word(), ours, lab.rng.word()]},
        "A sister's token with `aud` as a list of one": {"aud": [ours]},
        "A sister's token with further claims": {lab.rng.word(4): lab.rng.title(), "roles": [lab.rng.word()], "v": 2},
        "A sister's token without `iat` and `jti`": {"iat": GONE, "jti": GONE},
        "A sister's token with an `nbf` that has passed": {"nbf": now - 90},
        "A sister's token that was issued days ago and is good for days": {"iat": now - 300_000, "exp": now + 300_000},
    }.items():
        for account in (lab.ada, lab.bob):
            shows(client, lab.sister(account, **changes), account, story)
    late = lab.register()
    shows(
        client, lab.sister(late), late, "A sister's token for an account that was registered after the app was started"
    )
    late.email = f"{lab.rng.word(4)}@{lab.rng.word()}.example"
    shows(client, lab.sister(late), late, "The account has another e-mail since a moment ago")


def forgeries(lab, claims, real, other):
    """Tokens that an attacker can make without the secret, out of these claims: what it is, the token, and the harm.

    ``real`` is a good token with these claims; ``other`` is one of another account.
    """
    start, _, signature = real.rpartition(".")
    header, payload, _ = real.split(".")
    others_payload = other.split(".")[1]
    anybody = "Anybody can now write a token for any account."
    for what, wrong in {
        "a secret that somebody made up": lab.rng.word(20),
        "an empty secret": "",
        "the secret of the FastAPI tutorial, which the whole world knows": TUTORIAL,
        "the development secret that stands in the source": lab.default_secret,
        "the name of the issuer as secret": lab.settings.ISSUER,
    }.items():
        yield f"a token signed with {what}", signed(claims, wrong), anybody
    for alg in ("none", "None", "NONE"):
        named = encoded(json.dumps({"alg": alg, "typ": "JWT"}).encode())
        for ending, what in (("", "no signature"), (signature, "the signature of a good one")):
            yield f"a token whose header says `alg` is `{alg}`, with {what}", f"{named}.{payload}.{ending}", anybody
    middle = len(signature) // 2
    flipped = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1 :]
    unproved = "Nobody has proved who wrote this token. Whoever can read a token can write one."
    yield "a token without its signature", f"{start}.", unproved
    yield "a token with half of its signature", f"{start}.{signature[:middle]}", unproved
    yield "a token with one letter of its signature changed", f"{start}.{flipped}", unproved
    swapped = f"{header}.{others_payload}.{signature}"
    yield "a token with the payload of another account", swapped, "With a token of one's own one is now anybody else."
    richer = encoded(json.dumps({**claims, "exp": claims["exp"] + 10**8}).encode())
    yield "a token whose `exp` was put off", f"{header}.{richer}.{signature}", "A stolen token is now good for ever."
    strong = signed(claims, lab.rng.word(20), header={"alg": "HS512", "typ": "JWT"}, digest="HS512")
    yield "a token signed as HS512 with a made-up secret", strong, anybody


def unfit(lab, fresh):
    """Tokens with a signature by the secret that are no good all the same: what it is, the token, and the harm.

    ``fresh()`` gives the claims of a good one, so that none of the attacks depends on what became of an earlier one.
    """
    secret, settings, now = lab.settings.SECRET, lab.settings, int(time.time())
    confusion = (
        "The token has chosen how it is checked. That choice is the way to `none`, and to HMAC with a public key as secret; "
        "only the server makes it."
    )
    ignored = (
        "It does not say that it is signed with HS256, and here that is taken for granted. The sister services refuse it, and "
        "where two services disagree about a token, an attacker finds a way between them."
    )
    for alg in ("HS384", "HS512"):
        yield (
            f"a token signed as {alg} with the right secret",
            signed(fresh(), secret, header={"alg": alg, "typ": "JWT"}, digest=alg),
            confusion,
        )
    yield "a token without `alg` in its header", signed(fresh(), secret, header={"typ": "JWT"}), ignored
    yield "a token whose header says RS256", signed(fresh(), secret, header={"alg": "RS256", "typ": "JWT"}), ignored
    for_ever = "A token that was stolen once is good for ever."
    early = "A token that is meant for later is used now."
    elsewhere = "Whoever runs another service that shares the secret can take the tokens of its visitors and come here with them."
    stranger = "A token that another system gave out, by rules that nobody here knows, opens the laboratory."
    mixed = "A refresh token and an access token are kept apart by `typ` alone: it says what a token may be used for."
    nobody = "The token names nobody who has an account here, and opens it all the same."
    aud, iss, sub, other = settings.AUDIENCE, settings.ISSUER, fresh()["sub"], lab.rng.word(4)
    for what, changes, harm in (
        ("a token that expired a year ago", {"iat": now - 4 * 10**7, "exp": now - 3 * 10**7}, for_ever),
        ("a token without `exp`", {"exp": GONE}, for_ever),
        ("a token whose `exp` is null", {"exp": None}, for_ever),
        ("a token whose `exp` is a word", {"exp": other}, for_ever),
        ("a token whose `exp` is a list", {"exp": [now + 600]}, for_ever),
        (
            "a token that expired 45 seconds ago",
            {"exp": now - 45},
            "Clocks may differ by up to 30 seconds. Here a token lives on for longer than that.",
        ),
        ("a token whose `nbf` is five minutes ahead", {"nbf": now + 300}, early),
        ("a token for another audience", {"aud": other}, elsewhere),
        ("a token for an audience whose name contains ours", {"aud": f"{other}-{aud}-{other}"}, elsewhere),
        ("a token for an audience whose name is a part of ours", {"aud": aud[1:-1]}, elsewhere),
        ("a token for a list of other audiences", {"aud": [other, f"{aud}s"]}, elsewhere),
        ("a token for an empty list of audiences", {"aud": []}, elsewhere),
        ("a token without `aud`", {"aud": GONE}, elsewhere),
        ("a token of another issuer", {"iss": f"https://{other}.example"}, stranger),
        ("a token of an issuer whose name begins with ours", {"iss": f"{iss}.{other}.example"}, stranger),
        ("a token of an issuer whose name is a part of ours", {"iss": iss[1:-1]}, stranger),
        ("a token whose `iss` is a list with ours in it", {"iss": [iss]}, stranger),
        ("a token without `iss`", {"iss": GONE}, stranger),
        ("a token without `typ`", {"typ": GONE}, mixed),
        ("a token with a `typ` that does not exist", {"typ": other}, mixed),
        ("a token whose `typ` is a list of both", {"typ": list(KINDS)}, mixed),
        ("a token without `sub`", {"sub": GONE}, nobody),
        ("a token whose `sub` is null", {"sub": None}, nobody),
        ("a token whose `sub` is empty", {"sub": ""}, nobody),
        ("a token whose `sub` is a word", {"sub": other}, nobody),
        ("a token whose `sub` is a list", {"sub": [sub]}, nobody),
        (
            "a token whose `sub` is a number where a text belongs",
            {"sub": int(sub)},
            "The contract wants a text.",
        ),
        ("a token whose `sub` is the number of no account", {"sub": str(next(lab.numbers))}, nobody),
    ):
        changed = {name: value for name, value in {**fresh(), **changes}.items() if value is not GONE}
        yield what, signed(changed, secret), harm
    for what, raw in (
        ("a signed token whose payload is a list", b"[1, 2]"),
        ("a signed token whose payload is a text", json.dumps(sub).encode()),
        ("a signed token whose payload is null", b"null"),
        ("a signed token whose payload is no JSON", b"{sub: me}"),
        ("a signed token whose payload is empty", b""),
        ("a signed token whose payload is not even text", b"\xff\xfe\x00"),
    ):
        yield what, signed(raw, secret), "That is no set of claims."
    for what, raw in (("no JSON", b"{alg}"), ("a list", b"[]")):
        yield f"a signed token whose header is {what}", signed(fresh(), secret, header=raw), ignored


def garbage(lab):
    """What is no token at all."""
    some = lab.rng.word(6)
    for token in (
        some,
        f"{some}.{some}",
        f"{some}.{some}.{some}",
        f"{some}.{some}.{some}.{some}.{some}",
        "..",
        ".",
        "null",
        "e30.e30.",
        "é.ü.ß",
        f"{some}.日本.{some}",
        f"{encoded(b'{}')}.{encoded(b'{}')}.{encoded(b'{}')}",
    ):
        yield f"garbage, `{token}`", token, "That is not even a token."


def test_forged_unfit_and_missing_access_tokens_are_refused(lab, client):
    """What is not a good access token by the contract is 401 `{"detail": "Could not validate credentials"}` with the challenge `Bearer`, the same for every reason. Without any token, `GET /me` is 401 with the challenge `Bearer`."""
    claims = lab.claims(lab.ada)
    real, other = signed(claims, lab.settings.SECRET), lab.sister(lab.bob)
    shows(client, real, lab.ada, "A good access token, out of which the forged ones are made")
    _access, real_refresh = lab.sign_in(client, lab.ada)
    kinds = "A refresh token that leaks opens everything, and for much longer than an access token."
    attacks = [
        ("a refresh token of the login", real_refresh, kinds),
        ("a signed token with `typ` `refresh`", signed({**claims, "typ": "refresh"}, lab.settings.SECRET), kinds),
        *forgeries(lab, claims, real, other),
        *unfit(lab, lambda: claims),
        *garbage(lab),
    ]
    answers = {}
    for what, token, harm in attacks:
        story = f"GET /me with {what}"
        answers[what] = me(client, token)
        is_refused(answers[what], story, harm)
    same_face(answers)
    for what, options in {
        "no header": {},
        "an empty header": {"headers": {"Authorization": ""}},
        "`Bearer` and nothing behind it": {"headers": {"Authorization": "Bearer"}},
        "a good token with the scheme `Basic`": {"headers": {"Authorization": f"Basic {real}"}},
        "a good token without a scheme": {"headers": {"Authorization": real}},
        "a good token in the query": {"params": {"token": real, "access_token": real}},
        "a good token as a cookie": {"headers": {"Cookie": f"token={real}; access_token={real}"}},
    }.items():
        response = client.get("/me", **options)
        story = f"GET /me with {what}"
        assert response.status_code == 401, told(
            (
                response.status_code == 200,
                f"{story}: accepted. A token counts only as `Authorization: Bearer <token>`: addresses are logged, and cookies "
                "are sent by browsers without being asked.",
            ),
            (response.status_code == 403, f"{story}: nobody is known here, and that is 401, not 403."),
            (response.status_code == 422, f"{story}: a missing credential is not a missing field, but 401."),
            (response.status_code == 500, f"{story}: an exception ended the request; it is shown below."),
            f"{story}.",
        )
        asks_for_bearer(response, story)
    shows(client, real, lab.ada, "The good access token after all the forged ones")


def test_a_closed_account_is_out_at_once(lab, client):
    """As soon as an account is not active or no longer there, its tokens are refused: the access token at `/me`, also that of a sister service, and the refresh token at `/token/refresh`. A token for `/me` is good again when the account is."""
    still = "The account was closed, and whoever holds its tokens is still in. A signature says nothing about today."
    access, kept = lab.sign_in(client, lab.ada)
    _access, second = lab.sign_in(client, lab.ada)
    sisters = lab.sister(lab.ada)
    others, others_kept = lab.sign_in(client, lab.bob)
    for story, token in (("An access token", access), ("A sister's access token", sisters)):
        shows(client, token, lab.ada, story)
    lab.ada.active = False
    is_refused(me(client, access), "GET /me with the token of an account that is not active any more", still)
    is_refused(me(client, sisters), "GET /me with a sister's token for an account that is not active any more", still)
    is_refused(refresh(client, kept), "A refresh for an account that is not active any more", still)
    shows(client, others, lab.bob, "Another account was closed, not this one")
    renewed(lab, client, others_kept, "Another account was closed, not this one")
    lab.ada.active = True
    shows(client, access, lab.ada, "The account is active again, and its access token has not expired")
    lab.accounts._accounts.pop(lab.ada.id)  # noqa: SLF001
    is_refused(me(client, access), "GET /me with the token of an account that is no longer there", still)
    is_refused(refresh(client, second), "A refresh for an account that is no longer there", still)


USED = "A refresh token that somebody copied is good for new pairs again and again, until it expires."


def test_a_refresh_token_works_once(lab, client):
    """`POST /token/refresh` answers a refresh token with a new pair as the login does, and the next refresh goes by the new one. A refresh token that has been used is refused."""
    since = time.time()
    _access, kept = lab.sign_in(client, lab.ada)
    tokens, seen = [kept], {lab.good_claims(kept, "refresh", lab.ada, since)["jti"]}
    for number in (1, 2, 3):
        pair = renewed(lab, client, tokens[-1], f"Refresh {number} of a line")
        assert pair[1] not in tokens, (
            "The refresh gave back a refresh token that has been used. The next one is a new token."
        )
        for kind, token in zip(KINDS, pair, strict=True):
            claims = lab.good_claims(token, kind, lab.ada, since)
            assert claims["jti"] not in seen, (
                f"This `jti` of the new `{kind}_token` has been given to another token before."
            )
            seen.add(claims["jti"])
        shows(client, pair[0], lab.ada, f"The access token out of refresh {number}")
        tokens.append(pair[1])
    is_refused(refresh(client, tokens[2]), "A refresh token that was used just before is presented again", USED)
    _access, kept = lab.sign_in(client, lab.bob)
    renewed(lab, client, kept, "The first refresh of another account")
    is_refused(refresh(client, kept), "The refresh token of a login, which was used once, is presented again", USED)
    _access, kept = lab.sign_in(client, lab.bob)
    renewed(lab, client, kept, "The first refresh of one more login")
    padded = "A used refresh token is presented with `=` at its end, where base64 may have it"
    same = "It is the same token, written in another way. Whoever remembers tokens by their text has not seen this one before."
    is_refused(refresh(client, f"{kept}="), padded, same)


def test_a_stolen_refresh_token_ends_its_whole_line(lab, client):
    """If a used refresh token is presented again, every later one that descends from the same login is refused too. Access tokens, and other logins of this account and of others, go on, and a new login works."""
    thief = (
        "Somebody presented a used refresh token, so two people have it, and one of them is a thief. If the newest one still "
        "works, and it is the thief who holds it, the thief stays in for good."
    )
    for which in (0, 1, 2):
        access, first = lab.sign_in(client, lab.ada)
        _access, device = lab.sign_in(client, lab.ada)
        _access, foreign = lab.sign_in(client, lab.bob)
        line = [first]
        for number in range(3):
            story = f"Refresh {number + 1} of a line, while the same account is signed in on another device"
            line.append(renewed(lab, client, line[-1], story)[1])
        device = renewed(lab, client, device, "A refresh of the same account on another device")[1]
        stolen = ("first", "second", "third")[which]
        is_refused(
            refresh(client, line[which]), f"The {stolen} of four refresh tokens of a line is presented again", USED
        )
        ended = f"The newest refresh token of the line, after its {stolen} was presented a second time"
        is_refused(refresh(client, line[-1]), ended, thief)
        for token in line[:-1]:
            is_refused(
                refresh(client, token), f"A used token of a line that has ended since its {stolen} was reused", USED
            )
        is_refused(refresh(client, line[-1]), f"{ended}, and after all the others were tried", thief)
        response = me(client, access)
        assert response.status_code == 200, let_in(response, "A line has ended, and this is an access token of it")
        harm = "Whoever gets hold of any used token can sign others out with it."
        device = renewed(lab, client, device, "A line has ended, and this is another device of its account", harm)[1]
        renewed(lab, client, device, "A line has ended, and this is another device of its account once more", harm)
        renewed(lab, client, foreign, "A line has ended, and this is a token of another account", harm)
        _access, fresh = lab.sign_in(client, lab.ada)
        renewed(
            lab, client, fresh, "A line has ended, and its account has signed in anew", "A new login is a new line."
        )


def test_forged_refresh_tokens_are_refused(lab, client):
    """`POST /token/refresh` refuses what is not a good refresh token: forged and unfit ones, access tokens, garbage. A forged token changes nothing: the real one out of which it was made is as good as before."""
    more = "With a new pair it goes on and on."
    answers = {}
    _access, start = lab.sign_in(client, lab.bob)
    renewed(lab, client, start, "A good refresh token")

    def fresh():
        access, kept = lab.sign_in(client, lab.ada)
        return access, kept, lab.good_claims(kept, "refresh", lab.ada, time.time())

    access, kept, claims = fresh()
    used = kept
    _access, others = lab.sign_in(client, lab.bob)
    for what, token, harm in forgeries(lab, claims, kept, others):
        answers[what] = refresh(client, token)
        is_refused(answers[what], f"A refresh with {what}", f"{harm} {more}")
    harm = "Whoever can write such a token, and that is everybody, can sign others out."
    kept = renewed(lab, client, kept, "Forged tokens were tried, and then the good one that they were made of", harm)[1]
    # Used tokens, forged: who has no secret cannot end a line.
    for what, token, danger in forgeries(lab, claims, used, others):
        answers[what] = refresh(client, token)
        is_refused(answers[what], f"A refresh with {what}, made out of a used one", f"{danger} {more}")
    kept = renewed(
        lab, client, kept, "Forged copies of a used token were tried, and then the newest of its line", harm
    )[1]
    for what, token in {
        "an access token of the same login": access,
        "a sister's access token": lab.sister(lab.ada),
    }.items():
        answers[what] = refresh(client, token)
        is_refused(
            answers[what], f"A refresh with {what}", f"What leaks with every request is good for new pairs. {more}"
        )
    harm = "Access tokens travel with every request: whoever sees one can sign its owner out."
    kept = renewed(lab, client, kept, "Access tokens were tried, and then the refresh token of the same login", harm)[1]
    for what, token, harm in garbage(lab):
        answers[what] = refresh(client, token)
        is_refused(answers[what], f"A refresh with {what}", harm)
    renewed(lab, client, kept, "Garbage was tried, and then a good refresh token")
    for what, token, harm in unfit(lab, lambda: fresh()[2]):
        answers[what] = refresh(client, token)
        is_refused(answers[what], f"A refresh with {what}", f"{harm} {more}")
    same_face(answers)


def readable(text):
    """A text, and what comes out when parts of it are decoded."""
    found = [text]
    for part in {word for word in text.replace('"', " ").split() if len(word) >= 8}:
        for way in (base64.urlsafe_b64decode, bytes.fromhex):
            try:
                found.append(
                    way(part if way is bytes.fromhex else part + "=" * (-len(part) % 4)).decode("utf-8", "ignore")
                )
            except (ValueError, binascii.Error):
                continue
    return " ".join(found).lower()


def test_tokens_carry_no_personal_data(lab, client):
    """Neither the header nor the payload of a token, which anybody can read, contains the e-mail, the password or its hash, or the secret."""
    for account in (lab.ada, lab.bob):
        pair = lab.sign_in(client, account)
        pair += renewed(lab, client, pair[1], "A first refresh")
        for kind, token in zip((*KINDS, *KINDS), pair, strict=True):
            shown = lab.read(token, kind)
            head = json.loads(decoded(token.split(".")[0]))
            text = readable(json.dumps([head, shown], ensure_ascii=False))
            telling = [
                what
                for what, private in {
                    "the e-mail": account.email,
                    "the name in the e-mail": account.email.split("@")[0],
                    "the password": lab.passwords[account.email],
                    "the hash of the password": account.password_hash,
                    "the secret": lab.settings.SECRET,
                }.items()
                if private.lower() in text
            ]
            assert telling == [], (
                f"This can be read in the `{kind}_token`, whose payload is {shown}. It is signed and not encrypted: everybody who "
                "gets to see it, in a log for instance, can decode it."
            )
