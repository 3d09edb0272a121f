"""Checks of q059: who may read over a browser's shoulder. Two helpers judge as a browser does: `read_by` and `passes`."""

import pytest

from pytest_fastapi_kata.checks import exactly, quoted, told

ALLOW_ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
EXPOSED = "access-control-expose-headers"
METHODS = "access-control-allow-methods"
HEADERS = "access-control-allow-headers"
MAX_AGE = "access-control-max-age"
ASKS_METHOD = "Access-Control-Request-Method"
ASKS_HEADERS = "Access-Control-Request-Headers"
NO_BADGE = {"detail": "No badge"}
WANTED_HEADERS = ((), ("content-type",), ("if-match",), ("content-type", "if-match"))


class Harbour:
    """Origins, badge and berths of this run, in place before the learner's app is imported."""

    def __init__(self, environment, given, rng):
        self.rng = rng
        port, desk, kind, self.other = rng.words(4)
        self.domain = f"{port}.example"
        self.host = f"{desk}.{self.domain}"
        self.console = f"https://{self.host}"
        self.under = f"{kind}.{self.domain}"
        self.badge = f"{rng.word()}-{rng.digits(6)}"
        self.numbers = rng.numbers(4, 100, 9999)
        self.berths = {number: f"MV {rng.name()}" for number in self.numbers}
        environment(CONSOLE_ORIGIN=self.console, PREVIEW_DOMAIN=self.under)
        given("harbour", badges={self.badge, f"{rng.word()}-{rng.digits(6)}"}, berths=self.berths)

    @property
    def number(self):
        """The number of a berth that is there."""
        return self.rng.choice(self.numbers)

    @property
    def unknown(self):
        """The number of no berth."""
        return self.rng.randint(10000, 99999)

    def preview(self, digits=None):
        """The origin of a pull request's preview, with a number of that many digits."""
        return f"https://pr-{self.rng.digits(digits or self.rng.randint(1, 5))}.{self.under}"

    @property
    def allowed(self):
        """The console, and previews with short and long numbers."""
        return [self.console, self.preview(1), self.preview(3), self.preview(7)]

    def rule(self, origin):
        """Why an origin is allowed."""
        if origin == self.console:
            return "That is the console, and the setting `CONSOLE_ORIGIN` says the same, letter by letter."
        digits = len(origin.partition(".")[0].partition("-")[2])
        size = f"Here it has {digits} digits." if digits > 1 else "Here it is a single digit."
        return f"That is a preview. Each pull request has one, and so any number stands behind `pr-`. {size}"

    @property
    def foreign(self):
        """Origins that are allowed nothing, each with what is to be said about it."""
        pr = f"pr-{self.rng.digits(3)}"
        own = "Whoever owns any domain at all can set up this name below it. To begin like an allowed origin is not to be one."
        sold = "That is a domain of its own, and for sale. To end like an allowed origin is not to be one."
        below = "Whatever is hosted under the harbour's names, by whomever, counts as the console. Only two kinds of names may."
        shape = (
            "Between `pr-` and the domain there have to be digits, at least one and nothing else; here it is not so."
        )
        dot = "This name has a letter where an allowed origin has a dot, so it belongs to whoever registers it."
        plain = (
            "`http` is another scheme than `https`: whoever sits in the same network answers in the place of that host."
        )
        port = "On another port some other program is running, which nobody has checked; scheme and host alone make no origin."
        end = "The last letters of an allowed origin are missing. A part of an address is another address, and may be for sale."
        return {
            f"https://{self.other}.example": "It has nothing to do with the harbour. So all the sites of the world are allowed.",
            "null": "Browsers send that for local files and for sandboxed frames, and any site can open itself in such a frame.",
            f"{self.console}.{self.other}.example": own,
            f"https://{pr}.{self.under}.{self.other}.example": own,
            f"https://{pr}.{self.other}{self.under}": sold,
            f"https://{self.other}.{self.under}": below,
            f"https://{self.other}.{self.domain}": below,
            f"https://{pr}.{self.domain}": below,
            f"https://{self.other}.{self.host}": below,
            f"https://{self.other}.{pr}.{self.under}": below,
            f"https://{pr}.{self.other}.{self.under}": below,
            f"https://{self.other}{self.host}": below,
            f"https://{self.other}-{self.host}": below,
            f"https://{self.other}-{pr}.{self.under}": below,
            f"https://{self.under}": below,
            f"https://{self.domain}": below,
            f"https://pr-.{self.under}": shape,
            f"https://pr-abc.{self.under}": shape,
            f"https://{pr}a.{self.under}": shape,
            f"https://{pr}-1.{self.under}": shape,
            f"https://pr{self.rng.digits(2)}.{self.under}": shape,
            f"https://{pr}x{self.under}": dot,
            f"https://{pr}.{self.under.replace('.', 'x', 1)}": dot,
            f"https://{self.host.replace('.', 'x', 1)}": dot,
            f"http://{self.host}": plain,
            f"http://{pr}.{self.under}": plain,
            f"{self.console}:8443": port,
            f"https://{pr}.{self.under}:8443": port,
            self.console[:-3]: end,
            f"https://{pr}.{self.under[:-3]}": end,
            "http://localhost:3000": "At this address listens whatever happens to run on the harbour master's own machine.",
            "": "The header is empty, and nothing is no allowed origin.",
        }

    def ask(self, client, method, number, *, origin=None, badge=True, ship=None, **headers):
        """A request as it reaches the API; `headers` are further ones, with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {} if origin is None else {"Origin": origin}
        sent |= {"Cookie": f"badge={self.badge}"} if badge else {}
        return client.request(method, f"/berths/{number}", headers=sent, **({} if ship is None else {"json": ship}))

    def preflight(self, client, origin, method, asked=(), *, badge=False):
        """What a browser sends ahead; the badge comes along only where a check is not about the badge."""
        headers = {"Origin": origin, ASKS_METHOD: method}
        headers |= {ASKS_HEADERS: ",".join(sorted(asked))} if asked else {}
        headers |= {"Cookie": f"badge={self.badge}"} if badge else {}
        return client.request("OPTIONS", f"/berths/{self.number}", headers=headers)

    def ship(self):
        return f"MV {self.rng.title()}"


@pytest.fixture
def harbour(environment, given, rng):
    """The harbour, in place before the learner's app is imported."""
    return Harbour(environment, given, rng)


def every(response, name):
    """All headers of that name, one by one."""
    return response.headers.get_list(name)


def listed(response, name):
    """The words in all headers of that name, as they are spelt."""
    return [word.strip() for value in every(response, name) for word in value.split(",") if word.strip()]


def small(words):
    return [word.lower() for word in words]


def names(values):
    """A list for a message: whatever is in it, or that there is nothing."""
    return quoted(values) if values else "nothing"


def read_by(harbour, response, origin, story):
    """Assert that a browser lets a page of this origin read this answer, its `ETag` included."""
    origins = every(response, ALLOW_ORIGIN)
    assert origins == [origin], told(
        (
            origins == [],
            f"{story} It has no `Access-Control-Allow-Origin`, so the browser keeps it from the page at `{origin}`. "
            f"{harbour.rule(origin)}",
        ),
        (len(origins) > 1, f"{story} The header is there more than once, and browsers take that for a mistake."),
        (
            origins == ["*"],
            f"{story} To a request that carries cookies, browsers take no `*` for an answer. The origin has to be named.",
        ),
        f"{story} A browser compares the header with the origin of the page, `{origin}`, and this is another text.",
    )
    credentials = every(response, CREDENTIALS)
    assert credentials == ["true"], (
        f"{story} The page sends its badge, a cookie. Without the header `Access-Control-Allow-Credentials` with exactly "
        "`true` in it, a browser keeps the answer to such a request from the page."
    )
    exposed = listed(response, EXPOSED)
    assert "etag" in small(exposed), told(
        (
            exposed == ["*"],
            f"{story} `*` means all headers only for requests without cookies. With them it is a header called `*`, and the "
            "page cannot see `ETag`.",
        ),
        f"{story} `Access-Control-Expose-Headers` does not name `ETag`. The browser gives the page the answer without it, and "
        "the console has nothing for its `If-Match`.",
    )


def passes(response, origin, method, asked):
    """Whether a browser sends the request after this preflight, cookies included: `*` is no wildcard then."""
    return (
        response.is_success
        and every(response, ALLOW_ORIGIN) == [origin]
        and every(response, CREDENTIALS) == ["true"]
        and method in listed(response, METHODS)
        and set(asked) <= set(small(listed(response, HEADERS)))
    )


def somebody_is_let_in(harbour, answer):
    """Assert that the console or a preview is allowed; else it would be no merit to keep strangers out."""
    got = {origin: every(answer(origin), ALLOW_ORIGIN) for origin in harbour.allowed[:2]}
    assert any(value == [origin] for origin, value in got.items()), (
        "Before any stranger is tried: neither the console nor a preview is let in, as these `Access-Control-Allow-Origin` "
        "headers show (`[]` means that there is none). An app that lets in nobody has not decided about strangers."
    )


def console_passes(harbour, client):
    """Assert that a preflight lets the console or a preview pass, with a badge at hand."""
    tried = [(origin, method) for origin in harbour.allowed[:2] for method in ("GET", "PUT")]
    passed = [passes(harbour.preflight(client, *one, badge=True), *one, ()) for one in tried]
    assert any(passed), (
        "Before anything is tried that should not pass: a browser lets neither the console nor a preview send a GET or a PUT "
        "with cookies, after what their preflights were answered. An app that lets nothing pass has not decided about the rest."
    )


def stays_shut(response, origin, who, then):
    """Assert that an answer gives a stranger no leave."""
    origins = every(response, ALLOW_ORIGIN)
    assert origins == [], told(
        (origins == [origin], f"`{origin}` got in. {who} {then}"),
        (origins == ["*"], f"The answer to a page at `{origin}` says `*`, that is: to pages from everywhere. {who}"),
        f"This is the answer to a page at `{origin}`, and names another origin. A browser would not let the page in, but to "
        "strangers there is to be no such header at all.",
    )


def test_the_console_and_previews_may_read_with_cookies(harbour, client):
    """`GET` and `PUT` with a badge from the console and from previews are done as always, and the answer has `Access-Control-Allow-Origin` with the page's origin, once, `Access-Control-Allow-Credentials: true`, and `Access-Control-Expose-Headers` with `ETag` in it."""
    for origin in harbour.allowed:
        number, ship = harbour.number, harbour.ship()
        response = harbour.ask(client, "GET", number, origin=origin)
        assert response.status_code == 200, "This request carries a known badge, and there is such a berth."
        assert response.json() == exactly({"number": number, "ship": harbour.berths[number]})
        read_by(harbour, response, origin, "This is the answer to a `GET` with a badge.")
        assert response.headers.get("etag") == f'"{harbour.berths[number]}"', "The given route sets `ETag`."
        response = harbour.ask(client, "PUT", number, origin=origin, ship={"ship": ship}, If_Match='"old"')
        assert response.status_code == 200, "This request carries a known badge, and its body is complete."
        assert response.json() == exactly({"number": number, "ship": ship})
        read_by(harbour, response, origin, "This is the answer to a `PUT` with a badge.")
        assert harbour.berths[number] == ship, "This is what `berths` says after the `PUT` was answered 200."


def test_no_other_origin_may_read(harbour, client):
    """The answers to all other origins have no `Access-Control-Allow-Origin`: not `null`, no other scheme or port, no name that only looks alike, nothing before or behind."""
    somebody_is_let_in(harbour, lambda origin: harbour.ask(client, "GET", harbour.number, origin=origin))
    for origin, who in harbour.foreign.items():
        response = harbour.ask(client, "GET", harbour.number, origin=origin)
        stays_shut(response, origin, who, "A page there reads with the badge of whoever opens it.")
        response = harbour.ask(client, "PUT", harbour.number, origin=origin, ship={"ship": harbour.ship()})
        stays_shut(response, origin, who, "A page there reads what its `PUT` was answered.")
        response = harbour.ask(client, "GET", harbour.number, origin=origin, badge=False)
        stays_shut(response, origin, who, "A page there reads in the gate's 401 who has no badge.")


def test_no_other_origin_passes_the_preflight(harbour, client):
    """The preflights of all other origins are answered without `Access-Control-Allow-Origin`, whatever the status."""
    somebody_is_let_in(harbour, lambda origin: harbour.preflight(client, origin, "PUT", badge=True))
    for origin, who in harbour.foreign.items():
        for method, asked in (("PUT", ("content-type",)), ("GET", ("if-match",))):
            for badge in (False, True):
                response = harbour.preflight(client, origin, method, asked, badge=badge)
                then = "moors ships" if method == "PUT" else "reads the berths"
                stays_shut(response, origin, who, f"A page there {then} with the badge of whoever opens it.")


def test_the_preflight_needs_no_badge(harbour, client):
    """A preflight of an allowed origin for `GET` or `PUT`, without a badge, is answered 2xx. It names the origin, `true` for credentials, the method, the headers that were asked for out of `Content-Type` and `If-Match`, and a max age of 3600 seconds."""
    for origin in harbour.allowed:
        for method in ("GET", "PUT"):
            for asked in WANTED_HEADERS:
                response = harbour.preflight(client, origin, method, asked)
                headers = f" with {quoted(asked)}" if asked else ""
                story = f"A page at `{origin}` is about to send a {method}{headers}, and the browser asks first."
                assert response.is_success, told(
                    (
                        response.status_code == 401 and response.headers.get("www-authenticate") == "Badge",
                        f"{story} 401 “No badge”: it was the gate that answered. Browsers send preflights without cookies, so "
                        "a preflight has to be answered before the gate looks for a badge.",
                    ),
                    (
                        response.status_code in (404, 405),
                        f"{story} {response.status_code}: the preflight went all the way to the routes, and none of them "
                        "answers OPTIONS.",
                    ),
                    (
                        response.status_code == 500,
                        f"{story} An exception ended the request; it is shown below.",
                    ),
                    f"{story} The preflight was refused. If the body names something, that is what is not allowed.",
                )
                origins = every(response, ALLOW_ORIGIN)
                assert origins == [origin], (
                    f"{story} `Access-Control-Allow-Origin` has to name that origin, once; otherwise the request is never sent."
                )
                assert every(response, CREDENTIALS) == ["true"], (
                    f"{story} The request will carry the badge, a cookie, so the preflight has to say "
                    "`Access-Control-Allow-Credentials: true`; otherwise the request is never sent."
                )
                methods = listed(response, METHODS)
                assert method in methods, told(
                    (
                        methods == ["*"],
                        f"{story} `*` means all methods only for requests without cookies. With them it is a method of that "
                        "name.",
                    ),
                    f"{story} `Access-Control-Allow-Methods` has to name the method.",
                )
                allowed = small(listed(response, HEADERS))
                missing = [name for name in asked if name not in allowed]
                assert missing == [], told(
                    (
                        allowed == ["*"],
                        f"{story} `*` means all headers only for requests without cookies. With them it is a header of that "
                        "name.",
                    ),
                    f"{story} These headers are missing from `Access-Control-Allow-Headers`, which names "
                    f"{names(allowed)}.",
                )
                age = every(response, MAX_AGE)
                assert age == ["3600"], (
                    f"{story} This is `Access-Control-Max-Age`: for how many seconds the browser need not ask again."
                )


def test_the_preflight_opens_nothing_else(harbour, client):
    """No preflight lets an allowed origin pass with another method (`DELETE`, `PATCH`) or another header (`Authorization`, `X-…`): it is an error status, or the method or header is not named."""
    console_passes(harbour, client)
    own = f"x-{harbour.rng.word()}"
    danger = (
        "Previews run whatever somebody wrote into a pull request. Such a page only has to be looked at by a harbour master, "
        "and the request goes out with their badge."
    )
    for origin in harbour.allowed:
        for method, asked in (
            ("DELETE", ()),
            ("PATCH", ("content-type",)),
            ("PUT", ("authorization",)),
            ("PUT", (own,)),
            ("GET", ("if-match", own)),
            ("PUT", ("authorization", "content-type")),
        ):
            for badge in (False, True):
                response = harbour.preflight(client, origin, method, asked, badge=badge)
                what = f"{method} with {quoted(asked)}" if asked else method
                assert not passes(response, origin, method, asked), (
                    f"After this preflight a browser lets a page at `{origin}` send {what}. The console needs GET and PUT, "
                    f"`Content-Type` and `If-Match`, and what nobody needs stays shut. {danger}"
                )


def test_refusals_and_errors_are_readable_too(harbour, client):
    """The headers are also on the answers that are no success: the gate's 401, and the 404 and 422 of the routes."""
    for origin in harbour.allowed:
        for what, status, method, number, options in (
            ("no badge", 401, "GET", harbour.number, {"badge": False}),
            ("no badge", 401, "PUT", harbour.number, {"badge": False, "ship": {"ship": harbour.ship()}}),
            ("no such berth", 404, "GET", harbour.unknown, {}),
            ("no number", 422, "GET", harbour.rng.word(), {}),
            ("no ship", 422, "PUT", harbour.number, {"ship": {}}),
        ):
            response = harbour.ask(client, method, number, origin=origin, **options)
            story = f"A request from a page at `{origin}`: {what}."
            if status == 401:
                needs_badge(response, story, "A page that is allowed to read is no harbour master.")
            assert response.status_code == status, story
            read_by(harbour, response, origin, f"This is a {status} ({what}), and the page has to see that.")


def test_cors_is_no_access_control(harbour, client):
    """Without `Origin` or with a foreign one everything is as it was: done with a badge, 401 without. An allowed origin replaces no badge either, nor does a header of the preflight on another request; an OPTIONS that is no preflight needs a badge."""
    somebody_is_let_in(harbour, lambda origin: harbour.ask(client, "GET", harbour.number, origin=origin))
    stranger = f"https://{harbour.other}.example"
    for origin in (None, stranger, "null"):
        where = "without `Origin`, as curl sends it," if origin is None else f"from `{origin}`"
        number, ship = harbour.number, harbour.ship()
        response = harbour.ask(client, "GET", number, origin=origin)
        assert response.status_code == 200, (
            f"A GET {where} with a badge. CORS keeps pages from reading; it is up to the browser to do that, and what the "
            "server does is the same for all."
        )
        assert response.json() == exactly({"number": number, "ship": harbour.berths[number]})
        assert response.headers.get("etag") == f'"{harbour.berths[number]}"', "The given route sets `ETag`."
        response = harbour.ask(client, "PUT", number, origin=origin, ship={"ship": ship})
        assert response.status_code == 200, (
            f"A PUT {where} with a badge is done, as ever. Who may do what is up to the gate, and it looks at nothing but the "
            "badge."
        )
        assert response.json() == exactly({"number": number, "ship": ship})
        assert harbour.berths[number] == ship, f"A PUT {where} was answered 200, and this is what `berths` says."
    gone = harbour.numbers.pop()
    response = harbour.ask(client, "DELETE", gone)
    assert response.status_code == 204, "A DELETE without `Origin`, with a badge. The given route answers it."
    assert gone not in harbour.berths, "The DELETE was answered 204, and the berth is still there."
    response = harbour.ask(client, "GET", gone)
    assert response.status_code == 404, "A berth that was deleted is no longer there."
    assert response.json() == exactly({"detail": "No such berth"})

    forged = "curl sends any header that it is told to, so this opens the API to everybody."
    fetched = {"Referer": f"{harbour.console}/", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Site": "same-site"}
    for origin in (None, stranger, harbour.console, harbour.preview()):
        for extra in ({}, {"Access_Control_Request_Method": "PUT"}, fetched):
            for method, body in (("GET", None), ("PUT", {"ship": harbour.ship()}), ("DELETE", None)):
                before = dict(harbour.berths)
                response = harbour.ask(client, method, harbour.number, origin=origin, badge=False, ship=body, **extra)
                what = " and ".join(
                    [
                        *([f"`Origin: {origin}`"] if origin else []),
                        *(f"`{name.replace('_', '-')}: {value}`" for name, value in extra.items()),
                    ]
                )
                story = f"{method} without a badge{f', with {what}' if what else ''}."
                needs_badge(response, story, forged if what else "That opens the API to everybody.")
                assert harbour.berths == before, f"{story} It was answered 401, and yet `berths` has changed."

    for headers in ({}, {"Origin": harbour.console}, {"Origin": stranger}, {ASKS_METHOD: "GET"}):
        what = f"with {quoted(headers)} alone" if headers else "without the headers of a preflight"
        response = client.request("OPTIONS", f"/berths/{harbour.number}", headers=headers)
        needs_badge(
            response,
            f"OPTIONS {what} is no preflight, and came without a badge.",
            "Whoever has no badge can feel out here which paths there are, and what they take.",
        )
        response = client.request(
            "OPTIONS", f"/berths/{harbour.number}", headers={**headers, "Cookie": f"badge={harbour.badge}"}
        )
        assert response.status_code == 405, (
            f"OPTIONS {what} is no preflight, and came with a badge. The routes answer it, as ever."
        )


def needs_badge(response, story, danger):
    """Assert that the gate refused."""
    assert response.status_code == 401, told(
        (response.status_code < 400, f"{story} It went through. {danger}"),
        (response.status_code in (404, 405, 422), f"{story} It went through the gate, up to the routes. {danger}"),
        f"{story} The gate answers this with 401.",
    )
    assert response.json() == exactly(NO_BADGE), f"{story} This is the gate's to say."
    assert response.headers.get("www-authenticate") == "Badge", f"{story} The gate's 401 has this header."


def test_caches_are_told_that_the_answer_depends_on_the_origin(harbour, client):
    """`Vary` has `Origin` in it on the answers to `GET`, be the origin allowed, foreign or missing, on the gate's 401, and on the preflights of allowed origins."""
    stranger = f"https://{harbour.other}.example"
    for origin in (harbour.console, harbour.preview(), stranger, None):
        where = "without `Origin`" if origin is None else f"from `{origin}`"
        response = harbour.ask(client, "GET", harbour.number, origin=origin)
        varies(response, f"a GET {where}")
        response = harbour.ask(client, "GET", harbour.number, origin=origin, badge=False)
        varies(response, f"a GET {where} without a badge")
    for origin in (harbour.console, harbour.preview()):
        response = harbour.preflight(client, origin, "PUT", ("content-type",))
        varies(response, f"a preflight from `{origin}`")


def varies(response, what):
    """Assert that a cache is told."""
    assert "origin" in small(listed(response, "vary")), (
        f"This is `Vary` on the answer to {what}. A cache that is not told keeps one answer for all: the console gets what "
        "was made for somebody else, without leave to read it, and a harbour master sees “blocked by CORS policy” until "
        "the copy expires."
    )
