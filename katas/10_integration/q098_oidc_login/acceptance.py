"""Checks of q098: logging in at an OpenID provider."""

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import re
import secrets
import socket
import time
import zlib
from collections import Counter
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request

from pytest_fastapi_kata.checks import exactly, told

REDIRECTS = (302, 303, 307)
NEXT = "/regatta"


@functools.cache
def rsa_key(number):
    """The keys of this run: 0 and 1 are the provider's, and -1 is not."""
    del number
    return rsa.generate_private_key(65537, 2048)


def watched(provider):
    """The given provider, which counts what it is asked and remembers what it handed out."""

    class Watched(provider.Provider):
        turn = -1

        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.asked = Counter()
            self.forge = None
            self.issued = []
            self.said = "The app has not asked its token endpoint."

        def rotate(self):
            self.turn += 1
            self.kid, self.key = secrets.token_hex(4), rsa_key(self.turn)

        async def discovery(self):
            self.asked["discovery"] += 1
            return await super().discovery()

        async def keys(self):
            self.asked["keys"] += 1
            return await super().keys()

        async def token(self, request: Request):
            self.asked["token"] += 1
            answer = await super().token(request)
            if isinstance(answer, dict):
                self.said = "Its token endpoint has answered 200, with an id_token."
                self.issued.append({key: answer[key] for key in ("access_token", "id_token") if answer[key]})
                return {key: value for key, value in answer.items() if value is not None}
            error = json.loads(answer.body).get("error")
            self.said = f"Its token endpoint has answered {answer.status_code}, with the error `{error}`."
            return answer

        def sign(self, claims):
            return self.forge(claims) if self.forge else super().sign(claims)

    return Watched


class Federation:
    """The provider of this run and the club that is registered there."""

    def __init__(self, given, rng):
        self.rng = rng
        # The address is known before anybody listens there.
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.prefix = f"/realms/{rng.word()}"
        self.issuer = f"http://127.0.0.1:{self.port}{self.prefix}"
        self.client_id, self.secret = f"{rng.word(4)}{rng.digits(4)}", f"{rng.word(6)}{rng.digits(12)}"
        self.club = f"https://{rng.word(4)}.example"
        domain = f"{rng.word(3)}.example"
        addresses = [f"{rng.word(4)}@{domain}" for _ in range(5)]
        subs = [f"{rng.digits(9)}{number}" for number in range(5)]
        names = [f"{name} {rng.title()}" for name in rng.names(5)]
        self.people = {
            sub: {"name": name, "email": address} for sub, name, address in zip(subs, names, addresses, strict=True)
        }
        self.verified, self.unverified, self.unsaid, self.spelt, self.without = subs
        self.people[self.verified]["email_verified"] = True
        self.people[self.unverified]["email_verified"] = False
        self.people[self.spelt]["email_verified"] = "false"
        del self.people[self.without]["email"]
        clients = {self.client_id: (self.secret, f"{self.club}/callback")}
        self.provider = watched(given("provider"))(self.issuer, clients, self.people)

    def variables(self):
        """The environment of the club's app."""
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        return dict.fromkeys(names) | {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": self.client_id,
            "OIDC_CLIENT_SECRET": self.secret,
            "SESSION_SECRET": f"{self.rng.word(8)}{self.rng.digits(24)}",
        }

    def opens(self, served):
        """Let the provider listen at its address."""
        outer = FastAPI()
        outer.mount(self.prefix, self.provider.app)
        if hasattr(socket, "AF_UNIX"):
            served(outer, fd=self.socket.fileno())
        else:
            self.socket.close()
            served(outer, port=self.port)

    def me(self, sub):
        """What `GET /me` says of somebody."""
        person = self.people[sub]
        email = person.get("email") if person.get("email_verified") is True else None
        return {"sub": sub, "name": person["name"], "email": email}


@pytest.fixture
def federation(given, rng, environment):
    """The provider, registered and not yet listening; the app's environment is set."""
    federation = Federation(given, rng)
    environment(**federation.variables())
    with contextlib.closing(federation.socket):
        yield federation


@pytest.fixture
def provider(federation, served):
    """The provider, which can be asked."""
    federation.opens(served)
    return federation.provider


@pytest.fixture
def browser(federation, app, client_for, http):
    """`browser()` is a browser of its own, with its own cookies."""
    client = client_for(app, base_url=federation.club)
    return lambda: Browser(federation, client, http)


@pytest.fixture
def member(provider, browser):
    """As `browser`, with the provider listening."""
    del provider
    return browser


class Browser:
    """Keeps cookies, and goes where it is sent if the check says so."""

    def __init__(self, federation, client, http):
        self.federation = federation
        self.provider = federation.provider
        self.client = client
        self.http = http
        self.jar = None
        self.set_cookies = []

    def ask(self, method, target, **options):
        self.client.cookies = self.jar
        response = self.client.request(method, target, **options)
        self.jar = self.client.cookies
        self.set_cookies += response.headers.get_list("set-cookie")
        return response

    def get(self, target, **options):
        return self.ask("GET", target, **options)

    def begins(self, story, wanted=None):
        """Ask for `/login`, and return the address at the provider to which the browser is sent."""
        response = self.get("/login", params={} if wanted is None else {"next": wanted})
        assert response.status_code in REDIRECTS, told(
            (
                response.status_code == 404,
                f"{story}. There is no `GET /login` yet, which sends the browser to the provider.",
            ),
            (response.status_code == 502, f"{story}. The provider can be reached, and `/login` says that it cannot."),
            f"{story}. `GET /login` sends the browser to the provider.",
        )
        location = response.headers.get("location", "")
        endpoint = f"{self.federation.issuer}{self.provider.base}/authorize"
        assert location.partition("?")[0] == endpoint, (
            f"{story}. `/login` sends the browser somewhere else. The authorization endpoint is the address that the "
            "document at `{issuer}/.well-known/openid-configuration` names; the issuer may have a path of its own."
        )
        return location

    def agrees(self, story, location, person):
        """Say yes at the provider as this person, and return the address to which it sends the browser back."""
        response = self.http.get(f"{location}&{urlencode({'person': person})}")
        assert response.status_code == 302, (
            f"{story}. The provider does not accept what `/login` sent along in the address, and says why in its answer."
        )
        return response.headers["location"]

    def comes_back(self, story, wanted=None, person=None):
        """Begin a login and agree; what is left is the way back to the app."""
        return self.agrees(story, self.begins(story, wanted), person or self.federation.verified)

    def arrives(self, story, callback, wanted=None):
        """Come back to the app, and be logged in."""
        response = self.get(callback)
        assert response.status_code in REDIRECTS, told(
            (
                response.status_code == 404,
                f"{story}. There is no `GET /callback` yet, to which the provider sends the browser back.",
            ),
            (
                response.status_code == 400,
                f"{story}. The browser comes back with the state that `/login` gave it a moment ago, together with its cookies.",
            ),
            (
                response.status_code == 401,
                f"{story}. Everything was in order, and the login was refused. What the provider says: {self.provider.said}",
            ),
            f"{story}. After a good login the browser is sent to `next`. What the provider says: {self.provider.said}",
        )
        place = urljoin(f"{self.federation.club}/callback", response.headers.get("location", ""))
        assert place == urljoin(self.federation.club, wanted or "/"), told(
            (wanted is None, f"{story}. Without `next` in `/login`, the browser is sent to `/` afterwards."),
            f"{story}. Afterwards the browser is sent to the `next` of its login.",
        )
        return response

    def logs_in(self, story, wanted=None, person=None):
        """A whole login, as it should be."""
        person = person or self.federation.verified
        callback = self.comes_back(story, wanted, person)
        self.arrives(story, callback, wanted)
        self.is_known(story, person)

    def is_known(self, story, person):
        """Assert that `/me` shows this person."""
        response = self.get("/me")
        assert response.status_code == 200, told(
            (response.status_code == 401, f"{story}. The browser was sent on, and is not logged in."),
            f"{story}. Then `GET /me`.",
        )
        assert response.json() == exactly(self.federation.me(person)), (
            f"{story}. Then `GET /me`. An address counts only if the provider says that it is verified."
        )

    def is_nobody(self, story):
        """Assert that `/me` knows nobody."""
        response = self.get("/me")
        assert response.status_code == 401, told(
            (response.status_code == 200, f"{story}. Then `GET /me` shows somebody as logged in."),
            (response.status_code == 404, f"{story}. There is no `GET /me` yet."),
            f"{story}. Then `GET /me`.",
        )

    def is_refused(self, story, callback, harm):
        """Assert that this browser does not get in by this address, and that no token is asked for."""
        before = self.provider.asked["token"]
        response = self.get(callback)
        assert response.status_code == 400, told(
            (response.status_code in REDIRECTS, f"{story}. The app went on with the login. {harm}"),
            (response.status_code == 404, f"{story}. There is no `GET /callback` yet."),
            (
                response.status_code == 401 and self.provider.asked["token"] > before,
                f"{story}. The app asked the provider for a token first. {harm}",
            ),
            f"{story}. That is no login of this browser, and the answer is 400.",
        )
        assert self.provider.asked["token"] - before == 0, (
            f"{story}. The answer was 400, and yet the provider's token endpoint was asked before."
        )
        self.is_nobody(story)


def single(location):
    """The query of an address, each value on its own where there is one."""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {key: values[0] if len(values) == 1 else values for key, values in query.items()}


def challenge_of(verifier):
    """The PKCE challenge by S256 that belongs to this verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_login_sends_the_browser_to_the_provider(federation, member):
    """`GET /login` redirects to the provider's authorization endpoint with everything a login by code needs; state, nonce and PKCE challenge are new each time."""
    visitor, fresh = member(), []
    for which in ("The first login", "A second login"):
        location = visitor.begins(which)
        query = single(location)
        fixed = {
            "response_type": "code",
            "client_id": federation.client_id,
            "redirect_uri": f"{federation.club}/callback",
            "code_challenge_method": "S256",
        }
        got = {key: query.get(key) for key in fixed}
        assert got == fixed, told(
            (
                got["code_challenge_method"] is None,
                f"{which}. There is no PKCE in the address: whoever gets hold of the code on its way can use it.",
            ),
            (
                got["code_challenge_method"] == "plain",
                f"{which}. With `plain`, the challenge is the verifier itself, and whoever sees the address has it.",
            ),
            f"{which}. These stand in the query of the address to which `/login` sends the browser (`None`: not there).",
        )
        assert "openid" in str(query.get("scope", "")).split(), (
            f"{which}. Without `openid` among the words of `scope` there is no id_token."
        )
        for key in ("state", "nonce"):
            value = str(query.get(key, ""))
            assert len(value) >= 16, (
                f"{which}. The length of `{key}`: what is shorter than 16 characters can be guessed."
            )
            fresh.append(value)
        challenge = str(query.get("code_challenge", ""))
        assert re.fullmatch(r"[\w-]{43}", challenge, re.ASCII), (
            f"{which}. `code_challenge` is a SHA-256 in base64url without `=`, which makes 43 characters."
        )
        fresh.append(challenge)
        assert federation.secret not in location, (
            f"{which}. The client secret stands in an address that the browser sees."
        )
        readable = [key for key, value in query.items() if challenge_of(str(value)) == challenge]
        assert readable == [], (
            f"{which}. The PKCE verifier itself stands in the address, under these names: whoever sees the address has it, "
            "and the challenge protects nothing."
        )
    assert len(set(fresh)) == 6, (
        "State, nonce and challenge of two logins: six values, each different from all others. So many different ones came."
    )


def test_a_login_from_start_to_logout(federation, member):
    """After a login the browser is sent to `next`, `/me` shows who it is, and after `POST /logout` (204) nobody is logged in."""
    visitor, other = member(), member()
    visitor.is_nobody("Nobody has logged in yet")
    wanted = f"{NEXT}/{federation.rng.word()}?boat={federation.rng.word()}&lane={federation.rng.randint(1, 8)}"
    for person, target, who in (
        (federation.verified, wanted, "A member logs in"),
        (federation.unverified, f"/{federation.rng.word()}", "A member whose address is not verified logs in"),
        (federation.unsaid, None, "A member of whose address the provider does not say whether it is verified logs in"),
        (federation.spelt, None, 'A member whose `email_verified` is the text "false" logs in'),
        (federation.without, None, "A member without any address logs in"),
    ):
        visitor.logs_in(who, target, person)
        other.is_nobody(f"{who}. Another browser has not logged in")
        response = visitor.ask("POST", "/logout")
        assert response.status_code == 204, f"{who} and logs out."
        visitor.is_nobody(f"{who} and logs out")
    visitor.logs_in("A member logs in")
    visitor.logs_in("Somebody else logs in with the same browser, without a logout", None, federation.unverified)


FOREIGN = "So a link is enough to log somebody into another's account."


def test_only_the_browser_that_started_may_finish(member):
    """`/callback` with a state that is missing, was used, or belongs to a login of another browser is 400, and no token is asked for."""
    attacker, guest, victim = member(), member(), member()
    story = "A browser without a login opened the callback address of another browser's login"
    guest.is_refused(story, attacker.comes_back("A login begins"), FOREIGN)
    victim.begins("A login begins")
    story = "A browser with a login of its own opened the callback address of another browser's login"
    victim.is_refused(story, attacker.comes_back("A login begins"), FOREIGN)
    for who, what in ((member(), "without"), (victim, "with")):
        if what == "with":
            who.begins("A login begins")
        address = attacker.comes_back("A login begins")
        bare = address.partition("?")[0] + "?" + urlencode({"code": single(address)["code"]})
        who.is_refused(
            f"A browser {what} a login of its own opened a callback address that has a code and no state", bare, FOREIGN
        )
    member_ = member()
    story = "A member logs in"
    callback = member_.comes_back(story, NEXT)
    member_.arrives(story, callback, NEXT)
    member_.is_known(story, member_.federation.verified)
    member_.ask("POST", "/logout")
    again = "The same callback address was opened a second time, in the same browser, after the logout"
    member_.is_refused(again, callback, "A state is good for one callback.")


def test_a_guessed_state_is_refused(federation, member):
    """`/callback` with a state that nobody was given is 400, and no token is asked for."""
    visitor = member()
    for what in (
        "empty",
        "`None`",
        "`null`",
        "random",
        "its own without the last character",
        "its own with one character more",
        "the nonce",
    ):
        location = visitor.begins("A login begins")
        query = single(location)
        own = str(query.get("state"))
        guess = {
            "empty": "",
            "`None`": "None",
            "`null`": "null",
            "random": secrets.token_urlsafe(24),
            "its own without the last character": own[:-1],
            "its own with one character more": f"{own}x",
            "the nonce": str(query.get("nonce")),
        }[what]
        callback = visitor.agrees("A login begins", location, federation.verified)
        code = single(callback)["code"]
        address = f"/callback?{urlencode({'code': code, 'state': guess})}"
        harm = "The state has to be the one that this browser was given."
        visitor.is_refused(f"A browser came back from its login with another state: {what}", address, harm)
    visitor.logs_in("After refused ones, a proper login", NEXT)


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, key=None):
    """A token that a library would not sign: without a signature, or HS256 with any bytes as key."""
    body = f"{encoded(header)}.{encoded(claims)}"
    return f"{body}.{'' if key is None else encoded(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


def forgeries(federation):
    """What is wrong with a token, how it is made of good claims, and what it would mean to believe it."""
    provider, rng = federation.provider, federation.rng

    def signed(claims, key=None, kid=None):
        return jwt.encode(claims, key or provider.key, "RS256", {"kid": kid or provider.kid})

    def public_key():
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return provider.key.public_key().public_bytes(*form)

    def without(claims, name):
        return {key: value for key, value in claims.items() if key != name}

    anybody = "Then anybody can write a token."
    hs256 = {"alg": "HS256", "typ": "JWT", "kid": provider.kid}
    yield (
        "another issuer",
        lambda claims: signed(claims | {"iss": f"https://{rng.word(4)}.example"}),
        "Another provider vouches for people of its own.",
    )
    yield (
        "another client as its audience",
        lambda claims: signed(claims | {"aud": f"{rng.word(4)}{rng.digits(5)}"}),
        "It was made for another site, which could log in here with what its visitors left there.",
    )
    yield (
        "expired yesterday",
        lambda claims: signed(claims | {"iat": int(time.time()) - 90000, "exp": int(time.time()) - 86400}),
        "Old tokens stay good for ever.",
    )
    yield "no `exp`", lambda claims: signed(without(claims, "exp")), "A token without an end is good for ever."
    yield (
        "the nonce of another login",
        lambda claims: signed(claims | {"nonce": secrets.token_urlsafe(24)}),
        "A token of another login can be slipped in.",
    )
    yield "no nonce", lambda claims: signed(without(claims, "nonce")), "A token of another login can be slipped in."
    yield "another's signature under the right key id", lambda claims: signed(claims, rsa_key(-1)), anybody
    yield (
        "another's signature under an unknown key id",
        lambda claims: signed(claims, rsa_key(-1), secrets.token_hex(4)),
        anybody,
    )
    yield (
        "no signature, and the algorithm `none`",
        lambda claims: by_hand({"alg": "none", "typ": "JWT", "kid": provider.kid}, claims),
        anybody,
    )
    yield (
        "a signature by HS256, with the client secret as the key",
        lambda claims: by_hand(hs256, claims, federation.secret.encode()),
        "The token itself has chosen how it is checked.",
    )
    yield (
        "a signature by HS256, with the provider's public key as the key",
        lambda claims: by_hand(hs256, claims, public_key()),
        "The token itself has chosen how it is checked, and everybody knows the public key.",
    )
    yield (
        "a signature by RS512, with the provider's key",
        lambda claims: jwt.encode(claims, provider.key, "RS512", {"kid": provider.kid}),
        "The club agreed on RS256 with the provider, and on nothing else.",
    )
    yield "no form at all, it is garbage", lambda _: f"{rng.word(6)}.{rng.word(6)}", "It says nothing."


def test_forged_id_tokens_are_refused(federation, member):
    """An id_token counts only if it is signed with RS256 by a key of the provider's, and issuer, audience, expiry and nonce are right. Otherwise `/callback` is 401 and nobody is logged in."""
    member().logs_in("A proper login", NEXT)
    provider = federation.provider
    for what, forge, harm in (*forgeries(federation), ("left out", lambda _: None, "There is nothing to believe.")):
        if what == "left out":
            story = "The answer of the token endpoint has no id_token"
        elif what.startswith("expired"):
            story = "The id_token expired yesterday"
        else:
            story = f"The id_token has {what}"
        visitor = member()
        callback = visitor.comes_back("A login begins", NEXT)
        provider.forge = forge
        response = visitor.get(callback)
        provider.forge = None
        assert response.status_code == 401, told(
            (response.status_code in REDIRECTS, f"{story}, and the login was accepted. {harm}"),
            (
                response.status_code == 400,
                f"{story}. The state was right; it is the token that is not, and that is 401.",
            ),
            f"{story}. The answer to that is 401.",
        )
        visitor.is_nobody(story)
    member().logs_in("After forged ones, a proper login", NEXT)


def test_keys_are_kept_and_renewed_when_unknown(federation, member):
    """The provider's discovery document and keys are fetched once and kept. A token with an unknown key id makes the app fetch the keys again."""
    provider = federation.provider
    for number in ("first", "second", "third"):
        member().logs_in(f"The {number} of three logins", NEXT)
        for what, name in (("discovery", "The discovery document"), ("keys", "The keys")):
            assert provider.asked[what] == 1, told(
                (
                    provider.asked[what] == 0,
                    f"{number.capitalize()} login. {name}: so often fetched. Without the provider's keys nobody knows who signed the token.",
                ),
                f"{number.capitalize()} login. {name}: so often fetched. Once is enough: they are kept until a key id is unknown.",
            )
    provider.rotate()
    story = "The provider has a new key, and a member logs in"
    visitor = member()
    callback = visitor.comes_back(story, NEXT)
    visitor.get(callback)
    assert provider.asked["keys"] == 2, told(
        (
            provider.asked["keys"] == 1,
            f"{story}. The keys, so often fetched: a key id that is unknown means that there are new ones.",
        ),
        f"{story}. The keys, so often fetched: one more time is enough.",
    )
    visitor.is_known(story, federation.verified)
    member().logs_in(f"{story}. A second one follows", NEXT)
    assert provider.asked["keys"] == 2, f"{story}. A second one follows. The keys, so often fetched."


def test_nobody_is_sent_elsewhere_after_login(federation, member):
    """`next` counts only if it is a path on this site. Otherwise the browser is sent to `/` after the login."""
    evil = f"{federation.rng.word(3)}.example"
    for what, target in (
        ("an address", f"https://{evil}/login"),
        ("an address without a scheme", f"//{evil}/login"),
        ("the same with a backslash", f"/\\{evil}/login"),
        ("two backslashes", f"\\\\{evil}/login"),
        ("what becomes another host if it is put behind this one", f".{evil}/login"),
        ("a script", "javascript:alert(document.domain)"),
        ("empty", ""),
    ):
        visitor = member()
        story = f"A login with a `next` that is no path on this site ({what})"
        callback = visitor.comes_back(story, target)
        response = visitor.get(callback)
        assert response.status_code in REDIRECTS, told(
            (
                response.status_code == 401,
                f"{story}. The login itself is in order. What the provider says: {visitor.provider.said}",
            ),
            f"{story}. The login itself is in order, and the browser is sent to `/`.",
        )
        place = urljoin(f"{federation.club}/callback", response.headers.get("location", "").replace("\\", "/"))
        assert place == f"{federation.club}/", (
            f"{story}. That is where a browser ends up afterwards. A login page that sends people elsewhere is half of a phishing kit."
        )
        visitor.is_known(story, federation.verified)
    member().logs_in("A login with a `next` that is a path on this site", f"{NEXT}/{federation.rng.word()}")


def test_a_refusal_is_401(federation, member):
    """If the provider says no, be it with `error` at `/callback` or by refusing the code, the answer is 401."""
    visitor = member()
    for what in (
        "The member said no at the provider",
        "The provider does not know the code",
        "The provider does not know the code of a member who is logged in",
    ):
        location = visitor.begins("A login begins")
        if what.startswith("The member"):
            callback = visitor.agrees("A login begins", location, "")
        else:
            callback = (
                f"/callback?{urlencode({'code': secrets.token_urlsafe(16), 'state': single(location).get('state')})}"
            )
        response = visitor.get(callback)
        assert response.status_code == 401, told(
            (response.status_code in REDIRECTS, f"{what}. The app went on as if it had said yes."),
            (
                response.status_code == 400,
                f"{what}. The state was right, so this is about who somebody is, and that is 401.",
            ),
            (
                response.status_code in (500, 502),
                f"{what}. That is one of the answers to be expected, and no breakdown.",
            ),
            f"{what}.",
        )
        if what.endswith("logged in"):
            continue
        visitor.is_nobody(what)
        visitor.logs_in(f"{what}. Another try is a proper login", NEXT)
        if what.startswith("The member"):
            visitor.ask("POST", "/logout")


def test_without_the_provider_the_app_lives(federation, load, client_for, http, served):
    """While the provider cannot be reached, the app starts and works, and `/login` is 502. Once it can be, logins work."""
    fault = None
    try:
        visitor = Browser(federation, client_for(load().app, base_url=federation.club), http)
    except Exception as error:
        fault = type(error.__cause__ or error).__name__
        load("provider")  # ends the failed import, which is for this check to speak of
    assert fault is None, (
        "Nobody listens at the provider's address, and the app does not start: importing it, or starting it, ended in this "
        "exception. The provider is asked when somebody wants to log in, and not before."
    )
    down = "Nobody listens at the provider's address"
    for _ in range(2):
        visitor.is_nobody(down)
        response = visitor.get("/login")
        assert response.status_code == 502, told(
            (response.status_code == 404, f"{down}. There is no `GET /login` yet."),
            (response.status_code == 500, f"{down}. The fault is on the other side of the app, and it says so by 502."),
            f"{down}. Without it nobody can log in, and that is 502.",
        )
    response = visitor.get("/openapi.json")
    assert response.status_code == 200, f"{down}. Everything else works."
    federation.opens(served)
    visitor.logs_in("The provider could not be reached, and now it can", NEXT)


def readings(value):
    """A cookie's value and what is to be read in it by undoing base64 and compression."""
    texts = [value]
    for part in re.split(r"[.|:&\"%-]", value) + re.split(r"[.|:&\"%]", value) + [value]:
        text = part.strip("=")
        padded = text + "=" * (-len(text) % 4)
        with contextlib.suppress(ValueError):
            data = base64.b64decode(padded.replace("-", "+").replace("_", "/"))
            texts.append(data.decode("latin-1"))
            with contextlib.suppress(zlib.error):
                texts.append(zlib.decompress(data).decode("latin-1"))
    return texts


def changed(value, place):
    """The value with another letter or digit at this place."""
    letter = "A" if value[place] != "A" else "B"
    return value[:place] + letter + value[place + 1 :]


def test_the_cookie_is_harmless(federation, member, load, client_for, http):
    """Cookies are HttpOnly and SameSite=Lax, hold neither tokens nor the client secret, and are worth nothing once they were changed or if another `SESSION_SECRET` is at work."""
    visitor = member()
    story = "A member logs in"
    visitor.logs_in(story, NEXT)
    assert visitor.set_cookies != [], f"{story}. No cookie was set."
    for header in visitor.set_cookies:
        first, *rest = header.split(";")
        name = first.partition("=")[0]
        given = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in rest)}
        if given.get("max-age") == "0" or first.partition("=")[2].strip('"') in ("", "null"):
            continue
        assert "httponly" in given, (
            f"{story}. Scripts can read the cookie `{name}`, those of an intruder too. These are its attributes."
        )
        assert given.get("samesite", "not said").lower() == "lax", told(
            (
                given.get("samesite", "").lower() == "strict",
                f"{story}. With `Strict`, the browser does not send the cookie along when the provider sends it back to `/callback`.",
            ),
            f"{story}. `SameSite` of the cookie `{name}`.",
        )
        value = first.partition("=")[2]
        read = [*readings(value), *(again for text in readings(value) for again in readings(text))]
        for what, secret in (
            ("the client secret", federation.secret),
            *(
                (f"the provider's {kind}", token)
                for issued in visitor.provider.issued
                for kind, token in issued.items()
            ),
        ):
            assert not any(secret in text for text in read), (
                f"{story}. The cookie `{name}` holds {what}. A signed cookie cannot be changed, but whoever has it can read it."
            )
    known = visitor.get("/me")
    jar = [(cookie.name, cookie.value or "") for cookie in visitor.jar.jar if cookie.value]
    assert jar != [], f"{story}. The browser has kept no cookie."
    for place in ("first", "middle", "fifth to last"):
        at = {
            "first": lambda value: 0,
            "middle": lambda value: len(value) // 2,
            "fifth to last": lambda value: max(len(value) - 5, 0),
        }[place]
        for name, _ in (*jar, ("every", "")):
            cookies = {key: changed(value, at(value)) if name in (key, "every") else value for key, value in jar}
            copy = Browser(federation, visitor.client, http)
            response = copy.get(
                "/me", headers={"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items())}
            )
            altered = f"In {'every cookie' if name == 'every' else f'the cookie `{name}`'} the {place} character was changed. Then `GET /me`"
            if name != "every" and response.status_code == 200:
                assert response.json() == exactly(known.json()), (
                    f"{altered}. A cookie says what one likes, and is believed."
                )
                continue
            assert response.status_code == 401, told(
                (
                    response.status_code == 200,
                    f"{altered}. Somebody is still logged in: what the browser sends is believed as it is.",
                ),
                f"{altered}. Such a cookie is worth nothing, and that is 401.",
            )
    visitor.is_known("The cookie as it was", federation.verified)
    elsewhere = client_for(
        load(SESSION_SECRET=f"{federation.rng.word(8)}{federation.rng.digits(24)}").app, base_url=federation.club
    )
    copy = Browser(federation, elsewhere, http)
    response = copy.get("/me", headers={"Cookie": "; ".join(f"{key}={value}" for key, value in jar)})
    assert response.status_code == 401, told(
        (
            response.status_code == 200,
            "The app was started anew with another `SESSION_SECRET`, and the old cookie still counts: it was not made with that secret.",
        ),
        "The app was started anew with another `SESSION_SECRET`. A cookie of before is worth nothing there.",
    )
