"""Checks of q019: JSON that keeps digits, dates and moments, and a problem document."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from pytest_fastapi_kata.checks import exactly, headers_of, refusal, refused_at, told

TWICE = "The answer is a JSON *string*: text that was JSON already was turned into JSON a second time."
BY_HAND = (
    "Your code raised an exception, shown below. If it is a TypeError: a response made by hand takes only what Python's json "
    "module knows, and that is no UUID, no date and no Decimal."
)
KEYS = ["customer", "id", "issued_on", "paid_at", "total"]


@pytest.fixture
def invoices(module, rng):
    """Five invoices of this run: four paid, in two time zones, two of them at a fraction of a second, and one unpaid; their totals try what a float would spoil."""
    totals = rng.shuffled(
        [
            Decimal(f"{rng.digits(2)}.{rng.choice('123456789')}0"),
            Decimal(f"{rng.digits(17)}.{rng.choice('123456789')}{rng.choice('123456789')}"),
            Decimal(f"0.0{rng.choice('123456789')}"),
            Decimal(rng.digits(4)),
            Decimal(f"{rng.digits(3)}.00"),
        ]
    )
    offsets = [UTC, UTC, *[timezone(timedelta(hours=rng.choice([-5, 2, 9])))] * 2]
    paid = [
        datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), 7, 41, part, tzinfo=offset)
        for part, offset in zip([0, rng.randint(1_000, 999_999)] * 2, offsets, strict=True)
    ]
    paid = rng.shuffled([*paid, None])
    first, second, third, *rest = sorted(UUID(int=rng.getrandbits(128), version=4) for _ in totals)
    ids = [third, *rng.shuffled([first, second, *rest])]  # in no order that sorting would bring about
    rows = [
        {
            "id": invoice_id,
            "customer": f"{rng.name()} {rng.choice(['Café', 'Søn', 'Näherei', 'Müße'])}",
            "issued_on": date(2025, rng.randint(1, 12), rng.randint(1, 28)),
            "total": total,
            "paid_at": moment,
        }
        for invoice_id, total, moment in zip(ids, totals, paid, strict=True)
    ]
    module.INVOICES.clear()
    module.INVOICES.update({row["id"]: row for row in rows})
    return module.INVOICES


@pytest.fixture
def read(client):
    """Asks for one invoice, and returns the response with the object that came."""

    def ask(invoice_id):
        response = client.get(f"/invoices/{invoice_id}")
        assert response.status_code == 200, told(
            (response.status_code == 500, BY_HAND),
        )
        body = response.json()
        assert isinstance(body, dict), told(
            (
                isinstance(body, str),
                TWICE,
            ),
            "The answer is to be a JSON object.",
        )
        return response, body

    return ask


def media_type(response):
    """The content type without its parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip()


def time_in(text):
    """The date-time that an ISO 8601 text names, or None."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def moment_of(text):
    """The moment in UTC that an ISO 8601 text with `T` and offset names; anything else comes back as it is."""
    moment = time_in(text)
    return moment.astimezone(UTC).isoformat() if moment and moment.tzinfo and "T" in text else text


def test_an_invoice_is_a_json_object(invoices, read, rng):
    """`GET /invoices/{invoice_id}` answers `application/json`: an object with `id`, `customer`, `issued_on`, `total` and `paid_at`, where `id` and `customer` are text."""
    for row in rng.shuffled([row for row in invoices.values() if row["paid_at"]]):
        response, body = read(row["id"])
        assert media_type(response) == "application/json", told(
            (media_type(response) == "", "A plain Response has no content type unless it is given one."),
        )
        assert sorted(body) == KEYS, "The object has other keys than the contract wants."
        got = {"id": body["id"], "customer": body["customer"]}
        assert got == exactly({"id": str(row["id"]), "customer": row["customer"]})


def test_money_keeps_its_digits(invoices, read):
    """`total` is text with exactly the digits of the `Decimal`: none added, none dropped, none rounded."""
    # The loss of a last zero is seen at once, so these come first.
    for row in sorted(invoices.values(), key=lambda row: not str(row["total"]).endswith("0")):
        response, body = read(row["id"])
        total = body.get("total")
        assert total == exactly(str(row["total"])), told(
            (
                isinstance(total, int | float),
                (
                    "The total left as a JSON number, and most programs read that as a float, which loses digits. FastAPI makes "
                    "a number of a Decimal if no response type is declared, and if the declared type is a number."
                ),
            ),
            (
                isinstance(total, str),
                "The total is text, as it should be, but its digits are not those of the Decimal.",
            ),
            f"{response.request.url.path}: there is no total that could be read.",
        )


def test_dates_are_iso_strings(invoices, read):
    """`issued_on` is text such as `2026-03-01`; `paid_at` is ISO 8601 with a `T` and an offset (or `Z`), and is the moment of the row, fractions of a second included."""
    # The loss of a fraction is the rarer mistake, so whole seconds come first.
    for row in sorted([row for row in invoices.values() if row["paid_at"]], key=lambda row: row["paid_at"].microsecond):
        response, body = read(row["id"])
        assert body.get("issued_on") == exactly(row["issued_on"].isoformat()), told(
            (
                "datetime" in str(body.get("issued_on")),
                "This is how Python shows a date to programmers, not how it is written for others.",
            ),
            f"{response.request.url.path}: the day is not written as year-month-day.",
        )
        paid_at = body.get("paid_at")
        came, due = time_in(paid_at), row["paid_at"]
        assert moment_of(paid_at) == moment_of(due.isoformat()), told(
            (not isinstance(paid_at, str), "A moment is sent as text, in the form of ISO 8601."),
            (came is None, "This is no date-time in the form of ISO 8601."),
            (
                "T" not in str(paid_at),
                "Between day and time there is no T. That is how `str()` writes a date-time; ISO 8601 has a T there.",
            ),
            (came is not None and came.tzinfo is None, "Without its offset nobody knows which moment this is."),
            (
                came is not None and came.tzinfo is not None and came == due.replace(microsecond=0),
                "The fraction of the second is lost. (Both moments are shown in UTC.)",
            ),
            f"The row has {due.isoformat()}, and what was sent is another moment. (Both are shown in UTC.)",
        )


def test_an_unpaid_invoice_says_null(invoices, read):
    """An unpaid invoice has all five keys; its `paid_at` is `null`."""
    for row in [row for row in invoices.values() if row["paid_at"] is None]:
        response, body = read(row["id"])
        assert sorted(body) == KEYS, told(
            (
                "paid_at" not in body,
                "The key paid_at is missing. “Not paid” and “nothing known about it” are different things to a parser.",
            ),
            f"{response.request.url.path}: the object has other keys than the contract wants.",
        )
        assert {"paid_at": body["paid_at"]} == exactly({"paid_at": None})


def test_the_list_is_an_array_with_a_count_in_a_header(invoices, client, rng):
    """`GET /invoices` answers an array of objects with `id` and `total`, in the order of `INVOICES`, and their number in the header `X-Total-Count`. Without invoices it is `[]` and `0`."""
    for step in range(3):
        if step == 1:
            del invoices[rng.choice(list(invoices))]
        elif step == 2:
            invoices.clear()
        response = client.get("/invoices")
        assert response.status_code == 200, told(
            (response.status_code == 404 and not invoices, "No invoices are an answer like any other: 200 and `[]`."),
            (response.status_code == 500, BY_HAND),
        )
        got = response.json()
        assert got == exactly([{"id": str(row["id"]), "total": str(row["total"])} for row in invoices.values()]), told(
            (
                isinstance(got, dict),
                "The answer is one object. The contract wants the array itself, its number in a header.",
            ),
            (isinstance(got, str), TWICE),
            (
                isinstance(got, list)
                and any(isinstance(one, dict) and isinstance(one.get("total"), int | float) for one in got),
                "A total left as a JSON number. It is to be text with the exact digits here, too.",
            ),
            "The array is not that of the invoices that are there at this moment, each with its id and its exact total.",
        )
        assert headers_of(response, ["X-Total-Count"]) == {"X-Total-Count": str(len(invoices))}, told(
            (
                "x-total-count" not in response.headers,
                "The header is missing. One that is set on the injected response is lost when another response is returned.",
            ),
            "The header does not have the number of invoices in the array.",
        )


def test_an_unknown_invoice_is_a_problem_document(invoices, client, rng):
    """The id of no invoice is answered with 404, content type `application/problem+json`, `Cache-Control: no-store`, and an object with `type`, `title`, `status` and `invoice`."""
    assert client.get(f"/invoices/{rng.choice(list(invoices))}").status_code == 200, "This invoice is there."
    unknown = str(UUID(int=rng.getrandbits(128), version=4))
    response = client.get(f"/invoices/{unknown}")
    assert response.status_code == 404, told(
        (
            response.status_code == 500,
            (
                "Your code raised an exception, shown below. A TypeError says that something in the document is unknown to "
                "JSON; a KeyError says that nobody looked whether the invoice is there."
            ),
        ),
        (
            response.status_code == 200,
            "The document says 404, the status line says 200. What counts is the status line.",
        ),
    )
    body = response.json()
    problem = {"type": "about:blank", "title": "Invoice not found", "status": 404, "invoice": unknown}
    assert body == exactly(problem), told(
        (
            isinstance(body, dict) and "detail" in body,
            "There is a key `detail`: an HTTPException has its own shape, and whatever it is given ends up under that key.",
        ),
        (isinstance(body, str), TWICE),
        "The problem document differs from the contract.",
    )
    assert media_type(response) == "application/problem+json", (
        "The content type is what tells the partner's parser that this is a problem and no invoice."
    )
    assert headers_of(response, ["Cache-Control"]) == {"Cache-Control": "no-store"}


def test_an_id_that_is_no_uuid_is_refused(invoices, client, rng):
    """An id in capital letters, or without dashes, finds the same invoice. What is no UUID, such as `17`, is refused with 422 at `["path", "invoice_id"]`."""
    known = rng.choice(list(invoices))
    usual = client.get(f"/invoices/{known}")
    assert usual.status_code == 200, "This invoice is there."
    for spelling in (str(known).upper(), known.hex):
        response = client.get(f"/invoices/{spelling}")
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                "This is a known id in another spelling. Compared as texts the two differ, as UUIDs they are equal.",
            ),
        )
        assert response.json() == exactly(usual.json()), "Two spellings of one id, and two different answers."
    for text in (rng.digits(2), rng.word()):
        response = client.get(f"/invoices/{text}")
        assert refusal(response) == refused_at("path.invoice_id"), told(
            (
                response.status_code == 404,
                "A text that is no UUID is not an unknown invoice, it is a malformed request. Does the parameter say its type?",
            ),
        )
