"""Checks of q003: validation, injection, filtered answers and docs."""

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told


@pytest.fixture
def shed(given):
    """The kit's own copy of shed.py."""
    return given("shed")


class OtherShed:
    """A shed of the check's own: it notes every call of `lend`, and answers with what the check put into `answer`."""

    def __init__(self):
        self.calls = []
        self.answer = {}

    def lend(self, tool, member, days):
        self.calls.append({"tool": tool, "member": member, "days": days})
        return None if self.answer is None else {"tool": tool, "member": member, "days": days, **self.answer}


@pytest.fixture
def other_shed(shed, app, rng):
    """Another shed in the place of the real one, with a shelf of this run."""
    other = OtherShed()
    other.answer = {"shelf": some_shelf(rng)}
    app.dependency_overrides[shed.get_shed] = lambda: other
    return other


def some_shelf(rng):
    return f"{rng.choice('DEFGHJKLMN')}{rng.randint(10, 99)}"


def some_request(rng):
    return {"tool": rng.word(), "member": rng.name(), "days": rng.randint(2, 13)}


def no_loan(response):
    """What a status other than 201 has to say."""
    return told(
        (response.status_code == 500, "An exception ended the request; it is shown below."),
        (
            response.status_code == 404 and "No such tool" in response.text,
            "The shed that is in force has this tool. Yours did not ask it: did the shed come from `get_shed`, as a dependency?",
        ),
        (response.status_code in (404, 405), "Nothing was lent. Is there a route for `POST /loans`?"),
        (
            response.status_code == 422,
            "This is a good request, and it was refused. When FastAPI refuses, `loc` says where it looked and what it missed.",
        ),
        (response.status_code == 200, "The loan is created, so the status has to be 201. 200 is only the default."),
    )


def leak(got, public):
    """The first symptom of an answer that shows too much."""
    keys = sorted(set(got) - set(public)) if isinstance(got, dict) else []
    return (
        keys != [],
        f"What a member must not see got out: {', '.join(keys)}. FastAPI cuts an answer down to its declared type, if it has one.",
    )


def asked_elsewhere(other_shed, otherwise):
    """Why `lend` was not called as it should be."""
    return told(
        (other_shed.calls == [], "The loan did not come from the shed that was put in place of the real one."),
        otherwise,
    )


def test_loan_is_created_from_the_real_shed(shed, client, rng):
    """`POST /loans` with a good request answers 201 and exactly `tool`, `member`, `days` and `shelf`, as the shed's record has them."""
    for tool, shelf in rng.shuffled([("ladder", "A2"), ("drill", "C1")]):
        sent = some_request(rng) | {"tool": tool}
        response = client.post("/loans", json=sent)
        assert response.status_code == 201, no_loan(response)
        got, expected = response.json(), {**sent, "shelf": shelf}
        assert got == exactly(expected), told(leak(got, expected))


def test_shed_is_injected_and_can_be_swapped(other_shed, client, rng):
    """With another shed in `app.dependency_overrides[get_shed]`, the loan comes from that one. Its `lend` is called once, with the tool, the member and the days that were sent."""
    plain = some_request(rng) | {"tool": "ladder"}
    blanks = some_request(rng) | {"tool": f" {rng.word()} ", "member": f"  {rng.name()} "}
    for sent in (plain, blanks):
        other_shed.calls.clear()
        response = client.post("/loans", json=sent)
        assert response.status_code == 201, no_loan(response)
        assert other_shed.calls == exactly([sent]), told(
            (
                other_shed.calls == [],
                "The other shed was never asked: your endpoint got its shed in another way. Only what FastAPI provides by calling "
                "`get_shed`, as a dependency of your function, can be replaced from outside.",
            ),
            (len(other_shed.calls) > 1, "One request, one loan: `lend` was called more than once."),
            (
                sent is blanks,
                "The texts of this request begin and end with blanks, and `lend` has to get them as they were sent.",
            ),
            "`lend` was called with other values than the request has.",
        )
        assert response.json() == exactly({**sent, **other_shed.answer}), told(
            "The shed was asked, but this is not its record."
        )


def test_days_default_to_seven(other_shed, client, rng):
    """A request without `days` is good, and the loan is for 7 days: in the call of `lend` and in the answer."""
    sent = some_request(rng)
    del sent["days"]
    response = client.post("/loans", json=sent)
    assert response.status_code == 201, told(
        (
            refusal(response) == refused_at("body.days"),
            "`days` is required as you declare it. A field that has a default value may be left out.",
        ),
        no_loan(response),
    )
    asked = [call["days"] for call in other_shed.calls]
    assert asked == exactly([7]), asked_elsewhere(
        other_shed, "These are the days of each call of `lend`. It has to be one call, and for 7 days."
    )
    assert response.json() == exactly({**sent, "days": 7, **other_shed.answer})


def test_only_four_fields_leave_the_building(other_shed, client, rng):
    """The answer has exactly `tool`, `member`, `days` and `shelf` from the record, whatever else the record holds, and whatever the request had asked for. The limits of a request are none for the record."""
    sent = some_request(rng)
    public = {
        "tool": f"{sent['tool']} {rng.title(6)}",
        "member": sent["member"].upper(),
        "days": rng.randint(15, 60),
        "shelf": some_shelf(rng),
    }
    secret = {"serial": rng.digits(8), rng.word(4): rng.title(), rng.word(5): {"paid": rng.randint(20, 400)}}
    other_shed.answer = {**secret, **public}
    response = client.post("/loans", json=sent)
    assert response.status_code == 201, told(
        (
            response.status_code == 500,
            "An exception ended the request; it is shown below. In this record, the days and the tool's name lie beyond "
            "the limits of a request. That is allowed: those limits are for requests.",
        ),
        no_loan(response),
    )
    assert len(other_shed.calls) == 1, asked_elsewhere(other_shed, "`lend` was called more than once.")
    got = response.json()
    assert got == exactly(public), told(
        leak(got, public),
        (
            isinstance(got, dict) and got == {**sent, "shelf": public["shelf"]},
            "These are the values of the request. The shed lent on other terms, and what counts is its record.",
        ),
        "The answer has to be these four keys of the record.",
    )


def test_bad_requests_never_reach_the_shed(other_shed, client, rng):
    """A bad request is refused with 422 and FastAPI's own error body, which names every field that is wrong, and `lend` is not called. 1 and 14 days and a tool of 40 characters are still good."""
    good = [
        {"days": 1},
        {"days": 14},
        {"tool": rng.word(20)},
        {"tool": rng.choice("abc")},
        {"member": rng.choice("abc")},
    ]
    for number, change in enumerate(good, 1):
        response = client.post("/loans", json=some_request(rng) | change)
        assert response.status_code == 201, told(
            (response.status_code == 422, "The contract allows this: it lies just inside a limit."), no_loan(response)
        )
        assert len(other_shed.calls) == number, asked_elsewhere(other_shed, "`lend` was called more than once.")
    other_shed.calls.clear()
    bad = [{"days": value} for value in (0, 15, -rng.randint(1, 99), rng.word(), None)]
    bad += [{"tool": value} for value in ("", rng.word(20) + "s", rng.randint(1, 99))]
    bad += [{"member": value} for value in ("", rng.randint(1, 99))]
    bad += [{"tool": "", "days": rng.randint(15, 99)}, {"tool": rng.word(21), "member": "", "days": 0}]
    bodies = [(some_request(rng) | change, list(change)) for change in bad]
    for missing in (["tool"], ["member"], ["tool", "member"]):
        bodies.append(({key: value for key, value in some_request(rng).items() if key not in missing}, missing))
    for body, fields in bodies:
        response = client.post("/loans", json=body)
        assert refusal(response) == refused_at(*(f"body.{field}" for field in fields)), told(
            (response.status_code in (200, 201), f"This came through. What is wrong here: {', '.join(fields)}."),
            (
                response.status_code == 500,
                "An exception ended the request; it is shown below. A bad value has to be refused before your code works with it.",
            ),
            (
                refusal(response) == "422, but not in FastAPI's own form",
                "This refusal is home-made. FastAPI writes its own, with the place of every fault, if the body is declared "
                "as a type with limits.",
            ),
            (
                response.status_code == 422,
                "The refusal has to name the fields that are wrong, all of them and no others.",
            ),
            "A bad request has to be refused with 422. FastAPI does so by itself if the limits are in the declared type.",
        )
    assert other_shed.calls == [], told("The request was refused in the end, but the shed had been asked before.")


def test_unknown_tool_is_404(shed, app, client, rng):
    """If the shed has no such tool, that is `lend` returns `None`, the answer is 404 and exactly `{"detail": "No such tool"}`."""
    known = client.post("/loans", json=some_request(rng) | {"tool": "drill"})
    assert known.status_code == 201, no_loan(known)
    empty = OtherShed()
    empty.answer = None
    for tool, override in ((rng.word(5), {}), ("ladder", {shed.get_shed: lambda: empty})):
        app.dependency_overrides = override
        response = client.post("/loans", json=some_request(rng) | {"tool": tool})
        assert response.status_code == 404, told(
            (
                response.status_code == 500,
                "`lend` returned None here, and an exception ended the request; it is shown below. None has no keys, and a "
                "tuple of answer and status, as in Flask, is no loan.",
            ),
            (
                response.status_code == 201 and isinstance(response.json(), list),
                "A tuple of answer and status is Flask's way. FastAPI makes an array of it, and the status stays 201.",
            ),
            (
                bool(override) and not empty.calls,
                "The shed that was put in place of the real one is empty, and this loan came from elsewhere.",
            ),
            (response.status_code == 201, "The shed has no such tool, and yet the loan was created."),
        )
        assert response.json() == exactly({"detail": "No such tool"})


def test_docs_know_both_shapes(docs):
    """The OpenAPI document describes `POST /loans`: a body of exactly `tool`, `member` and `days`, of which the first two are required and `days` is 7 by default, and an answer 201 of exactly `tool`, `member`, `days` and `shelf`."""
    body = docs.body("post", "/loans")
    assert body is not None, told("The docs know nothing of a JSON body: they see only what your function declares.")
    fields = body.get("properties", {})
    got = {
        "properties": sorted(fields),
        "required": sorted(body.get("required", [])),
        "default of days": fields.get("days", {}).get("default"),
    }
    expected = {"properties": ["days", "member", "tool"], "required": ["member", "tool"], "default of days": 7}
    assert got == exactly(expected), told(
        "The docs describe another request than the contract. They write down what your function declares."
    )
    answer = docs.not_null(docs.answer("post", "/loans", 201) or {})
    assert sorted(answer.get("properties", {})) == ["days", "member", "shelf", "tool"], told(
        (
            docs.answer("post", "/loans", 201) is None,
            "The docs know of no answer 201. Its status belongs into the decorator.",
        ),
        (
            not answer.get("properties"),
            "The docs do not know what the answer looks like. A dict that is put together by hand works, but nobody can "
            "read about it: declare the answer's type.",
        ),
        "The docs describe another answer than the contract.",
    )
