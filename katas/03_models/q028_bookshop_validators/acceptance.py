"""Checks of q028: what people type, and what is to come of it."""

import json
from decimal import Decimal
from enum import Enum

import pydantic
import pytest

from pytest_fastapi_kata.checks import exactly, picked, quoted, refusal, refused_at, told

FIELDS = ("isbn", "title", "authors", "price", "condition")

BROKEN = (
    "Your code raised an exception, shown below. What runs before the type is checked gets whatever was sent, of any JSON "
    "type. Only ValueError, AssertionError and pydantic's own errors count as “this value is wrong”."
)


class Desk:
    """Makes up books and the many ways to type them, and sends them."""

    def __init__(self, client, rng):
        self.client = client
        self.rng = rng

    def isbn(self, ten=False, last=None):
        """An ISBN of 13 digits, or with its other spelling as an ISBN-10; ``last`` is the check digit of that."""
        while True:
            body = self.rng.choice("0123") + self.rng.digits(8)
            short = body + check_of_ten(body)
            if last is None or short[-1] == last:
                break
        body = "978" + body
        full = body + check_of_thirteen(body)
        return (full, short) if ten else full

    def spread(self, text):
        """The text with hyphens and blanks in several places, at its ends as well."""
        typed = list(text)
        for separator in ("-", " ", "-", " "):
            typed.insert(self.rng.randint(0, len(typed)), separator)
        return "".join([" ", *typed, "-"])

    def loose(self, text):
        """The text with more white space, of several kinds, around its words."""
        gaps = ["  ", "\t", "\n", " \r\n ", "   "]
        words = text.split()
        return self.rng.choice(gaps) + "".join(word + self.rng.choice(gaps) for word in words)

    def clean_book(self):
        """A book as it is answered."""
        return {
            "isbn": self.isbn(),
            "title": self.rng.title(3),
            "authors": [self.rng.title() for _ in range(3)],
            "price": f"{self.rng.randint(1, 90)}.{self.rng.randint(10, 99)}",
            "condition": self.rng.choice(["new", "fine", "good", "worn"]),
        }

    def typed(self, book):
        """The book as somebody typed it."""
        return {
            "isbn": self.spread(book["isbn"]),
            "title": self.loose(book["title"]),
            "authors": " ; ".join([*map(self.loose, book["authors"]), " "]),
            "price": f" {book['price'].replace('.', ',')} € ",
            "condition": f" {book['condition'].upper()} ",
        }

    def send(self, without=(), **changes):
        """Send a clean book with some fields changed."""
        book = {name: value for name, value in (self.clean_book() | changes).items() if name not in without}
        return self.client.post("/books", json=book)

    def wish(self, without=(), **changes):
        """Send a clean wish with some fields changed."""
        wish = {"isbn": self.isbn(), "limit": f"{self.rng.randint(1, 90)}.{self.rng.randint(10, 99)}"} | changes
        return self.client.post("/wishes", json={name: value for name, value in wish.items() if name not in without})


@pytest.fixture
def desk(client, rng):
    return Desk(client, rng)


def check_of_ten(body):
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return "X" if rest == 10 else str(rest)


def check_of_thirteen(body):
    return str(-sum((1, 3)[place % 2] * int(digit) for place, digit in enumerate(body)) % 10)


def wrong_last(isbn):
    """The ISBN with another check digit."""
    return isbn[:-1] + ("4" if isbn[-1] != "4" else "5")


def faults(response):
    """The `loc` of each fault in a 422 of FastAPI's; an index in the list of authors is dropped."""
    if not refusal(response).startswith("422 at "):
        return []
    locs = [fault["loc"] for fault in response.json()["detail"]]
    return [
        loc[:2] if loc[:2] == ["body", "authors"] and type(loc[-1]) is int and len(loc) == 3 else loc for loc in locs
    ]


def places(response):
    """How a response refuses; a place in the list of authors counts as `body.authors`."""
    locs = faults(response)
    return refused_at(*(".".join(map(str, loc)) for loc in locs)) if locs else refusal(response)


def about(response, story, *more):
    """Why a value was to be refused, and what it means if the answer was neither that nor 201."""
    locs = faults(response)
    return told(
        *more,
        (response.status_code == 500, f"{story} {BROKEN}"),
        (
            any(len(loc) > 2 for loc in locs),
            f"{story} The place is to be the field itself. Where the type is a union of several types, the place also names the "
            "one that was tried.",
        ),
        (
            ["body"] in locs,
            f"{story} The fault belongs to a field. What a validator of the whole model raises belongs to no field.",
        ),
        story,
    )


def refused(story, response, *fields):
    assert places(response) == refused_at(*(f"body.{field}" for field in fields)), about(response, story)


def shown(value):
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def test_a_typed_book_comes_back_clean(desk):
    """`POST /books` answers 201 with the cleaned book: `isbn`, `title`, `authors`, `price` and `condition`. Other fields are ignored."""
    for surplus in ({}, {desk.rng.word(): desk.rng.word()}):
        book = desk.clean_book()
        response = desk.client.post("/books", json=desk.typed(book) | surplus)
        assert response.status_code == 201, told(
            (response.status_code == 500, "The book is good, and your code, or the answer, failed over it."),
            (
                response.status_code == 422 and bool(surplus),
                "The book has a field that nobody knows. It is to be ignored.",
            ),
            "However untidy it looks, this book keeps every rule.",
        )
        got = response.json()
        differing = [field for field in FIELDS if not isinstance(got, dict) or got.get(field) != book[field]]
        null = [field for field in FIELDS if isinstance(got, dict) and got.get(field, "") is None]
        assert got == exactly(book), told(
            (
                bool(null),
                f"{quoted(null)}: null came back. What a validator returns is the new value, and a function without `return` "
                "returns None.",
            ),
            (bool(differing), f"Look at {quoted(differing)}."),
            "The answer has more fields than a book.",
        )


def test_isbns_in_all_spellings(desk):
    """`isbn` is an ISBN-10 or ISBN-13 with blanks and hyphens anywhere, `x` in either case, and is answered as 13 digits. Wrong length, wrong characters or a wrong check digit are 422 at `["body", "isbn"]`."""
    full, short = desk.isbn(ten=True)
    with_x, ten_x = desk.isbn(ten=True, last="X")
    good = [
        (full, full),
        (desk.spread(full), full),
        (short, full),
        (desk.spread(short), full),
        (ten_x, with_x),
        (ten_x.lower(), with_x),
        (desk.spread(ten_x.lower()), with_x),
    ]
    for typed, expected in good:
        response = desk.send(isbn=typed)
        assert response.status_code == 201, "This is a good ISBN, typed in one of its spellings."
        assert picked(response, "isbn") == exactly({"isbn": expected}), (
            "These are not the 13 digits of the ISBN that was sent."
        )
    bad = [
        (wrong_last(full), "its check digit is wrong"),
        (wrong_last(short), "its check digit is wrong"),
        (full[:-1], "it has 12 digits"),
        (short + "1", "it has 11 digits"),
        (full[:5] + "a" + full[6:], "there is a letter in it"),
        (f"{full[:5]}.{full[5:]}", "there is a point in it, which is neither a blank nor a hyphen"),
        (desk.rng.word(5), "it is a word of 10 letters"),
        ("", "it is empty"),
        (" - ", "there are only separators"),
    ]
    for typed, reason in bad:
        refused(f"This is no ISBN: {reason}.", desk.send(isbn=typed), "isbn")


def test_titles_are_cleaned_before_they_are_measured(desk):
    """In `title`, any run of white space becomes one blank, and there is none at the ends. Then it has 1 to 120 characters; otherwise it is 422 at `["body", "title"]`."""
    words = desk.rng.words(4)
    longest = f"{desk.rng.word(30)} {desk.rng.word(29)}z"
    good = [
        (f"\t{words[0]}\n\n{words[1]} \r\n {words[2]}   {words[3]} ", " ".join(words)),
        (longest, longest),
        (f"   {longest.replace(' ', '    ')}\n", longest),
        (" z ", "z"),
    ]
    for typed, expected in good:
        response = desk.send(title=typed)
        assert response.status_code == 201, told(
            (
                response.status_code == 422 and expected == longest,
                f"After cleaning, this title has {len(longest)} characters, which is allowed. What counts is its length after "
                "that, not before.",
            ),
            "This is a good title.",
        )
        assert picked(response, "title") == exactly({"title": expected}), "It was typed with white space to be cleaned."
    for typed in (" ", " \t\n ", ""):
        response = desk.send(title=typed)
        assert places(response) == refused_at("body.title"), about(
            response,
            f"The title is {shown(typed)}, and after cleaning nothing is left of it.",
            (
                response.status_code == 201,
                f"{shown(typed)} passed as a title, and nothing is left of it after cleaning. What counts is the length after "
                "that, not before.",
            ),
        )
    refused("This title has 121 characters.", desk.send(title=longest + "z"), "title")
    refused("This title has 121 characters after cleaning.", desk.send(title=f" {longest}z "), "title")


def test_authors_as_list_or_text(desk):
    """`authors` is a list of texts, or one text with `;` between. Each is cleaned like the title and empty ones are dropped; the answer is a list. If none remains, or one is not a text, it is 422 at `["body", "authors"]`, or with an index after that."""
    first, second = desk.rng.title(), desk.rng.title(3)
    good = [
        ([first, second], [first, second]),
        (f"{first};{second}", [first, second]),
        (second, [second]),
        ([f" {desk.loose(first)}", "", " \t ", desk.loose(second)], [first, second]),
        (f" ; {desk.loose(second)};; \n;{first};", [second, first]),
    ]
    for typed, expected in good:
        response = desk.send(authors=typed)
        assert response.status_code == 201, "These are good authors, as a list or as a text."
        assert picked(response, "authors") == exactly({"authors": expected}), (
            "Each author is to be cleaned like a title, and whoever is empty then is to be dropped."
        )
    for typed in ([], "", " ; ;", ["", "  "]):
        refused(f"The authors are {shown(typed)}, and nobody remains.", desk.send(authors=typed), "authors")
    for wrong in (desk.rng.randint(1, 99), None, True, [first]):
        refused(f"One of the authors is no text: {shown(wrong)}.", desk.send(authors=[first, wrong]), "authors")


def test_prices(desk):
    """`price` is a number or a text of euros, with point or comma, with blanks, with a `€` at its end or not; it is answered as text with exactly two decimals. Below 0, more than two decimals, a `€` elsewhere, a boolean, or a text that is no number: 422 at `["body", "price"]`."""
    euros, cents = desk.rng.randint(10, 900), desk.rng.randint(11, 99)
    exact = f"{euros}.{cents}"
    good = [
        (12, "12.00"),
        (12.5, "12.50"),
        ("12,50", "12.50"),
        (" 12.50 € ", "12.50"),
        (0, "0.00"),
        (0.1, "0.10"),
        (19.99, "19.99"),
        ("7", "7.00"),
        (euros, f"{euros}.00"),
        (float(exact), exact),
        (exact, exact),
        (f"{euros},{cents}€", exact),
        (f"  {euros},{cents // 10} €", f"{euros}.{cents // 10}0"),
    ]
    for typed, expected in good:
        response = desk.send(price=typed)
        assert response.status_code == 201, f"{shown(typed)} is a good price."
        got = picked(response, "price")
        assert got == exactly({"price": expected}), told(
            (
                isinstance(got, dict) and type(got["price"]) in (int, float),
                f"{shown(typed)} is to be answered as the text {shown(expected)}, and a number came back: JSON numbers do not keep "
                "their zeros.",
            ),
            (
                isinstance(got, dict) and expected.rstrip("0").rstrip(".") == got["price"],
                f"{shown(typed)} is to be answered as {shown(expected)}. The value is right, and its decimals are missing.",
            ),
            f"{shown(typed)} is to be answered as {shown(expected)}.",
        )
    bad = [
        (-1, "it is below 0"),
        ("-0,01", "it is below 0"),
        ("1.005", "it has three decimals"),
        (1.005, "it has three decimals"),
        (f"{euros},{cents}1 €", "it has three decimals"),
        (desk.rng.word(), "it is a word"),
        ("", "it is empty"),
        ("12,5,0", "it has two commas"),
        (f"€ {euros}", "the `€` is not at its end"),
        (f"{euros}€{cents}", "the `€` is not at its end"),
        ("€", "there is no number in it"),
        (True, "a boolean is not a price"),
        ("NaN", "it means “not a number”"),
        ("Infinity", "it is no number of euros"),
    ]
    for typed, reason in bad:
        refused(f"As a price, {shown(typed)} is wrong: {reason}.", desk.send(price=typed), "price")


def test_unknown_conditions_are_unrated(desk):
    """`condition` is `new`, `fine`, `good` or `worn`, in capitals or not, blanks around it or not. Every other text, and no condition at all, is `unrated`. What is no text is 422 at `["body", "condition"]`."""
    word = desk.rng.word()
    good = [
        *((desk.rng.choice([f" {known.upper()}", f"{known.capitalize()}  "]), known) for known in ("new", "fine")),
        *((known, known) for known in ("good", "worn")),
        (word, "unrated"),
        (" UnRated", "unrated"),
        ("good " + word, "unrated"),
        ("", "unrated"),
        ("  ", "unrated"),
    ]
    for typed, expected in good:
        response = desk.send(condition=typed)
        assert response.status_code == 201, told(
            (
                typed == " UnRated",
                "`unrated` is one of the five words that you answer. What goes out has to be good enough to come in again.",
            ),
            f"{shown(typed)} is a text, so it is a condition, if only `unrated`.",
        )
        assert picked(response, "condition") == exactly({"condition": expected}), f"It was typed as {shown(typed)}."
    response = desk.send(without=["condition"])
    assert response.status_code == 201, "`condition` may be left out."
    assert picked(response, "condition") == exactly({"condition": "unrated"}), "`condition` was left out."
    for wrong in (desk.rng.randint(1, 9), None, ["good"]):
        response = desk.send(condition=wrong)
        assert places(response) == refused_at("body.condition"), about(
            response,
            f"{shown(wrong)} is no text, and only a text can be a condition.",
            (
                response.status_code == 201,
                f"{shown(wrong)} is no text, and it went through. Only a word that nobody knows is `unrated`; a value of another "
                "type is a fault.",
            ),
        )


def test_no_json_value_breaks_a_validator(desk):
    """Numbers, booleans, null, lists and objects, where they are not allowed, are 422 at `["body", <field>]`, in `POST /books` and in `POST /wishes`."""
    word = desk.rng.word()
    values = [desk.rng.randint(1000, 9999), 1.5, True, None, [word], {word: word}]
    for field in FIELDS:
        for value in values:
            if (field, type(value)) not in [("price", int), ("price", float), ("authors", list)]:
                refused(f"`{field}` was {shown(value)}.", desk.send(**{field: value}), field)
    for field in ("isbn", "limit"):
        for value in values:
            if (field, type(value)) not in [("limit", int), ("limit", float)]:
                refused(f"`{field}` of a wish was {shown(value)}.", desk.wish(**{field: value}), field)


def test_all_faulty_fields_are_reported(desk):
    """All faulty fields of a book come in one 422, each with its own place, and so do those that are missing. Only `condition` may be left out."""
    wrong = {"isbn": wrong_last(desk.isbn()), "title": "", "authors": ";", "price": "-1", "condition": 7}
    for fields in (("isbn", "title", "price"), FIELDS):
        response = desk.send(**{field: wrong[field] for field in fields})
        found = places(response)
        assert found == refused_at(*(f"body.{field}" for field in fields)), about(
            response,
            f"Faulty are {quoted(fields)}.",
            (
                0 < len(faults(response)) < len(fields),
                f"Faulty are {quoted(fields)}. Whoever corrects only what was reported has to come back.",
            ),
        )
    refused("These four were left out.", desk.send(without=FIELDS), "isbn", "title", "authors", "price")
    refused(
        "`title` was left out, `price` is faulty.",
        desk.send(without=["title"], price=wrong["price"]),
        "title",
        "price",
    )


def test_wishes_follow_the_same_rules(desk):
    """`POST /wishes` takes `isbn` and `limit`, both required, by the rules of `isbn` and `price`, and answers 201 with both, cleaned, or 422 at `["body", "isbn"]`, `["body", "limit"]`, or at both."""
    same = (
        "The rules are those of a book's `isbn` and `price`. Do wishes have these very rules, or a copy of their own?"
    )
    full, short = desk.isbn(ten=True, last="X")
    price = f"{desk.rng.randint(1, 90)}.{desk.rng.randint(10, 99)}"
    good = [
        ({"isbn": full, "limit": price}, {"isbn": full, "limit": price}),
        ({"isbn": desk.spread(full), "limit": 12}, {"isbn": full, "limit": "12.00"}),
        ({"isbn": short.lower(), "limit": 12.5}, {"isbn": full, "limit": "12.50"}),
        (
            {"isbn": desk.spread(short.lower()), "limit": f" {price.replace('.', ',')} € "},
            {"isbn": full, "limit": price},
        ),
    ]
    for typed, expected in good:
        response = desk.wish(**typed)
        assert response.status_code == 201, f"This is a good wish. {same}"
        assert response.json() == exactly(expected), f"The wish did not come back clean. {same}"
    refused(f"The check digit of this ISBN is wrong. {same}", desk.wish(isbn=wrong_last(full)), "isbn")
    for limit in ("-1", "1.005", desk.rng.word(), "", "NaN"):
        refused(f"{shown(limit)} is no price, and so it is no limit. {same}", desk.wish(limit=limit), "limit")
    refused("The ISBN is too short, the limit below 0.", desk.wish(isbn=full[:-1], limit=-1), "isbn", "limit")
    refused("Both were left out.", desk.wish(without=["isbn", "limit"]), "isbn", "limit")


def test_clean_books_stay_clean(desk):
    """A cleaned book that is sent to `POST /books` again comes back unchanged."""
    books = [desk.typed(desk.clean_book()), desk.clean_book() | {"condition": desk.rng.word()}]
    books += [desk.clean_book() | {"price": price} for price in (desk.rng.randint(1, 900), "0")]
    books += [desk.clean_book() | {"isbn": desk.isbn(ten=True, last="X")[1]}]
    for book in books:
        once = desk.client.post("/books", json=book)
        assert once.status_code == 201, "This is a good book."
        clean = once.json()
        response = desk.client.post("/books", json=clean)
        assert response.status_code == 201, (
            "This is what you answered a moment ago: a clean book. Sent again, it is refused. What goes out has to be good "
            "enough to come in again."
        )
        assert response.json() == exactly(clean), "A clean book was cleaned once more, and became another one."


def outcome(model, row, **options):
    """What became of a row: the book, or the places of its faults, or whatever else was raised."""
    try:
        return "a book", model.model_validate(row, **options)
    except pydantic.ValidationError as error:
        places = sorted({str(fault["loc"]) for fault in error.errors()})
        return f"ValidationError at {', '.join(places)}", None
    except Exception as error:
        return f"{type(error).__name__}: {error}", None


def attribute(book, field):
    """A field of a book in Python; an enumeration counts as its value, a tuple as a list."""
    value = getattr(book, field, "no such attribute")
    return value.value if isinstance(value, Enum) else list(value) if isinstance(value, tuple) else value


def test_recalled_books_are_refused_by_the_import(module, client, desk):
    """`Book.model_validate(row)` follows the same rules without HTTP, and `price` is a `Decimal` then. With `context={"recalled": {…}}` it refuses a book whose 13 digits are in that set, however it was typed, with a `ValidationError` at `("isbn",)`. Other contexts recall nothing, and `POST /books` takes every book."""
    model = getattr(module, "Book", None)
    assert hasattr(model, "model_validate"), "The import looks for a pydantic model `Book` in `app.py`."
    book = desk.clean_book()
    book["isbn"], short = desk.isbn(ten=True)
    recalled = {desk.isbn(), book["isbn"], desk.isbn()}
    row = desk.typed(book)

    contexts = [
        ("there is no context", {}),
        ("the context is empty", {"context": {}}),
        ("the context has no `recalled`", {"context": {desk.rng.word(): desk.rng.word()}}),
        ("its ISBN is not in `recalled`", {"context": {"recalled": {desk.isbn()}}}),
    ]
    for story, options in contexts:
        got, made = outcome(model, row, **options)
        assert got == "a book", told(
            (
                options == {} and got.startswith(("TypeError", "AttributeError")),
                "The row is good, and there is no context: `info.context` is None then, as it is when FastAPI validates.",
            ),
            f"The row is good, and {story}.",
        )
        values = {field: attribute(made, field) for field in FIELDS}
        assert values == {**book, "price": Decimal(book["price"])}, told(
            (
                isinstance(values["price"], str | float | int) and {**values, "price": book["price"]} == book,
                "`book.price` is to be a Decimal. Text is what becomes of it on its way out.",
            ),
            "These are the attributes of the book that `Book.model_validate` made. The row was typed as untidily as the book in "
            "the first check.",
        )
    wrong = {"isbn": wrong_last(book["isbn"]), "title": "", "authors": " ; ", "price": "-1"}
    got, _ = outcome(model, wrong)
    assert got == "ValidationError at ('authors',), ('isbn',), ('price',), ('title',)", (
        "`Book.model_validate` got a row in which the check digit of the ISBN is wrong, the title is empty, the authors are "
        '`" ; "`, and the price is `"-1"`.'
    )

    for typed in (book["isbn"], desk.spread(book["isbn"]), short, desk.spread(short.lower())):
        got, _ = outcome(model, row | {"isbn": typed}, context={"recalled": recalled})
        assert got == "ValidationError at ('isbn',)", told(
            (
                got == "a book" and typed == book["isbn"],
                f"{shown(typed)} is in the set `recalled`, just as it was typed, and the book was taken all the same.",
            ),
            (
                got == "a book",
                f"{shown(typed)} is another spelling of {book['isbn']}, which is in the set `recalled`, and the book was taken. Was "
                "it looked up before it was cleaned?",
            ),
            (
                got == "ValidationError at ()",
                f"{shown(typed)} is a recalled book. The fault belongs to `isbn`; what a validator of the whole model raises "
                "belongs to no field.",
            ),
            f"{shown(typed)} is a recalled book.",
        )
    response = client.post("/books", json=row)
    assert response.status_code == 201, told(
        (
            response.status_code == 500,
            "A request brings no context: `info.context` is None when FastAPI validates.",
        ),
        "Only the import refuses recalled books, and only those of its own context.",
    )
