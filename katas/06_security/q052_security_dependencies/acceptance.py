"""Checks of q052: a credential that may be there, and one that has to be."""

import pytest

from pytest_fastapi_kata.checks import challenge, exactly, told

OPERATIONS = {"GET /price": ("get", "/price"), "GET /card": ("get", "/card"), "POST /lounge": ("post", "/lounge")}


class Desk:
    """The desk of this run, which issues cards and knows what has to come back for them."""

    def __init__(self, given, rng):
        self.rng = rng
        self.price = self.odd_price()
        self.cards = given("cards", FULL_PRICE=self.price, _cards={})

    def odd_price(self):
        """A price of which some shares come out wrong if the percentage is made a fraction first, or if they are rounded."""
        prices = range(900, 2900, 10)
        return self.rng.choice([price for price in prices if self.treacherous(price) and self.uneven(price)])

    @staticmethod
    def treacherous(price):
        return [percent for percent in range(4, 98) if int(price * (percent / 100)) != price * percent // 100]

    @staticmethod
    def uneven(price):
        return [percent for percent in range(4, 98) if price * percent % 100 > 50]

    def token(self):
        return "-".join(self.rng.words(3))

    def issue(self, percent=None):
        """Issue a card and return its token and the card."""
        token = self.token()
        number = f"{self.rng.choice('KLMNP')}-{self.rng.digits(4)}"
        self.cards.issue(token, number, self.rng.randint(11, 89) if percent is None else percent)
        return token, self.cards.find(token)

    def strangers(self, token, card):
        """What `find` does not know, in words and as tokens; all but the first are close to a card that is good."""
        return {
            "a made-up token": self.token(),
            "a token with one letter too many": f"{token}s",
            "a token with one letter missing": token[:-1],
            "a token in capital letters": token.upper(),
            "the number that is printed on a card": card.number,
        }


@pytest.fixture
def desk(given, rng):
    return Desk(given, rng)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def let_in(response, what):
    """What it means if somebody with a good card is not served."""
    return told(
        (response.status_code in (401, 403), f"{what}: `cards.find` knows this token, and it was refused."),
        (response.status_code == 404, f"{what}: there seems to be no route for this method and path."),
        (
            response.status_code == 422,
            f"{what}: FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        (response.status_code == 500, f"{what}: an exception ended the request; it is shown below."),
        what,
    )


def is_refused(response, what, danger):
    """Assert that a request was answered 401 with a challenge; ``danger`` is what follows if it was let through."""
    assert response.status_code == 401, told(
        (response.status_code < 300, f"{what}: this went through. {danger}"),
        (
            response.status_code == 403,
            f"{what}: nobody knows who this is, and that is 401. 403 is for somebody who is known and may not.",
        ),
        (
            response.status_code in (400, 422),
            f"{what}: a credential that is missing or no good is 401. {response.status_code} would tell a client that its "
            "request was malformed, and not that it has to show a card.",
        ),
        (
            response.status_code == 500,
            f"{what}: nobody stopped this request, and an exception ended it; it is shown below.",
        ),
        (
            response.status_code == 404,
            f"{what}: 404 says that there is no such route, or no such thing. Whoever cannot prove who they are is to hear "
            "just that, and it is 401.",
        ),
        f"{what}: this is to be 401.",
    )
    assert challenge(response) == "Bearer", told(
        (
            challenge(response) is None,
            f"{what}: refused, but without the header `WWW-Authenticate`. A 401 has to say in which way one can prove who "
            "one is; clients read it there.",
        ),
        f"{what}: refused, and the header `WWW-Authenticate` has to ask for `Bearer`.",
    )


def test_members_pay_their_share(desk, client):
    """`GET /price` with the token of a card answers 200 with `percent` hundredths of `FULL_PRICE`, as an integer and rounded down, and the number of the card."""
    odd = desk.rng.choice(desk.treacherous(desk.price))
    for percent in desk.rng.shuffled([0, 3, 50, 99, odd, desk.rng.choice(desk.uneven(desk.price))]):
        token, card = desk.issue(percent)
        response = client.get("/price", headers=bearer(token))
        assert response.status_code == 200, let_in(response, "A member asks for the price")
        got = response.json()
        expected = {"cents": desk.price * percent // 100, "card": card.number}
        cents = got.get("cents") if isinstance(got, dict) else None
        is_number = isinstance(cents, int | float)
        sum_ = f"{percent} hundredths of {desk.price} cents are {desk.price * percent / 100:.2f} cents"
        assert got == exactly(expected), told(
            (
                percent == 0 and cents == desk.price,
                "This card lets its holder in for nothing: its `percent` is 0, and the member paid in full. 0 is a number, too.",
            ),
            (
                got == {"cents": desk.price, "card": None},
                "The token is that of a card, and the member was taken for a visitor.",
            ),
            (
                isinstance(cents, float) and int(cents) == expected["cents"],
                f"{sum_}. The answer has to be an integer: whole cents, what is less is dropped.",
            ),
            (
                is_number and cents == desk.price - expected["cents"],
                f"{sum_}. `percent` is what the holder pays, and not what is taken off.",
            ),
            (
                is_number and cents != expected["cents"] and desk.price * percent % 100 == 0,
                f"{sum_}, with nothing to drop. Where did the rest go?",
            ),
            (
                is_number and 0 < abs(cents - expected["cents"]) <= 1,
                f"{sum_}. Whole cents are charged, what is less is dropped.",
            ),
            (is_number and cents != expected["cents"], f"{sum_}: `percent` of the card times `FULL_PRICE` of `cards`."),
        )


def test_visitors_without_a_card_pay_full(desk, client):
    """`GET /price` without an `Authorization` header answers 200 `{"cents": FULL_PRICE, "card": null}`, also right after a member has asked."""
    for _ in range(2):
        response = client.get("/price")
        assert response.status_code == 200, told(
            (
                response.status_code in (401, 403),
                "A visitor without a card was turned away. On this route the credential is optional.",
            ),
            (
                response.status_code == 422,
                "A visitor sends no credential, and FastAPI demands one; `loc` in the answer says which. On this route it is "
                "optional.",
            ),
            (response.status_code == 404, "There seems to be no route for `GET /price`."),
            (response.status_code == 500, "A visitor sends no credential, and the code did not get by without it."),
        )
        got = response.json()
        assert got == exactly({"cents": desk.price, "card": None}), told(
            (
                isinstance(got, dict) and got.get("card") is not None,
                "A visitor without a card was taken for the member who had asked just before. Who asks is a matter of one "
                "request, and must not be kept for the next.",
            ),
        )
        token, _card = desk.issue()
        client.get("/price", headers=bearer(token))


def test_an_unknown_token_is_refused_and_not_taken_for_a_visitor(desk, client):
    """On `GET /price` and `GET /card`, a bearer token that `find` does not know is answered 401 with `WWW-Authenticate: Bearer`, however much it resembles one that is known."""
    token, card = desk.issue()
    dangers = {
        "/price": "The machine cannot tell a bad card from none, and whoever holds an expired one pays the full price "
        "without a word about it.",
        "/card": "Anybody who makes up a token gets past this.",
    }
    for path, danger in dangers.items():
        for kind, unknown in desk.strangers(token, card).items():
            response = client.get(path, headers=bearer(unknown))
            what = f"GET {path} with {kind}"
            mistaken = response.status_code == 200 and card.number in response.text
            is_refused(response, what, "It was taken for the token of somebody's card." if mistaken else danger)


def no_credentials(desk, token):
    """Seven ways to send no bearer token, in words, as headers and as query; the token is that of a good card."""
    names = ("token", "access_token", "card", "authorization", "Authorization")
    return {
        "without an `Authorization` header": ({}, {}),
        "with `Bearer` and no token behind it": ({"Authorization": "Bearer"}, {}),
        "with `Basic` in front of a good token": ({"Authorization": f"Basic {token}"}, {}),
        "with `Token` in front of a good token": ({"Authorization": f"Token {token}"}, {}),
        "with a good token and no scheme in front of it": ({"Authorization": token}, {}),
        "with a good token in the query": ({}, dict.fromkeys(names, token)),
        "with a good token in a cookie": ({"Cookie": "; ".join(f"{name}={token}" for name in names)}, {}),
    }


def danger_of(kind, door):
    """What follows if somebody is let through in this way."""
    return told(
        (
            "query" in kind,
            "What is in a URL ends up in logs, in the browser's history and in links that are passed on; whoever reads them "
            "has the card.",
        ),
        (
            "cookie" in kind,
            "A browser sends cookies along whoever made it ask, so any page that a member opens can use the card.",
        ),
        (
            "good token" in kind,
            "The contract knows one way to send a token. Every further one is a door to be watched.",
        ),
        f"{door} is open to people who have no card at all.",
    )


def test_the_card_page_needs_a_card(desk, client):
    """`GET /card` answers 200 with exactly `number` and `percent` of the card, whether the scheme is written `Bearer`, `bearer` or `BEARER`. Without a bearer token it answers 401 with `WWW-Authenticate: Bearer`: no header, no token, another scheme, no scheme, a token in the query or in a cookie."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        token, card = desk.issue()
        response = client.get("/card", headers={"Authorization": f"{scheme} {token}"})
        assert response.status_code == 200, told(
            (
                response.status_code == 401 and scheme != "Bearer",
                f"A member asks for the card and writes the scheme as `{scheme}`. It may be written in any case.",
            ),
            let_in(response, "A member asks for the card"),
        )
        assert response.json() == exactly({"number": card.number, "percent": card.percent})
        for kind, (headers, query) in no_credentials(desk, token).items():
            response = client.get("/card", headers=headers, params=query)
            is_refused(response, f"GET /card {kind}", danger_of(kind, "The card page"))


def test_a_withdrawn_card_stops_at_once(desk, client):
    """A card that is withdrawn between two requests is unknown from then on: 401 on `GET /price` and `GET /card`. Other cards stay good, and a card that is issued anew counts at once."""
    lost, lost_card = desk.issue()
    kept, kept_card = desk.issue()
    for path in ("/price", "/card"):
        for token in (lost, kept):
            response = client.get(path, headers=bearer(token))
            assert response.status_code == 200, let_in(response, f"GET {path} before any card was withdrawn")
    desk.cards.withdraw(lost)
    for path in ("/price", "/card"):
        response = client.get(path, headers=bearer(lost))
        is_refused(
            response,
            f"GET {path} with a card that was withdrawn after an earlier request",
            "Whoever has stolen a card uses it until the service is started again."
            if lost_card.number in response.text
            else "A withdrawn card is not the same as no card, and its holder has to hear of it.",
        )
    response = client.get("/card", headers=bearer(kept))
    assert response.status_code == 200, let_in(response, "GET /card with a card that was kept, after another was gone")
    assert response.json() == exactly({"number": kept_card.number, "percent": kept_card.percent})
    desk.cards.issue(kept, f"{kept_card.number}-2", 100 - kept_card.percent)
    response = client.get("/card", headers=bearer(kept))
    assert response.json() == exactly({"number": f"{kept_card.number}-2", "percent": 100 - kept_card.percent}), (
        "The desk has issued this card anew, with another number and share. What `find` says counts, at each request."
    )


def test_the_lounge_door_answers_nothing_but_yes_or_no(desk, client):
    """`POST /lounge` answers 204 with an empty body to the token of a card. To everybody else it answers 401 with `WWW-Authenticate: Bearer`: no bearer token, an unknown one, one of a card that was withdrawn."""
    token, card = desk.issue()
    response = client.post("/lounge", headers=bearer(token))
    assert response.status_code == 204, told(
        (response.status_code in (200, 201, 202), "The door opens, and has nothing to tell: that is 204."),
        let_in(response, "A member stands before the lounge"),
    )
    assert response.content == b""
    opens = "The lounge is open to anybody who types some word behind `Bearer`."
    for kind, unknown in desk.strangers(token, card).items():
        is_refused(client.post("/lounge", headers=bearer(unknown)), f"POST /lounge with {kind}", opens)
    for kind, (headers, query) in no_credentials(desk, token).items():
        response = client.post("/lounge", headers=headers, params=query)
        is_refused(response, f"POST /lounge {kind}", danger_of(kind, "The lounge"))
    desk.cards.withdraw(token)
    response = client.post("/lounge", headers=bearer(token))
    is_refused(response, "POST /lounge with a card that was withdrawn", "A lost card opens the lounge for ever.")


def test_the_docs_know_the_scheme(docs):
    """The docs have exactly one security scheme, of type `http` with scheme `bearer`. All three operations require it, and none lists `authorization` among its parameters."""
    parameters = {
        name: [one for one in docs.parameters(*operation) if one.lower() == "authorization"]
        for name, operation in OPERATIONS.items()
    }
    known = docs.document.get("components", {}).get("securitySchemes", {})
    assert parameters == {name: [] for name in OPERATIONS}, told(
        (
            known == {},
            "The header is read as if it were any other parameter, so `/docs` shows a text field and no “Authorize” button, "
            "and clients do not learn that it is a credential. A class of `fastapi.security` reads it for you.",
        ),
        "The header is also read as a plain parameter. It is a credential, and belongs to the security scheme alone.",
    )
    kinds = sorted(
        f"{one.get('type')} {one.get('scheme') or one.get('in') or ''}".strip().lower() for one in known.values()
    )
    assert kinds == ["http bearer"], told(
        (
            kinds == [],
            "The docs know no security scheme. A class of `fastapi.security` that reads the header also writes itself into "
            "the docs.",
        ),
        (
            set(kinds) == {"http bearer"},
            f"There are {len(kinds)} schemes, {' and '.join(known)}, and each asks for the same token. A scheme is told from "
            "others by its name.",
        ),
        "These are the types of the schemes in the docs. A bearer token in the header is of type `http`, scheme `bearer`.",
    )
    got = {}
    for name, operation in OPERATIONS.items():
        needs = docs.operation(*operation).get("security") or []
        # Whoever writes into the docs that the price may be asked for without a card is right, too.
        needs = [need for need in needs if need or name != "GET /price"]
        got[name] = "required" if needs and all(set(need) == set(known) for need in needs) else "not required"
    assert got == dict.fromkeys(OPERATIONS, "required"), (
        "This is what the docs say about the scheme. FastAPI finds it where an operation depends on it, itself or by way of "
        "another dependency."
    )
