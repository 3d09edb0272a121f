"""Checks of q035: the same app with other parts."""

from contextlib import contextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, HTTPException

from pytest_fastapi_kata.checks import exactly, quoted, told

REAL_CARD = "A real card was charged: this sale went through the terminal that is in use on the mountain."


@pytest.fixture
def ledgers():
    """Every `Ledger` that was made in this check, oldest first."""
    return []


@pytest.fixture
def meanwhile():
    """Something that happens once, while a sale is under way: after its parts were made, before the card is charged."""
    return []


@pytest.fixture
def desk(given, ledgers, meanwhile):
    """The given file, with ledgers that are counted."""
    desk = given("desk")
    make = desk.Ledger.__init__

    def counted(self, *args, **options):
        ledgers.append(self)
        make(self, *args, **options)

    class Sale(desk.Sale):
        def __getattribute__(self, name):
            if name == "cents" and meanwhile:
                meanwhile.pop()()
            return super().__getattribute__(name)

    desk.Ledger.__init__ = counted
    desk.Sale = Sale
    return desk


@pytest.fixture
def seller(desk, rng):
    """The headers of a seller of this run."""
    return badge(desk, rng, "seller")


def badge(desk, rng, role):
    """Put somebody new into the badges, and return the headers that they send."""
    number = f"B-{rng.digits(5)}"
    desk.badges[number] = desk.Person(rng.name(), role)
    return {"X-Badge": number}


def sold(desk, headers, cents):
    """The line of a ledger for this sale."""
    return {"seller": desk.badges[headers["X-Badge"]].name, "cents": cents}


@contextmanager
def using(module, tool, *arguments):
    """Use one of the learner's two tools in a `with`."""
    make = getattr(module, tool, None)
    assert callable(make), f"`app.py` has no `{tool}` that can be called."
    block = make(*arguments)
    usable = hasattr(block, "__enter__") and hasattr(block, "__exit__")
    assert usable, f"What `{tool}(…)` gives cannot be used in `with`. It gives: {block!r}"
    with block:
        yield


def since(app, before):
    """What is to be compared after a block: each override that is there, and whether it is the one from before."""
    return {
        getattr(original, "__name__", repr(original)): "as it was"
        if before.get(original) is replacement
        else ("another one" if original in before else "a new one")
        for original, replacement in app.dependency_overrides.items()
    }


def unchanged(before):
    """What `since` gives if nothing has changed."""
    return {getattr(original, "__name__", repr(original)): "as it was" for original in before}


def terminal(receipt):
    """A terminal that gives this receipt for all cards, in a function as `Depends` would take it."""

    class Paper:
        def charge(self, cents: int) -> str:
            return receipt

    return lambda: Paper()


def test_training_sales_move_no_money(desk, client, seller, rng):
    """A sale at the training desk answers 201 with the receipt `TRAINING-<cents>`. It charges no card and does not touch `desk.book`; `GET /sales` of the training desk shows it."""
    lines = []
    for cents in rng.numbers(3, 1, 9000):
        response = client.post("/sales", json={"cents": cents}, headers=seller)
        assert response.status_code == 201, told(
            (
                response.status_code == 422,
                "A request that is right was refused. FastAPI reads the parameters of a replacement and asks the client for "
                "them. Which does yours have, and where are they to come from?",
            ),
            (
                response.status_code == 500,
                "Something broke while this sale was made; the exception is below. Is what stands in the mapping something "
                "that FastAPI can call? Is the ledger open when the desk writes into it?",
            ),
        )
        assert desk.charged == [], REAL_CARD
        assert response.json() == exactly({"receipt": f"TRAINING-{cents}"})
        assert desk.book == [], "The sale was written into the real book, `desk.book`."
        lines.append(sold(desk, seller, cents))
        response = client.get("/sales", headers=seller)
        assert response.status_code == 200
        assert response.json() == exactly(lines), (
            "These are the sales that were made at the training desk, oldest first."
        )


def test_trainees_can_ask_for_a_declined_card(desk, client, seller, meanwhile, rng):
    """With `X-Decline: yes` a sale answers 402 and nothing is booked. With another value or without the header the card is good. That concerns this one request, even if another comes in while it is under way."""
    lines = []
    for wish, status in (
        (None, 201),
        ("yes", 402),
        (None, 201),
        ("no", 201),
        ("yes", 402),
        (rng.word(), 201),
        ("YES", 201),
    ):
        cents = rng.randint(1, 9000)
        headers = seller if wish is None else seller | {"X-Decline": wish}
        response = client.post("/sales", json={"cents": cents}, headers=headers)
        assert response.status_code == status, told(
            (
                status == 402 and response.status_code == 201,
                "The header asked for a declined card. Does your terminal get to see it?",
            ),
            (
                response.status_code == 402 and wish == "YES",
                "`YES` is not `yes`, and with any other value the card is good.",
            ),
            (
                response.status_code == 402,
                "Nobody asked for a declined card this time. Is something left over from an earlier request?"
                if wish is None
                else "Only `yes` asks for a declined card.",
            ),
            (
                response.status_code == 422,
                "Any value of the header is allowed, and all but `yes` mean that the card is good. What type did you give it?",
            ),
        )
        assert desk.charged == [], REAL_CARD
        if status == 201:
            assert response.json() == exactly({"receipt": f"TRAINING-{cents}"})
            lines.append(sold(desk, seller, cents))
    others = []
    meanwhile.append(lambda: others.append(client.post("/sales", json={"cents": 5}, headers=seller)))
    response = client.post("/sales", json={"cents": 7}, headers=seller | {"X-Decline": "yes"})
    mixed_up = (
        "While a sale with `X-Decline: yes` was under way, one without it came in, and now the wrong card is declined."
    )
    assert response.status_code == 402, mixed_up
    assert [other.status_code for other in others] == [201], mixed_up
    lines.append(sold(desk, seller, 5))
    response = client.get("/sales", headers=seller)
    assert response.json() == exactly(lines), "A sale with a declined card is not booked, all the others are."


def test_trainees_need_real_badges(desk, client, seller, rng):
    """The training desk has the badges and roles of the real one: 401 without a badge or with an unknown one, 403 for a guide who sells, 201 for a seller."""
    guide = badge(desk, rng, "guide")
    cents = rng.randint(1, 9000)
    for who, headers, status in (
        ("a seller", seller, 201),
        ("somebody without a badge", {}, 401),
        ("somebody with an unknown badge", {"X-Badge": f"C-{rng.digits(5)}"}, 401),
        ("a guide", guide, 403),
    ):
        response = client.post("/sales", json={"cents": cents}, headers=headers)
        assert response.status_code == status, f"This is {who}, as it stands in `desk.badges` at this moment."
        if status == 201:
            assert response.json() == exactly({"receipt": f"TRAINING-{cents}"})
    response = client.get("/sales")
    assert response.status_code == 401, "Without a badge nobody sees the sales."
    response = client.get("/me", headers=guide)
    person = desk.badges[guide["X-Badge"]]
    assert response.json() == exactly({"name": person.name, "role": "guide"})


def test_training_ledgers_are_closed(desk, ledgers, app, client_for, seller, rng):
    """Each request that uses a ledger gets a `desk.Ledger` of its own. It is open while the request runs and closed afterwards, whether the request was answered, declined, refused or crashed."""
    handed_out = []

    @app.get("/colleague/{end}")
    def colleague(end: str, ledger: Annotated[Any, Depends(desk.get_ledger)]):
        handed_out.append((isinstance(ledger, desk.Ledger), getattr(ledger, "closed", None)))
        if end == "refused":
            raise HTTPException(418)
        if end == "crashed":
            raise ZeroDivisionError
        return {}

    client = client_for(app)
    declined = seller | {"X-Decline": "yes"}
    for what, method, path, sent, headers, statuses in (
        ("a sale", "POST", "/sales", {"cents": rng.randint(1, 900)}, seller, (201,)),
        ("another sale", "POST", "/sales", {"cents": rng.randint(1, 900)}, seller, (201,)),
        ("a sale with a declined card", "POST", "/sales", {"cents": 1}, declined, (402, 201)),
        ("a look at the sales", "GET", "/sales", None, seller, (200,)),
        ("a colleague's route that returned", "GET", "/colleague/returned", None, {}, (200,)),
        ("a colleague's route that raised an HTTPException", "GET", "/colleague/refused", None, {}, (418,)),
        ("a colleague's route that crashed", "GET", "/colleague/crashed", None, {}, (500,)),
    ):
        before = len(ledgers)
        response = client.request(method, path, json=sent, headers=headers)
        assert response.status_code in statuses, told(
            (method == "POST" and response.status_code == 500, "Was the ledger still open when it was written to?")
        )
        made = ledgers[before:]
        assert len(made) == 1, told(
            (made == [], f"For {what}, no new ledger was made. Each request is to have one of its own."),
            f"For {what}, so many ledgers were made.",
        )
        still_open = sum(not ledger.closed for ledger in ledgers)
        assert still_open == 0, (
            f"After {what}, {still_open} of {len(ledgers)} ledger{'s' if len(ledgers) > 1 else ''} "
            f"{'is' if still_open == 1 else 'are'} still open. "
            + (
                "This request ended with an exception, and an exception passes over the lines that follow a `yield`."
                if response.status_code > 201
                else "When the original is replaced, its clean-up is not run, either."
            )
        )
    assert handed_out == [(True, False)] * 3, (
        "In a colleague's route: is it a `desk.Ledger`, and is it closed already? Once for each of three requests."
    )
    assert desk.book == [], "The ledgers of the training desk wrote into the real book, `desk.book`."


def test_the_real_desk_stays_real(desk, ledgers, seller, client_for, load, rng):
    """Other apps from `desk.create_app()`, made before or after the training desk, charge cards and write into `desk.book`. `X-Decline` means nothing to them."""
    older = client_for(desk.create_app())
    training = client_for(load().app)
    newer = client_for(desk.create_app())
    charged, lines, trained = [], [], []
    for app, headers in (
        (training, {}),
        (newer, {}),
        (older, {}),
        (training, {}),
        (newer, {"X-Decline": "yes"}),
        (older, {"X-Decline": "yes"}),
    ):
        cents = rng.randint(1, 9000)
        response = app.post("/sales", json={"cents": cents}, headers=seller | headers)
        assert response.status_code == 201, told(
            (
                response.status_code == 402,
                "The real desk declined a card because of a header that is none of its business.",
            )
        )
        (trained if app is training else lines).append(sold(desk, seller, cents))
        charged += [] if app is training else [cents]
        receipt = f"TRAINING-{cents}" if app is training else f"PAID-{len(charged)}"
        got = response.json()
        assert got == exactly({"receipt": receipt}), told(
            (
                app is not training and "TRAINING" in str(got),
                "The real desk answered like the training desk: the part was replaced for all apps, not for this one.",
            ),
            (app is training, "This is the training desk."),
        )
        assert desk.charged == charged, "These are the cards that the real desks charged."
    assert desk.book == lines, told(
        (len(desk.book) < len(lines), "Sales of the real desk are missing in the real book, `desk.book`."),
        "The real book is to hold the sales of the real desks, and no others.",
    )
    response = training.get("/sales", headers=seller)
    assert response.json() == exactly(trained), "The training desk shows the sales that were made at the training desk."
    response = newer.get("/sales", headers=seller)
    assert response.json() == exactly(lines), "The real desk shows its own sales."


def test_overriding_puts_back_what_was_there(desk, module, app, client_for, seller, rng):
    """Within a block of `overriding` the given dependencies are replaced, for this app only; other overrides stay in force. After the block the overrides are what they were before it. Blocks may be nested."""
    here, there = desk.create_app(), desk.create_app()
    first, second, third = rng.words(3)
    here.dependency_overrides[desk.get_terminal] = terminal(first)
    stranger = desk.Person(rng.name(), "seller")
    here.dependency_overrides[desk.current_person] = lambda: stranger
    training, real, other = client_for(app), client_for(here), client_for(there)
    cents = rng.randint(1, 9000)

    def receipt(client, expected, where):
        response = client.post("/sales", json={"cents": cents}, headers=seller if client is not real else {})
        assert response.status_code == 201, f"{where}. The other overrides of the app are to stay in force."
        assert response.json() == exactly({"receipt": expected}), f"{where}."

    def put_back(app, before, what):
        after, expected = since(app, before), unchanged(before)
        lost = [name for name in expected if name not in after]
        assert after == expected, told(
            (lost != [], f"After {what}, overrides that were there before it are gone: {quoted(lost)}."),
            (len(after) > len(before), f"After {what}, there are more overrides than before it."),
            f"After {what}, something else stands in for a dependency than before the block.",
        )

    for app_, client, at_first in ((here, real, first), (app, training, f"TRAINING-{cents}")):
        name = "A desk with overrides of its own" if app_ is here else "The training desk"
        receipt(client, at_first, f"{name}, before any block")
        start = dict(app_.dependency_overrides)
        with using(module, "overriding", app_, {desk.get_terminal: terminal(second)}):
            receipt(client, second, f"{name}, within a block")
            receipt(other, f"PAID-{len(desk.charged) + 1}", "Another desk, while the block is about the first one")
            outer = dict(app_.dependency_overrides)
            inner_book = []
            replacements = {desk.get_terminal: terminal(third), desk.get_ledger: ledger_on(desk, inner_book)}
            with using(module, "overriding", app_, replacements):
                receipt(client, third, f"{name}, within a block in a block")
                booked = [line["cents"] for line in inner_book]
                assert booked == [cents], "The inner block replaces the ledger as well, and this is its book."
            put_back(app_, outer, "the inner block")
            receipt(client, second, f"{name}, back in the outer block")
        put_back(app_, start, "the block")
        receipt(client, at_first, f"{name}, after the blocks")


def ledger_on(desk, book):
    """A ledger on this book, in a function as `Depends` would take it."""
    return lambda: desk.Ledger(book)


class Broken(Exception):
    """Raised within a block."""


def test_overriding_puts_back_even_after_an_exception(desk, module, client_for, rng):
    """If the code within a block of `overriding` or `signed_in` raises an exception, the overrides are put back all the same, and the exception goes on."""
    app = desk.create_app()
    client = client_for(app)
    first, second = rng.words(2)
    app.dependency_overrides[desk.get_terminal] = terminal(first)
    before = dict(app.dependency_overrides)
    badges = dict(desk.badges)
    person = desk.Person(rng.name(), "seller")
    for tool, argument, expected in (
        ("overriding", {desk.get_terminal: terminal(second), desk.current_person: lambda: person}, second),
        ("signed_in", person, first),
    ):
        went_on = False
        try:
            with using(module, tool, app, argument):
                response = client.post("/sales", json={"cents": 3})
                assert response.status_code == 201, f"Within a block of `{tool}`, which brings somebody in."
                assert response.json() == exactly({"receipt": expected}), (
                    f"Within a block of `{tool}`. The terminal of this desk was replaced "
                    f"{'by the block' if expected == second else 'before the block, and it still is'}."
                )
                raise Broken  # noqa: TRY301 - it has to come out of the block
        except Broken:
            went_on = True
        assert went_on is True, f"An exception was raised within a block of `{tool}`, and it never came out of it."
        after = since(app, before)
        assert after == unchanged(before), (
            f"A block of `{tool}` ended with an exception, and the overrides are not what they were before the block. "
            "A test that fails would leave this to all tests that follow."
        )
        assert desk.badges == badges, f"A block of `{tool}` ended with an exception, and left a badge behind."
        response = client.post("/sales", json={"cents": 3})
        assert response.status_code == 401, f"The block of `{tool}` is over, and this request has no badge."


def test_signed_in_keeps_the_rules(desk, module, app, client_for, rng):
    """Within a block of `signed_in`, requests to that app without a badge come from the person. A seller can sell, a guide gets 403. Blocks may be nested; blocks for other apps do not matter; afterwards it is 401 again."""
    real_app = desk.create_app()
    training, real = client_for(app), client_for(real_app)
    seller, guide, other = (desk.Person(rng.name(), role) for role in ("seller", "guide", "seller"))
    before = dict(app.dependency_overrides), dict(real_app.dependency_overrides)
    badges = dict(desk.badges)
    cents = rng.randint(1, 9000)

    def comes_from(client, person, where):
        name = "the training desk" if client is training else "the real desk"
        response = client.get("/me")
        expected = 401 if person is None else 200
        assert response.status_code == expected, f"At {name}, {where}."
        if person is not None:
            answer = {"name": person.name, "role": person.role}
            assert response.json() == exactly(answer), f"At {name}, {where}: this is who the request comes from."
        response = client.post("/sales", json={"cents": cents})
        expected = 401 if person is None else {"seller": 201, "guide": 403}[person.role]
        assert response.status_code == expected, told(
            (
                response.status_code == 201 and expected == 403,
                "A guide sold a ticket: the rule was replaced, not the person. What stands above the replaced dependency is "
                "still run; the replaced one itself is not.",
            ),
            f"At {name}, {where}.",
        )
        if response.status_code == 201 and client is training:
            assert response.json() == exactly({"receipt": f"TRAINING-{cents}"}), (
                "Somebody is signed in at the training desk. That leaves the terminal as it was."
            )

    for here, here_app, elsewhere, elsewhere_app in (
        (training, app, real, real_app),
        (real, real_app, training, app),
    ):
        comes_from(here, None, "before any block")
        with using(module, "signed_in", here_app, seller):
            comes_from(here, seller, "with a seller signed in")
            comes_from(elsewhere, None, "while somebody is signed in at another desk")
            with using(module, "signed_in", here_app, guide):
                comes_from(here, guide, "with a guide signed in, within the block of a seller")
            comes_from(here, seller, "back in the outer block, where a seller is signed in")
            with using(module, "signed_in", elsewhere_app, other):
                comes_from(elsewhere, other, "with somebody signed in at each of two desks")
                comes_from(here, seller, "with somebody signed in at each of two desks")
            comes_from(elsewhere, None, "after the block")
        comes_from(here, None, "after the block")
    for app_, overrides in ((app, before[0]), (real_app, before[1])):
        after = since(app_, overrides)
        assert after == unchanged(overrides), "After the blocks, the overrides of a desk are not what they were."
    assert desk.badges == badges, "After the blocks, `desk.badges` holds other badges than before."
