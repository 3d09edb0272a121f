"""Checks of q058: sessions that live on the server, and end there."""

import base64
import binascii
import datetime
import json
import random
import re
import time
from contextlib import contextmanager
from http.cookiejar import http2time

import pytest

from pytest_fastapi_kata.checks import exactly, told, value_at

REFUSAL = {"detail": "Incorrect email or password"}
EMPTY = {"seats": [], "customer": None}
TRIALS = 6


class Theatre:
    """The box office of this run: its customers, what they have ordered, and its clock."""

    def __init__(self, given, rng):
        self.rng = rng
        self.idle = rng.randint(3, 90) * 60 + rng.randint(1, 59)
        self.box = given("boxoffice", IDLE_SECONDS=self.idle)
        self.box.customers.clear()
        self.clock = self.box.clock
        self.clock.advance(rng.randint(1, 10**6))
        self.ada, self.bob = self.customer(), self.customer()

    def customer(self):
        """Somebody who can log in and has ordered something."""
        email = f"{self.rng.word(4)}@{self.rng.word()}.example"
        self.box.customers[email] = f"{self.rng.title()} {self.rng.digits(3)}"
        self.box.orders[email] = [self.seat() for _ in range(self.rng.randint(2, 3))]
        return email

    def seat(self):
        return f"{self.rng.name()} {self.rng.choice('ABCDEFGH')}{self.rng.digits(2)}"

    def stranger(self):
        return f"{self.rng.word(5)}@{self.rng.word()}.example"


def attributes(header):
    """Name, value and attributes of a Set-Cookie header."""
    first, *rest = header.split(";")
    name, _, value = first.partition("=")
    pairs = [part.strip().partition("=") for part in rest]
    return name.strip(), value.strip(), {key.lower(): value for key, _, value in pairs}


def cookies_of(response):
    """The cookies that an answer sets, as `attributes` gives them."""
    return [attributes(header) for header in response.headers.get_list("set-cookie")]


def deletes(value, given):
    """Whether a cookie is set in order to delete it."""
    if "max-age" in given:
        return re.fullmatch(r"-\d+|0+", given["max-age"]) is not None
    end = http2time(given.get("expires", ""))
    return (end is not None and end < time.time()) or value in ("", '""')


class Browser:
    """Keeps one cookie, as a browser does, and sends it along."""

    def __init__(self, client, theatre, cookie=None):
        self.client = client
        self.theatre = theatre
        self.cookie = cookie

    def copy(self):
        """Another browser with a copy of the cookie."""
        return Browser(self.client, self.theatre, self.cookie)

    def ask(self, method, path, body=None):
        self.client.cookies.clear()
        headers = {} if self.cookie is None else {"Cookie": f"session={self.cookie}"}
        response = self.client.request(method, path, headers=headers, **({} if body is None else {"json": body}))
        names = {name for name, _, _ in cookies_of(response)}
        assert names <= {"session"}, "These are the cookies that this answer sets. There is only one, named `session`."
        for _, value, given in cookies_of(response):
            if deletes(value, given):
                # A browser deletes what has the same name and path.
                self.cookie = None if given.get("path") == "/" else self.cookie
            else:
                self.cookie = value
        return response

    def basket(self):
        return self.ask("GET", "/basket")

    def add(self, seat):
        return self.ask("POST", "/basket", {"seat": seat})

    def orders(self):
        return self.ask("GET", "/orders")

    def log_in(self, email, password=None):
        password = self.theatre.box.customers[email] if password is None else password
        return self.ask("POST", "/login", {"email": email, "password": password})

    def collects(self, count=2, before=(), customer=None):
        """Put made-up seats into the basket, one after the other, and return all that are in it."""
        seats = list(before)
        for _ in range(count):
            seats.append(self.theatre.seat())
            response = self.add(seats[-1])
            answered(response, "POST /basket", 200)
            assert response.json() == exactly({"seats": seats, "customer": customer}), lost(
                response, seats, customer, "POST /basket"
            )
            assert self.cookie is not None, (
                "`POST /basket` starts a session, so the browser needs a cookie, and has none."
            )
        return seats

    def sees(self, seats, customer, story):
        """Assert what is in the basket, and whose it is."""
        response = self.basket()
        answered(response, story, 200)
        assert response.json() == exactly({"seats": seats, "customer": customer}), lost(
            response, seats, customer, story
        )

    def signs_in(self, email, story="A customer logs in with the right password"):
        """Log in as one should."""
        response = self.log_in(email)
        answered(response, story, 200)
        assert response.json() == exactly({"customer": email}), f"{story}."

    def is_nobody(self, story, harm):
        """Assert that the cookie stands for nothing, neither a basket nor a customer."""
        # Each of the requests comes with the cookie, also if the first answer deletes it.
        basket = self.copy().basket()
        answered(basket, story, 200)
        assert basket.json() == exactly(EMPTY), f"{story}: `GET /basket` still knows the session. {harm}"
        orders = self.copy().orders()
        assert orders.status_code == 401, told(
            (
                orders.status_code == 200,
                f"{story}: `GET /orders` was answered, so somebody counts as logged in. {harm}",
            ),
            (orders.status_code == 500, f"{story}: an exception ended `GET /orders`; it is shown below."),
            f"{story}: nobody is logged in here, and that is 401.",
        )
        return basket, orders


def started(response):
    """The cookie values that an answer gives to the browser; deletions are none."""
    return [value for _, value, given in cookies_of(response) if not deletes(value, given)]


def no_cookie(response, story):
    fresh = started(response)
    assert fresh == [], (
        f"{story}: this answer sets a cookie. Only adding a seat and a login that succeeds start a session; otherwise every "
        "passing crawler leaves one behind."
    )


def lost(response, seats, customer, story):
    """What it means if the basket is not as it should be."""
    got, whose = (value_at(response.json(), key) for key in ("seats", "customer"))
    return told(
        (not isinstance(got, list), f"{story}."),
        (
            got == seats and customer is not None and whose is None,
            f"{story}: the seats are right, but nobody is logged in any more, and a customer was.",
        ),
        (got == seats and whose != customer, f"{story}: the seats are right, and the customer is somebody else."),
        (
            got == [] and seats != [],
            f"{story}: the seats are gone. The browser has sent the cookie that your app gave it last, if any.",
        ),
        (
            isinstance(got, list) and len(seats) > 1 and got == seats[-1:],
            f"{story}: only the last seat is there. Each request seems to begin with an empty basket.",
        ),
        (
            isinstance(got, list) and {str(one) for one in got} < set(seats),
            f"{story}: seats that were collected before are missing. Was a list changed in place, in a session that is written "
            "back only if something is set in it?",
        ),
        (
            isinstance(got, list) and {str(one) for one in got} - set(seats),
            f"{story}: there are seats in the basket that were not collected in this session.",
        ),
        (
            isinstance(got, list) and len(got) > len(seats),
            f"{story}: seats are in the basket more often than they were collected.",
        ),
        f"{story}.",
    )


def answered(response, story, status):
    """Assert a status that is nothing but the usual."""
    assert response.status_code == status, told(
        (response.status_code in (404, 405), f"{story}: there is no such route, or not with this method."),
        (
            response.status_code == 422,
            f"{story}: FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        (response.status_code == 500, f"{story}: an exception ended the request; it is shown below."),
        (response.status_code == 401, f"{story}: refused, as if nobody were known here."),
        f"{story}.",
    )


@pytest.fixture
def theatre(given, rng):
    """The box office, in place before the learner's app is imported."""
    return Theatre(given, rng)


@pytest.fixture
def browser(theatre, app, client_for):
    """`browser()` opens a new browser, over HTTPS; `browser(cookie)` one with a cookie that somebody has put there."""
    client = client_for(app, base_url="https://testserver")
    return lambda cookie=None: Browser(client, theatre, cookie)


def test_a_basket_is_kept_per_browser(theatre, browser):
    """`POST /basket` appends a seat to the session of this browser and answers the basket; `GET /basket` shows it. Each browser has a basket of its own."""
    first, second = browser(), browser()
    mine = first.collects(1)
    theirs = second.collects(2)
    mine = first.collects(2, mine)
    assert first.cookie != second.cookie, "Two browsers have been given the same cookie value."
    for one, seats in ((first, mine), (second, theirs), (first, mine)):
        one.sees(seats, None, "GET /basket of a browser that has collected seats")
    browser().sees([], None, "GET /basket of a browser that has collected nothing")


def test_looking_around_starts_no_session(theatre, browser):
    """Without a session, `GET /basket` answers an empty basket and `GET /orders` is 401; neither they nor a failed login nor the two logouts set a cookie."""
    browser().collects(1)
    for what, cookie in (("without a cookie", None), ("with a made-up cookie", theatre.rng.word(16))):
        for response in browser(cookie).is_nobody(f"A visitor {what}", ""):
            no_cookie(response, f"A visitor {what} looks around")
        for path, body, status in (
            ("/login", {"email": theatre.ada, "password": theatre.rng.word()}, 401),
            ("/logout/everywhere", None, 401),
            ("/logout", None, 204),
        ):
            response = browser(cookie).ask("POST", path, body)
            story = f"POST {path} {what}" if body is None else f"POST {path} with a wrong password, {what}"
            assert response.status_code == status, told(
                (response.status_code == 404, f"{story}: there is no such route."),
                (response.status_code == 204, f"{story}: nobody is logged in here. Whose sessions would that end?"),
                (response.status_code == 401, f"{story}: there is nothing to end here, and that is no error."),
                (response.status_code == 500, f"{story}: an exception ended the request; it is shown below."),
                f"{story}.",
            )
            no_cookie(response, story)


def revealed(value):
    """A cookie value, and all that comes out of it by decoding."""
    texts = [value]
    for part in {value, *re.split(r"[.:|~%!*]", value)}:
        for way in (base64.urlsafe_b64decode, base64.standard_b64decode, base64.b32decode, bytes.fromhex):
            try:
                texts.append(
                    way(part if way is bytes.fromhex else part + "=" * (-len(part) % 8)).decode("utf-8", "ignore")
                )
            except (binascii.Error, ValueError):
                continue
    return " ".join(texts).lower()


@contextmanager
def one_seed(seed):
    """A world in which all of `random` starts from this seed, generators of one's own included, and time stands still."""
    state, seeded, clocks = random.getstate(), random.Random.seed, (time.time, time.time_ns)

    def fixed(self, a=None, version=2):
        seeded(self, seed if a is None else a, version)

    class Still(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(1.8e9, tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(1.8e9, datetime.UTC).replace(tzinfo=None)

        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            return handler(moving)

    moving = datetime.datetime
    random.Random.seed, time.time, time.time_ns = fixed, lambda: 1.8e9, lambda: 1_800_000_000 * 10**9
    datetime.datetime = Still
    try:
        yield
    finally:
        datetime.datetime = moving
        random.Random.seed = seeded
        time.time, time.time_ns = clocks
        random.setstate(state)


HARMS = {
    "httponly": "A script that was smuggled into a page can read the cookie and send it away.",
    "secure": "The cookie also goes over plain HTTP, where everybody in the same café can read it.",
    "samesite": "Any other page can have the browser send requests with this cookie, and buy in the customer's name.",
    "path": "On another path the browser does not send the cookie, or keeps two of them.",
    "domain": "The cookie is sent to all subdomains, and whoever runs one of them has it.",
}


def locked_down(story, name, given):
    """Assert the attributes of a cookie."""
    left_out = "(left out)"
    shown = {
        "name": name,
        "httponly": "httponly" in given,
        "secure": "secure" in given,
        "samesite": given.get("samesite", left_out).lower(),
        "path": given.get("path", left_out),
        "domain": given.get("domain", left_out),
    }
    samesite = shown["samesite"] if shown["samesite"] in ("lax", "strict") else "lax"
    wanted = {
        "name": "session",
        "httponly": True,
        "secure": True,
        "samesite": samesite,
        "path": "/",
        "domain": left_out,
    }
    harm = " ".join(HARMS[key] for key in HARMS if shown[key] != wanted[key])
    assert shown == wanted, f"These are the attributes of the cookie that came with the answer to {story}. {harm}"


def test_the_cookie_is_locked_down_and_says_nothing(theatre, browser, load, client_for):
    """The one cookie is named `session` and has `HttpOnly`, `Secure`, `SameSite` `Lax` or `Strict`, `Path=/` and no `Domain`. Its value has 22 characters or more, comes from a cryptographic source of randomness, and reveals nothing."""
    anonymous, customer = browser(), browser()
    seat = theatre.seat()
    private = [seat, theatre.ada, theatre.bob, theatre.ada.split("@")[0], theatre.bob.split("@")[0]]
    private += [theatre.box.customers[one] for one in (theatre.ada, theatre.bob)]
    for story, ask, new in (
        ("the first seat", lambda: anonymous.add(seat), True),
        ("a login", lambda: customer.log_in(theatre.ada), True),
        ("a login with a basket", lambda: anonymous.log_in(theatre.bob), False),
    ):
        response = ask()
        answered(response, f"The answer to {story}", 200)
        fresh = [one for one in cookies_of(response) if not deletes(*one[1:])]
        assert fresh != [] or not new, f"The answer to {story} sets no cookie, and the browser had none."
        # If it sets several, the browser keeps the last one.
        for name, value, given in fresh:
            locked_down(story, name, given)
            assert len(value) >= 22, (
                f"“{value}” is the value after {story}. It is so short that it can be found by trying."
            )
            text = revealed(value)
            told_by_it = [one for one in private if one.lower() in text]
            assert told_by_it == [], (
                f"This can be read in the cookie value after {story}, if need be by decoding a part of it. A signature does "
                "not hide anything; all data is to stay on the server."
            )
    unpredictable(theatre, load, client_for)


def unpredictable(theatre, load, client_for):
    """Assert that nobody can foresee the next value."""

    def values():
        client = client_for(load().app, base_url="https://testserver")
        found = []
        for _ in range(TRIALS):
            visitor = Browser(client, theatre)
            answered(visitor.add(theatre.seat()), "POST /basket", 200)
            found.append(visitor.cookie)
        return found

    several = values()
    assert len(set(several)) == TRIALS, f"{TRIALS} browsers were given so many different values."
    repeated = []
    seed = theatre.rng.getrandbits(64)
    for _ in range(2):
        with one_seed(seed):
            random.seed(seed)
            repeated.append(values())
    first, second = (values[:2] for values in repeated)
    assert first != second, (
        "Your app was started twice, each time with Python's `random` at the same seed and the clock at the same second, and "
        "both times these same cookie values came. So nothing in them is secret: whoever has the program, and guesses seed and "
        "time, makes the values of others. For secrets Python has a module of its own."
    )
    changing = sum(len(set(column)) > 1 for column in zip(*several, strict=False))
    assert changing >= 14, (
        f"{TRIALS} cookie values in a row differ in only {changing} of {len(several[0])} places: {several[0]} and {several[1]} are two of them. Who "
        "has a session of their own knows most of the next one, and finds the rest by trying."
    )


def test_login_shows_the_customers_orders_and_keeps_the_basket(theatre, browser):
    """`POST /login` answers `{"customer": <e-mail>}`; `GET /basket` then shows the customer and the seats collected before, and `GET /orders` the customer's list in `orders`, as it is now."""
    orders = theatre.box.orders
    for email in (theatre.ada, theatre.bob):
        visitor = browser()
        seats = visitor.collects(2)
        visitor.signs_in(email)
        visitor.sees(seats, email, "GET /basket after a login with seats in the basket")
        seats = visitor.collects(1, seats, email)
        for step in ("after the login", "after one more order was made"):
            response = visitor.orders()
            answered(response, f"GET /orders {step}", 200)
            assert response.json() == exactly(orders[email]), (
                f"GET /orders {step}: these are to be the customer's orders of now."
            )
            orders[email] = [*orders[email], theatre.seat()]
        visitor.signs_in(email, "A second login of the same customer")
        visitor.sees(seats, email, "GET /basket after a second login of the same customer")
    fresh, newcomer = browser(), theatre.customer()
    del orders[newcomer]
    fresh.signs_in(newcomer, "A customer logs in without having looked around before")
    fresh.sees([], newcomer, "GET /basket after a login with nothing in the basket")
    response = fresh.orders()
    answered(response, "GET /orders of a customer who has no list in `orders`", 200)
    assert response.json() == exactly([]), "This customer has no list in `orders`."
    response = browser().orders()
    assert response.status_code == 401, "Without a cookie nobody is logged in, whoever has logged in elsewhere."


def test_a_failed_login_changes_nothing(theatre, browser):
    """A wrong password or e-mail is 401 `{"detail": "Incorrect email or password"}`, sets no cookie, and leaves the session as it was: with its seats, and with its customer."""
    anonymous, customer = browser(), browser()
    few = anonymous.collects(2)
    customer.signs_in(theatre.ada)
    many = customer.collects(2, customer=theatre.ada)
    for visitor, seats, who, whose in (
        (anonymous, few, None, "somebody with seats in the basket"),
        (customer, many, theatre.ada, "a customer who is logged in"),
    ):
        for what, email, password in (
            ("a wrong password", theatre.bob, theatre.rng.title()),
            ("the password of another customer", theatre.bob, theatre.box.customers[theatre.ada]),
            ("an e-mail that nobody has", theatre.stranger(), theatre.rng.title()),
            ("no password at all", theatre.bob, ""),
        ):
            before = visitor.cookie
            response = visitor.log_in(email, password)
            story = f"{whose.capitalize()} tried to log in with {what}"
            assert response.status_code == 401, told(
                (response.status_code == 200, f"{story}, and was let in."),
                (response.status_code == 403, f"{story}. Nobody has proved who they are, and that is 401."),
                (response.status_code in (404, 405), f"{story}. There is no route for `POST /login`."),
                f"{story}.",
            )
            assert response.json() == exactly(REFUSAL), f"{story}."
            assert cookies_of(response) == [], f"{story}, and failed. That sets no cookie and deletes none; these came."
            assert visitor.cookie == before, f"{story}, and failed. The browser has another cookie now."
            visitor.sees(seats, who, f"{story}, and failed. Then GET /basket")
    response = customer.orders()
    answered(response, "GET /orders of a customer whose browser has seen failed logins", 200)


FIXATION = (
    "That is session fixation: an attacker puts a cookie of their own into the victim's browser, waits for the victim to log "
    "in, and is logged in as well."
)


def test_login_gives_a_new_session_and_the_old_one_is_dead(theatre, browser):
    """A login gives a new cookie value. The old one is dead from then on: it opens neither basket nor orders. The same if somebody who is logged in logs in again."""
    attacker = browser()
    attacker.collects(1)
    victim = attacker.copy()
    for login, email in (
        ("A login", theatre.ada),
        ("A second login of the same customer", theatre.ada),
        ("A login of another customer in the same browser", theatre.bob),
    ):
        old = victim.copy()
        victim.signs_in(email, login)
        assert victim.cookie != old.cookie, f"{login}: the cookie has the same value as before. {FIXATION}"
        response = victim.orders()
        answered(response, f"{login}. Then GET /orders with the new cookie", 200)
        story = f"{login}. Then the cookie of before"
        response = old.copy().orders()
        assert response.status_code == 401, told(
            (response.status_code == 200, f"{story}: it shows the customer's orders. {FIXATION}"),
            f"{story}: it is nobody's, and that is 401.",
        )
        dead = "The old cookie must be worth nothing after a login, or a copy of it goes on watching the basket."
        old.is_nobody(story, dead)
        added, value = theatre.seat(), old.cookie
        response = old.add(added)
        answered(response, f"{story}, with a new seat", 200)
        assert response.json() == exactly({"seats": [added], "customer": None}), (
            f"{story}: a seat was added to it. {dead}"
        )
        assert old.cookie != value, f"{story}: a new session was started with the dead value. {FIXATION}"
        response = victim.orders()
        answered(response, f"{login}. Then GET /orders with the new cookie, while others tried the old one", 200)


def untrue(theatre, living):
    """Thirteen and more values that no server has made: what it is, and the value."""
    middle, rng = len(living) // 2, theatre.rng
    letter = "A" if living[middle] != "A" else "B"
    claim = json.dumps({"customer": theatre.ada, "email": theatre.ada, "user": theatre.ada}).encode()
    yield "a random value", base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")
    yield "a value that somebody has chosen", f"{rng.word(8)}{rng.digits(20)}"
    yield "a living value with one letter changed", living[:middle] + letter + living[middle + 1 :]
    yield "a living value without its last letters", living[:-3]
    yield "the first half of a living value", living[:middle]
    yield "a living value with letters appended", f"{living}00"
    yield "a living value with small letters for capitals and the other way round", living.swapcase()
    yield "the e-mail of a customer", theatre.ada
    yield "the e-mail of a customer in base64", base64.b64encode(theatre.ada.encode()).decode().rstrip("=")
    yield "JSON with a customer in base64", base64.b64encode(claim).decode().rstrip("=")
    for value in ("null", "1", "0", "true", "[]", "*"):
        yield f"`{value}`", value
    yield "an empty value", ""


def test_a_made_up_or_tampered_cookie_is_never_adopted(theatre, browser):
    """A cookie value that is not that of a living session counts as none, at every route. It never becomes one: adding a seat or logging in with it gives a new value."""
    customer = browser()
    customer.signs_in(theatre.ada)
    seats = customer.collects(1, customer=theatre.ada)
    planted = "An attacker who plants this value on a victim knows it, and shares the session that comes of it."
    for what, value in untrue(theatre, customer.cookie):
        opens = "Whoever sends it is taken for somebody else."
        browser(value).is_nobody(f"The cookie is {what}", opens)
        for way in ("a seat was added", "somebody logged in"):
            visitor, seat = browser(value), theatre.seat()
            story = f"The cookie was {what}, and {way}"
            if way == "a seat was added":
                response = visitor.add(seat)
                answered(response, story, 200)
                assert response.json() == exactly({"seats": [seat], "customer": None}), f"{story}. {opens}"
            else:
                visitor.signs_in(theatre.bob, story)
            fresh = started(response) if way == "a seat was added" else [visitor.cookie]
            assert fresh != [], (
                f"{story}. That starts a session, so the browser needs a new cookie, and got none. {planted}"
            )
            assert visitor.cookie != value, f"{story}. That value was adopted for the session. {planted}"
            browser(value).is_nobody(f"{story}. Then the same cookie again", planted)
    response = browser("1").ask("POST", "/logout/everywhere")
    assert response.status_code == 401, "POST /logout/everywhere with a made-up cookie: nobody is logged in there."
    customer.sees(seats, theatre.ada, "GET /basket of a customer, while others tried made-up cookies")


def test_logout_ends_the_session_on_the_server(theatre, browser):
    """`POST /logout` is 204, deletes the cookie, and ends the session on the server, for customers and for others; also 204 without a session. `GET /logout` is 405."""
    stolen = "The copied cookie still works: only the browser has forgotten it, and the server has not."
    for email in (theatre.ada, None):
        visitor, other = browser(), browser()
        if email:
            visitor.signs_in(email)
            other.signs_in(email)
        seats, others = (one.collects(1, customer=email) for one in (visitor, other))
        visitor.sees(seats, email, "GET /basket before the logout")
        thief = visitor.copy()
        response = visitor.ask("GET", "/logout")
        assert response.status_code == 405, told(
            (
                response.status_code in (200, 204),
                "`GET /logout` logged somebody out. A picture in any foreign page can have the browser ask for that.",
            ),
            (response.status_code == 404, "The path `/logout` is known, but not with GET, and that is 405."),
        )
        visitor.sees(seats, email, "GET /basket after `GET /logout`, which does nothing")
        response = visitor.ask("POST", "/logout")
        answered(response, "POST /logout", 204)
        assert visitor.cookie is None, told(
            (
                cookies_of(response) == [],
                "POST /logout: the answer does not delete the cookie, so the browser goes on sending it.",
            ),
            "POST /logout: the cookie is not deleted. A browser deletes a cookie if it is set anew with the same name and path "
            "and an end that has passed.",
        )
        thief.is_nobody("After the logout, a copy of the cookie", stolen)
        visitor.sees([], None, "GET /basket after the logout")
        for again, story in ((thief, "with a cookie whose session has ended"), (browser(), "without a cookie")):
            response = again.ask("POST", "/logout")
            assert response.status_code == 204, f"POST /logout {story}: there is nothing to end, and that is no error."
        other.sees(others, email, "One browser has logged out. Then GET /basket of another one")


def test_logout_everywhere_ends_all_sessions_of_this_customer_only(theatre, browser):
    """`POST /logout/everywhere` is 204, ends all sessions of the customer who asks, and deletes the cookie; other customers' sessions and those of nobody go on. If nobody is logged in it is 401, and nothing ends."""
    here, tablet, foreign, anonymous, another = (browser() for _ in range(5))
    owners = {here: theatre.ada, tablet: theatre.ada, foreign: theatre.bob, anonymous: None, another: None}
    # One of the sessions is given a new value afterwards.
    for one in (here, tablet, tablet, foreign):
        one.signs_in(owners[one], "A customer logs in with one of several browsers")
    baskets = {one: one.collects(1, customer=whose) for one, whose in owners.items()}
    for one, whose in owners.items():
        one.sees(baskets[one], whose, "GET /basket of one of several browsers, two of them of one customer")
    refused = another.ask("POST", "/logout/everywhere")
    assert refused.status_code == 401, told(
        (
            refused.status_code == 204,
            "POST /logout/everywhere of somebody who is not logged in: whose sessions would that end?",
        ),
        (refused.status_code in (404, 405), "There is no route for `POST /logout/everywhere`."),
        "POST /logout/everywhere of somebody who is not logged in.",
    )
    assert another.cookie is not None, "POST /logout/everywhere was refused, and yet the cookie was deleted."
    for one, whose in owners.items():
        one.sees(baskets[one], whose, "GET /basket after a refused `POST /logout/everywhere`")
    copies = here.copy(), tablet.copy()
    answered(here.ask("POST", "/logout/everywhere"), "POST /logout/everywhere of a customer", 204)
    assert here.cookie is None, "POST /logout/everywhere: the browser that asked still has its cookie."
    still = "The tablet was stolen, and whoever has it is still logged in."
    for one, which in zip(copies, ("that asked", "that the customer had elsewhere"), strict=True):
        one.is_nobody(f"After POST /logout/everywhere, a copy of the cookie of the browser {which}", still)
    for one in (foreign, anonymous, another):
        which = "another customer" if owners[one] else "somebody who is not logged in"
        one.sees(baskets[one], owners[one], f"After POST /logout/everywhere of a customer, GET /basket of {which}")
    here.signs_in(theatre.ada, "A customer logs in again after POST /logout/everywhere")
    here.sees([], theatre.ada, "GET /basket after that login")


def test_an_idle_session_ends_and_every_request_renews_it(theatre, browser):
    """A session is gone when no request has come with it for more than `IDLE_SECONDS` by the clock of `boxoffice`. Until then, each request to any of the routes starts the time anew, whatever its answer."""
    nearly, over = theatre.idle - 1, theatre.idle + 1
    visitors = {None: browser(), theatre.ada: browser()}
    wrong = {"email": theatre.bob, "password": theatre.rng.title()}
    for email, visitor in visitors.items():
        if email:
            visitor.signs_in(email)
        seats = visitor.collects(1, customer=email)
        whose = "A customer's session" if email else "The session of somebody who is not logged in"
        for method, path, body in (
            ("GET", "/basket", None),
            ("GET", "/orders", None),
            ("POST", "/login", wrong),
            ("POST", "/basket", {"seat": theatre.seat()}),
            *([] if email else [("POST", "/logout/everywhere", None)]),
        ):
            theatre.clock.advance(nearly)
            response = visitor.ask(method, path, body)
            assert response.status_code in (200, 401), f"{method} {path} with a living session."
            if path == "/basket" and body:
                seats = [*seats, body["seat"]]
            theatre.clock.advance(nearly)
            renewed = f"A second before its time was up came {method} {path}. A second before the new time was up came GET /basket"
            visitor.sees(seats, email, f"{whose} was in use. {renewed}")
        busy = browser()
        kept = busy.collects(1)
        theatre.clock.advance(nearly)
        busy.sees(kept, None, "GET /basket a second before the session's time is up")
        theatre.clock.advance(2)
        gone = (
            f"{theatre.idle} seconds of `IDLE_SECONDS` have passed by the clock of `boxoffice`, and one more, without a request. "
            "Whoever finds a browser that was left alone is in."
        )
        dead = visitor.cookie
        visitor.is_nobody(f"{whose} that was left alone", gone)
        busy.sees(kept, None, "GET /basket of a session that is in use, while another one was left alone")
        theatre.clock.advance(over)
        for what in ("adding a seat", "a login"):
            late, seat = browser(busy.cookie), theatre.seat()
            if what == "adding a seat":
                response = late.add(seat)
                answered(response, "POST /basket with the cookie of a session whose time is up", 200)
                assert response.json() == exactly({"seats": [seat], "customer": None}), gone
            else:
                late.signs_in(theatre.bob, "A login with the cookie of a session whose time is up")
                late.sees([], theatre.bob, "GET /basket after a login with the cookie of a session whose time is up")
            assert late.cookie != busy.cookie, (
                f"After the end of a session, {what} has brought its old value back to life."
            )
        browser(dead).is_nobody("A session that has ended long ago", gone)
