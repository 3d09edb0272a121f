"""Checks of q015: filters that are left out, empty, zero or false."""

from datetime import date, timedelta
from itertools import product

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

NULLS = "A filter that was not sent comes back as null. The answer does not tell “not sent” from “sent”."
STRANGERS = (
    "Some of these ids belong to no ticket in `TICKETS`. The checks have put other tickets there; does your function "
    "look at a copy that was made before?"
)


@pytest.fixture
def people(rng):
    return rng.names(2)


@pytest.fixture
def tickets(module, rng, people):
    """Every combination of priority, escalated and assigned or not, opened on five days that are not next to each other."""
    in_app = getattr(module, "TICKETS", None)
    assert isinstance(in_app, list), "`app.py` has to keep its list `TICKETS`: the checks put tickets into it."
    assignees = {True: rng.shuffled(people * 4), False: [None] * 8}
    mixes = rng.shuffled(list(product(range(4), (False, True), (False, True))))
    start = date(2026, 1, 1) + timedelta(days=rng.randint(0, 200))
    days = ([start + timedelta(days=2 * number) for number in rng.numbers(5, 0, 30)] * 4)[: len(mixes)]
    # Small numbers, so that a list of them fits into a line of what the learner is told.
    ids = rng.numbers(len(mixes), 10, 99)
    made = [
        {
            "id": number,
            "priority": priority,
            "escalated": escalated,
            "assignee": assignees[assigned].pop(),
            "opened": day,
        }
        for number, (priority, escalated, assigned), day in zip(ids, mixes, rng.shuffled(days), strict=True)
    ]
    # A copy, so that an app that changes its own tickets cannot change what is expected of it.
    in_app[:] = [dict(ticket) for ticket in made]
    return made


def answer(filters, tickets):
    """What is expected: these filters and the ids of these tickets."""
    return exactly({"filters": filters, "ids": [ticket["id"] for ticket in tickets]})


def part(response, key):
    body = response.json()
    return body.get(key) if isinstance(body, dict) else None


def has_nulls(response):
    filters = part(response, "filters")
    return isinstance(filters, dict) and None in filters.values()


def has_strangers(response, tickets):
    ids = part(response, "ids")
    return isinstance(ids, list) and any(number not in [ticket["id"] for ticket in tickets] for number in ids)


def lists_everything(response, tickets):
    return part(response, "ids") == [ticket["id"] for ticket in tickets]


def test_without_filters_every_ticket_is_listed(module, tickets, client):
    """`GET /tickets` without any parameter answers 200 with empty `filters` and the ids of all tickets that `TICKETS` holds at this moment, in its order."""
    response = client.get("/tickets")
    assert response.status_code == 200, told(
        (
            "at body" in refusal(response),
            "The filters were looked for in the request's body, which is where FastAPI looks for a model if nothing "
            "is said. A GET has no body: say that this one stands in the query.",
        ),
        (
            response.status_code == 422,
            "Nothing was sent, and something was missed: see its name in `detail`. `| None` says which values are "
            "allowed, not that the parameter may be left out: a default does that.",
        ),
    )
    assert response.json() == answer({}, tickets), told(
        (has_nulls(response), NULLS),
        (has_strangers(response, tickets), STRANGERS),
        (
            part(response, "filters") == {},
            "Nothing was sent, so nothing filters: the ids of all tickets are expected, in the order of `TICKETS`.",
        ),
    )
    tickets.append({"id": 100, "priority": 0, "escalated": False, "assignee": None, "opened": date(2026, 1, 1)})
    module.TICKETS.append(dict(tickets[-1]))
    response = client.get("/tickets")
    assert response.json() == answer({}, tickets), (
        "A ticket was added to `TICKETS` after the request before this one, and the answer does not show it at its place."
    )


def test_priority_zero_is_a_filter(tickets, client):
    """`priority` keeps the tickets of this priority, 0 to 3, and comes back in `filters` as a number."""
    for priority in range(4):
        response = client.get("/tickets", params={"priority": priority})
        assert response.status_code == 200, f"Priority {priority} was sent, and nothing else."
        found = [ticket for ticket in tickets if ticket["priority"] == priority]
        assert response.json() == answer({"priority": priority}, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                priority == 0 and lists_everything(response, tickets),
                "Priority 0 was sent and the list shows everything. In a condition, 0 counts as false; the question "
                "is not whether the number is true, but whether it was sent.",
            ),
            (
                part(response, "filters") == {"priority": str(priority)},
                "The priority came back as the text of the address. It was to be converted to a number.",
            ),
            f"Priority {priority} was sent, and nothing else.",
        )


def test_not_escalated_is_a_filter(tickets, client):
    """`escalated` keeps the escalated tickets, or, when it is false, those that are not; `filters` holds it as true or false."""
    for spelling, escalated in (
        ("no", False),
        ("false", False),
        ("0", False),
        ("off", False),
        ("yes", True),
        ("true", True),
        ("1", True),
        ("on", True),
    ):
        response = client.get("/tickets", params={"escalated": spelling})
        assert response.status_code == 200, f"`escalated={spelling}` was sent, and nothing else."
        found = [ticket for ticket in tickets if ticket["escalated"] == escalated]
        assert response.json() == answer({"escalated": escalated}, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                not escalated and lists_everything(response, tickets),
                "Escalated tickets were to be left out and the list shows everything. A condition cannot tell False "
                "from “not sent” if it only asks whether the value is true.",
            ),
            (
                part(response, "filters") == {"escalated": spelling},
                "`escalated` came back as the text of the address. It was to be converted to true or false.",
            ),
            f"`escalated={spelling}` was sent, and nothing else.",
        )


def test_an_empty_assignee_asks_for_unassigned_tickets(tickets, people, client, rng):
    """`assignee` keeps the tickets of the person with exactly this name; an empty one keeps the tickets whose `assignee` is `None`."""
    for sent in (*people, "None", "", rng.title(), people[0][:3], people[1].lower()):
        response = client.get("/tickets", params={"assignee": sent})
        assert response.status_code == 200, f"`assignee={sent}` was sent, and nothing else."
        found = [ticket for ticket in tickets if ticket["assignee"] == (sent or None)]
        assert response.json() == answer({"assignee": sent}, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                sent == "" and lists_everything(response, tickets),
                "The name was sent, but empty, and the list shows everything. Empty is not the same as absent: here "
                "it asks for the tickets that nobody has.",
            ),
            (
                sent == "" and part(response, "ids") == [] and part(response, "filters") == {"assignee": ""},
                "An empty name asks for the tickets of nobody. In `TICKETS`, their `assignee` is `None`, not an empty text.",
            ),
            (sent == "None", "The name sent is “None”, four letters, and nobody in `TICKETS` is called that."),
            f"The name sent is “{sent}”, and nothing else.",
        )


def test_from_is_the_name_in_the_address(tickets, client):
    """`from` keeps the tickets that were opened on this day or later, and comes back in `filters` as `from`, as an ISO date."""
    days = sorted({ticket["opened"] for ticket in tickets})
    for day in (days[2], days[0], days[-1], days[-1] + timedelta(days=1)):
        response = client.get("/tickets", params={"from": day.isoformat()})
        assert response.status_code == 200, told(
            (
                refusal(response) == refused_at("query.from"),
                "`from` was sent with a good date, and was refused. Does your route know it under another name? `from` is a "
                "keyword of Python's and cannot be a variable's name, but a parameter may have another name in the address "
                "than in Python.",
            ),
        )
        found = [ticket for ticket in tickets if ticket["opened"] >= day]
        assert response.json() == answer({"from": day.isoformat()}, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                part(response, "filters") == {},
                "The address says `from`, and your route does not see it. `from` is a keyword of Python's and cannot be "
                "a variable's name, but a parameter may have another name in the address than in Python.",
            ),
            (
                isinstance(part(response, "filters"), dict) and "from" not in part(response, "filters"),
                "The caller knows this filter as `from`, and in `filters` there is nothing under this name.",
            ),
            (
                part(response, "filters") == {"from": day.isoformat()},
                f"The date sent is {day}. The tickets of the day itself belong to the list, and all that were opened later. "
                "Earlier ones do not.",
            ),
        )


def test_filters_combine_and_are_echoed(module, tickets, client, rng):
    """Several filters narrow the list together, and `filters` holds exactly those that were sent, after conversion. `TICKETS` itself stays as it was."""
    # The first two describe one ticket each, so at least this one is found. Nothing was opened on the day they start from.
    loose = rng.choice([ticket for ticket in tickets if ticket["priority"] == 0 and ticket["assignee"] is None])
    held = rng.choice(
        [ticket for ticket in tickets if ticket["priority"] and ticket["escalated"] and ticket["assignee"]]
    )
    mixes = (
        ({"priority": 0, "assignee": "", "from": (loose["opened"] - timedelta(days=1)).isoformat()}, {}),
        (
            {"assignee": held["assignee"], "escalated": True, "from": (held["opened"] - timedelta(days=1)).isoformat()},
            {"escalated": "yes"},
        ),
        ({"escalated": False, "priority": 0}, {"escalated": "no"}),
        ({"assignee": "", "escalated": True}, {"escalated": "1"}),
    )
    for filters, spelt in mixes:
        response = client.get("/tickets", params=filters | spelt)
        assert response.status_code == 200
        found = [
            ticket
            for ticket in tickets
            if ticket["priority"] == filters.get("priority", ticket["priority"])
            and ticket["escalated"] == filters.get("escalated", ticket["escalated"])
            and (ticket["assignee"] or "") == filters.get("assignee", ticket["assignee"] or "")
            and ticket["opened"].isoformat() >= filters.get("from", "")
        ]
        assert response.json() == answer(filters, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                part(response, "filters") == filters,
                "The ids are not those of the tickets that fit every filter that was sent.",
            ),
            "`filters` is not what was sent, each value under its name in the address.",
        )
        left_behind = module.TICKETS
        assert left_behind == tickets, (
            "`TICKETS` is not what it was before this request. Your function may look at the tickets, not change them: "
            "whoever asks next gets to see what it left behind."
        )


def test_a_misspelt_filter_is_refused(tickets, people, client, rng):
    """A parameter that the contract does not name is refused with 422 at `["query", <that name>]`, letter by letter: `Priority` and `from_` are unknown."""
    for sent, unknown in (
        ({"asignee": people[0]}, "asignee"),
        ({"Priority": "1"}, "Priority"),
        ({"from_": tickets[0]["opened"].isoformat()}, "from_"),
        ({"priority": "0", (name := rng.word()): "1"}, name),
    ):
        response = client.get("/tickets", params=sent)
        assert refusal(response) == refused_at(f"query.{unknown}"), told(
            (
                response.status_code == 200 and unknown == "from_",
                "`from_` may be a name in your code; in the address it is a typing error like any other.",
            ),
            (
                response.status_code == 200,
                f"There is no filter `{unknown}`, and nobody was told: whoever mistyped it believes that the list is "
                "filtered. FastAPI ignores unknown parameters unless it is told not to.",
            ),
            (
                response.status_code == 422,
                f"`{unknown}` is the fault here: in FastAPI's own form, it is to be named, and nothing else.",
            ),
            (
                response.status_code == 400,
                f"`{unknown}` is refused, but with a status of your own. FastAPI's answer to what is wrong in a query is 422.",
            ),
        )


def test_a_bad_value_is_refused(client, rng):
    """A value that does not fit, an empty `priority`, `escalated` or `from` included, is refused with 422 at `["query", <name>]`."""
    bad = {
        "priority": (str(rng.randint(4, 90)), "-1", "1.5", rng.word(), ""),
        "escalated": ("maybe", str(rng.randint(2, 90)), ""),
        "from": (rng.word(), "2026-02-30", ""),
    }
    for name, values in bad.items():
        for value in values:
            response = client.get("/tickets", params={name: value})
            assert refusal(response) == refused_at(f"query.{name}"), told(
                (response.status_code == 200, f"“{value}” went through as `{name}`."),
                f"“{value}” is sent as `{name}`, and nothing else. This parameter alone is at fault.",
            )


def test_the_old_name_agent_still_works(tickets, people, client):
    """`agent` means the same as `assignee`, the empty text included, also together with other filters, and comes back in `filters` as `agent`."""
    for sent, more in ((people[0], {}), (people[1], {}), ("", {}), (people[0], {"escalated": True})):
        response = client.get("/tickets", params={"agent": sent} | dict.fromkeys(more, "true"))
        assert response.status_code == 200, told(
            (
                refusal(response) == refused_at("query.agent"),
                "`agent` was refused. A model that forbids extra fields gets to see *all* query parameters of the route, so "
                "this one has to be known to the model, too.",
            ),
        )
        found = [
            ticket
            for ticket in tickets
            if ticket["assignee"] == (sent or None)
            and ticket["escalated"] == more.get("escalated", ticket["escalated"])
        ]
        assert response.json() == answer({"agent": sent} | more, found), told(
            (has_nulls(response), NULLS),
            (has_strangers(response, tickets), STRANGERS),
            (
                part(response, "filters") == {"assignee": sent} | more,
                "The filter was sent as `agent`, and `filters` is to say what was sent.",
            ),
            (
                sent == "" and lists_everything(response, tickets),
                "`agent` was sent, but empty: that means nobody's tickets.",
            ),
            (
                isinstance(part(response, "filters"), dict) and "agent" not in part(response, "filters"),
                "`agent` was sent, and `filters` does not say so. Did your route look at it?",
            ),
            f"`agent` was sent as “{sent}”. It means what `assignee` means.",
        )


def test_the_docs_know_the_filters(docs):
    """The docs list exactly the five parameters in the query, none of them required, and only `agent` as deprecated."""
    names = ("priority", "escalated", "assignee", "from", "agent")
    assert docs.places("get", "/tickets") == dict.fromkeys(names, "query, optional")
    parameters = docs.parameters("get", "/tickets")
    assert [name for name in names if parameters[name].deprecated] == ["agent"], told(
        "These are the parameters that the docs mark as deprecated. It ought to be the old name alone."
    )
