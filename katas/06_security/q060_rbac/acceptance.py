"""Checks of q060: who somebody is, what their role may do, whose ticket it is, and what nobody has thought of."""

import base64
import json
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Any

import pytest
from fastapi import APIRouter

from pytest_fastapi_kata.checks import challenge, exactly, told, value_at

TENANT, CARETAKER, MANAGER = ROLES = ("tenant", "caretaker", "manager")
NOT_ALLOWED = {"detail": "Not allowed"}
NO_TICKET = {"detail": "Ticket not found"}
NO_USER = {"detail": "User not found"}
OF_A_TICKET = ("id", "tenant", "building", "text", "state")
OF_A_USER = ("id", "role", "building")
LIST, REPORT = ("GET", "/tickets"), ("GET", "/staff/report")
OPEN, READ = ("POST", "/tickets"), ("GET", "/tickets/{ticket_id}")
CHANGE, DELETE = ("PATCH", "/tickets/{ticket_id}"), ("DELETE", "/tickets/{ticket_id}")
GIVE = "PUT", "/staff/users/{user_id}/role"
MAY = {
    LIST: ROLES,
    OPEN: (TENANT,),
    READ: ROLES,
    CHANGE: (CARETAKER, MANAGER),
    DELETE: (MANAGER,),
    REPORT: (MANAGER,),
    GIVE: (MANAGER,),
}


@dataclass
class Person:
    """A user of this run, with the token that they send and how a message calls them."""

    token: str
    user: Any
    called: str

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def __str__(self):
        return self.called


class Estate:
    """Two buildings with three tenants and two caretakers, a manager, and tickets."""

    def __init__(self, given, rng):
        self.rng = rng
        self.housing = given("housing", users={}, tickets={}, _tokens={}, _ids=count(rng.randint(100, 900)))
        number = rng.randint(1, 9)
        # One name is the beginning of the other.
        street = rng.name()
        self.near, self.far = f"{street} {number}", f"{street} {number}0"
        self.tenant = self.person(TENANT, self.near)
        self.caretaker = self.person(CARETAKER, self.near)
        self.neighbour = self.person(TENANT, self.near)
        self.stranger = self.person(TENANT, self.far)
        self.colleague = self.person(CARETAKER, self.far)
        self.manager = self.person(MANAGER, rng.name())
        self.people = [self.tenant, self.neighbour, self.stranger, self.caretaker, self.colleague, self.manager]
        for person in (
            self.stranger,
            self.tenant,
            self.neighbour,
            self.tenant,
            self.stranger,
            self.neighbour,
            self.tenant,
        ):
            self.ticket(person)
        for ticket in rng.sample(list(self.tickets.values()), 3):
            ticket.state = "done"

    @property
    def tickets(self):
        return self.housing.tickets

    @property
    def users(self):
        return self.housing.users

    def person(self, role, building):
        """Somebody whom nobody has seen yet."""
        token = f"{self.rng.word(4)}-{self.rng.digits(5)}"
        return Person(token, self.housing.add_user(token, role, building), f"a {role} of {building}")

    def ticket(self, person):
        """A ticket that this person has written."""
        return self.housing.add_ticket(person.user, self.rng.title(3))

    @property
    def missing(self):
        """A number that neither a ticket nor a user has."""
        while True:
            number = self.rng.randint(1, 5000)
            if number not in self.tickets and number not in self.users:
                return number

    def concerns(self, ticket, person):
        user = self.users.get(person.user.id, person.user)
        caretaker = user.role == CARETAKER and user.building == ticket.building
        return user.role == MANAGER or caretaker or ticket.tenant == user.id

    def shown_to(self, person):
        return [shown(ticket) for ticket in self.tickets.values() if self.concerns(ticket, person)]

    def state(self):
        """All that a request could have changed."""
        return {
            "tickets": {number: facts(ticket, OF_A_TICKET) for number, ticket in self.tickets.items()},
            "users": {number: facts(user, OF_A_USER) for number, user in self.users.items()},
        }

    def body(self, operation):
        """A body that the operation takes, or None."""
        return {
            OPEN: {"text": self.rng.title(2)},
            CHANGE: {"state": self.rng.choice(["open", "done"])},
            GIVE: {"role": self.rng.choice(ROLES)},
        }.get(operation)

    def path(self, operation, person=None):
        """The operation's path, with the numbers of a ticket and a user who are there; the ticket concerns them if any does."""
        theirs = [one.id for one in self.tickets.values() if person and self.concerns(one, person)]
        ticket = self.rng.choice(theirs or list(self.tickets))
        return operation[1].format(ticket_id=ticket, user_id=self.stranger.user.id)

    def ask(self, client, person, operation, *, path=None, **options):
        """One of the operations, with what is made up unless it is named."""
        options.setdefault("json", self.body(operation))
        headers = {**(person.headers if person else {}), **options.pop("headers", {})}
        return client.request(operation[0], path or self.path(operation, person), headers=headers, **options)


@pytest.fixture
def estate(given, rng):
    """The estate, in place before the learner's app is imported."""
    return Estate(given, rng)


def facts(thing, names):
    return {name: getattr(thing, name, None) for name in names}


def shown(ticket):
    return facts(ticket, OF_A_TICKET)


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def named(operation):
    return " ".join(operation)


def is_served(response, status, story):
    """Assert the status that somebody gets who may."""
    assert response.status_code == status, told(
        (response.status_code == 401, f"{story} They are known by their token, and were taken for a stranger."),
        (response.status_code == 403, f"{story} They may, and were refused."),
        (
            response.status_code == 404 and value_at(response.json(), "detail") == "Not Found",
            f"{story} This 404 is the one for a path that has no route.",
        ),
        (response.status_code == 404, f"{story} It is there, and they were told that it is not."),
        (response.status_code == 405, f"{story} The path is known, but not with this method."),
        (
            response.status_code == 422,
            f"{story} The request is complete; `loc` in the answer says what FastAPI asks for besides. What a function wants "
            "and FastAPI is not told how to make, it asks of the caller.",
        ),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    )


def is_refused(response, story, danger):
    """Assert a 403 for somebody who is known and may not; ``danger`` is what follows if they were let through."""
    assert response.status_code == 403, told(
        (response.status_code < 300, f"{story} They were let in. {danger}"),
        (
            response.status_code == 401,
            f"{story} They are known, so this is 403. 401 would tell them to sign in, and they have.",
        ),
        (
            response.status_code == 404 and value_at(response.json(), "detail") == "Not Found",
            f"{story} This 404 is the one for a path that has no route.",
        ),
        (
            response.status_code in (404, 409),
            f"{story} {response.status_code} came, as if the question were what there is. Their role may not do this at all, "
            "and that comes first; what there is, is none of their business.",
        ),
        (response.status_code == 405, f"{story} 405 is for a path that has no route with this method."),
        (
            response.status_code == 422,
            f"{story} 422 came, as if the question were what they sent. It explains how the operation is used to somebody who "
            "may not use it.",
        ),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    )
    assert response.json() == exactly(NOT_ALLOWED), story


def is_unknown(response, story, danger):
    """Assert a 401 with a challenge for somebody who is not known."""
    assert response.status_code == 401, told(
        (response.status_code < 300, f"{story} It went through. {danger}"),
        (
            response.status_code == 403,
            f"{story} Nobody is known here, so this is 401. 403 is for somebody who is known and may not.",
        ),
        (
            response.status_code == 422,
            f"{story} 422 before 401 shows strangers the shape of the API: they learn what to send before anybody has asked "
            "who they are.",
        ),
        (
            response.status_code == 404 and value_at(response.json(), "detail") == "Not Found",
            f"{story} This 404 is the one for a path that has no route.",
        ),
        (
            response.status_code == 404,
            f"{story} 404 before 401 shows strangers which numbers are there.",
        ),
        (response.status_code == 405, f"{story} 405 is for a path that has no route with this method."),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    )
    asked_for = challenge(response)
    assert asked_for == "Bearer", told(
        (asked_for is None, f"{story} A 401 says in the header `WWW-Authenticate` how one can sign in; it is missing."),
        f"{story} The header `WWW-Authenticate` has to ask for `Bearer`.",
    )


def same(before, estate, story):
    """Assert that nothing was changed."""
    assert estate.state() == before, f"{story} It was refused, and yet users or tickets have changed."


def face(response):
    """All that can be seen of an answer."""
    return {"status": response.status_code, "headers": dict(response.headers), "body": response.text}


def sees_what_concerns(estate, client, person, story=""):
    """Assert that somebody is shown the tickets that concern them, in the list and one by one."""
    expected = estate.shown_to(person)
    response = estate.ask(client, person, LIST)
    called = f"{story}{upper(person)} asks for the list."
    is_served(response, 200, called)
    got = response.json()
    extra = [one for one in got if one not in expected] if isinstance(got, list) else []
    assert got == exactly(expected), told(
        (
            bool(extra),
            f"{called} There are tickets in it that do not concern them: everybody's trouble is read by whoever asks for a list.",
        ),
        (
            isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
            f"{called} These are the right tickets, in another order; the oldest comes first.",
        ),
        (isinstance(got, list), f"{called} Some of the tickets that concern them are missing."),
        called,
    )
    for ticket in list(estate.tickets.values()):
        allowed = estate.concerns(ticket, person)
        author = "they wrote it themselves" if ticket.tenant == person.user.id else "somebody else wrote it"
        called = f"{story}{upper(person)} asks for ticket {ticket.id} of {ticket.building}; {author}."
        response = estate.ask(client, person, READ, path=f"/tickets/{ticket.id}")
        if allowed:
            is_served(response, 200, called)
            assert response.json() == exactly(shown(ticket)), called
        else:
            not_theirs(response, called)


def not_there(response, story):
    """Assert the 404 for a ticket that does not exist."""
    assert response.status_code == 404, told(
        (response.status_code < 300, f"{story} It was answered as if there were one."),
        (
            response.status_code in (401, 403),
            f"{story} They are known, and their role may do this; there is no such ticket, and that is 404.",
        ),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    )
    assert response.json() == exactly(NO_TICKET), story


def not_theirs(response, story):
    """Assert the 404 for a ticket that does not concern somebody."""
    assert response.status_code == 404, told(
        (
            response.status_code < 300,
            f"{story} It does not concern them, and they got it. They only have to count up the number to go through what all "
            "others have written.",
        ),
        (
            response.status_code == 403,
            f"{story} It does not concern them, and 403 tells them that there is such a ticket. A missing one and this one are "
            "to be 404.",
        ),
        (
            response.status_code in (401, 405),
            f"{story} They are known, and their role may do this; only this ticket is not for them, and that is 404.",
        ),
        (
            response.status_code == 422,
            f"{story} The request is complete; `loc` in the answer says what FastAPI asks for besides.",
        ),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    )
    assert response.json() == exactly(NO_TICKET), story


def upper(person):
    text = str(person)
    return text[0].upper() + text[1:]


def test_everybody_sees_exactly_the_tickets_that_concern_them(estate, client):
    """`GET /tickets` shows those tickets that concern the user, the oldest first, whatever stands in the query; `GET /tickets/{ticket_id}` answers each of them, and 404 `{"detail": "Ticket not found"}` for the others."""
    for person in estate.people:
        sees_what_concerns(estate, client, person)
    own, other = estate.shown_to(estate.tenant), estate.stranger.user
    for query in (
        {"tenant": other.id},
        {"building": other.building},
        {"user_id": other.id},
        {"role": MANAGER},
        {"all": "1"},
    ):
        response = estate.ask(client, estate.tenant, LIST, params=query)
        story = f"A tenant asks for the list and writes {as_json(query)} into the query, which is to change nothing."
        is_served(response, 200, story)
        assert response.json() == exactly(own), story


def test_a_foreign_ticket_looks_like_a_missing_one(estate, client):
    """A ticket that does not concern the user and one that does not exist are answered alike, in status, headers and body, by `GET` and by `PATCH`, also if the body of the `PATCH` is no good."""
    for person, foreign in (
        (estate.tenant, estate.ticket(estate.neighbour)),
        (estate.tenant, estate.ticket(estate.stranger)),
        (estate.caretaker, estate.ticket(estate.stranger)),
        (estate.colleague, estate.ticket(estate.tenant)),
    ):
        own = next(ticket for ticket in estate.tickets.values() if estate.concerns(ticket, person))
        response = estate.ask(client, person, READ, path=f"/tickets/{own.id}")
        is_served(response, 200, f"{upper(person)} asks for ticket {own.id}, which concerns them.")
        asked = [(READ, None, "")]
        if person.user.role == CARETAKER:
            asked += [
                (CHANGE, {"state": "done"}, ""),
                (CHANGE, {"state": estate.rng.word()}, " with a state that there is not"),
            ]
        for operation, body, how in asked:
            before = estate.state()
            what = f"{upper(person)} sends {operation[0]}{how} for a ticket"
            missing = estate.ask(client, person, operation, path=f"/tickets/{estate.missing}", json=body)
            response = estate.ask(client, person, operation, path=f"/tickets/{foreign.id}", json=body)
            if not how:
                not_there(missing, f"{what} that does not exist.")
                not_theirs(response, f"{what} that does not concern them.")
            assert face(response) == face(missing), (
                f"{what} that does not concern them; it is compared with the answer for a ticket that does not exist. They "
                "differ, so ticket numbers can be probed: one learns how many there are, and when somebody reports something."
            )
            same(before, estate, f"{what} that does not concern them.")


def test_only_tenants_report_and_only_for_themselves(estate, client):
    """`POST /tickets` of a tenant makes a ticket with their own id and building and the state `open`, 201, whatever else stands in body, query or headers (extra fields are ignored, or 422). Caretakers and managers get 403."""
    before = estate.state()
    for person in (estate.caretaker, estate.manager, estate.colleague):
        response = estate.ask(client, person, OPEN)
        story = f"{upper(person)} reports something. Only tenants do; that somebody may do much does not mean that they may do this."
        is_refused(response, story, "What is in the list of repairs was no longer written by those who live there.")
        same(before, estate, story)
    neighbour, stranger = estate.neighbour.user, estate.stranger.user
    lies = (
        {},
        {"tenant": neighbour.id},
        {"building": stranger.building},
        {"state": "done"},
        {"id": next(iter(estate.tickets))},
        {"tenant": stranger.id, "building": stranger.building, "state": "done", "id": estate.missing},
    )
    for person, lie in product((estate.tenant, estate.stranger), lies):
        text, before = estate.rng.title(3), estate.state()
        response = estate.ask(
            client,
            person,
            OPEN,
            json={"text": text, **lie},
            params={"tenant": neighbour.id, "building": neighbour.building, "state": "done"},
            headers={"X-User-Id": str(neighbour.id), "X-Building": stranger.building},
        )
        story = f"{upper(person)} reports something{f', and writes {as_json(lie)} into the body' if lie else ''}."
        if lie and response.status_code == 422:
            same(before, estate, story)
            continue
        is_served(response, 201, story)
        new = [number for number in estate.tickets if number not in before["tickets"]]
        assert len(new) == 1, f"{story} It was answered 201, and these are the numbers of the tickets that are new."
        wanted = {
            "id": new[0],
            "tenant": person.user.id,
            "building": person.user.building,
            "text": text,
            "state": "open",
        }
        kept = shown(estate.tickets[new[0]])
        assert kept == wanted, told(
            (
                any(kept.get(name) == value != wanted[name] for name, value in lie.items()),
                f"{story} This is the ticket that was made, and what they wrote is in it. So a tenant reports in a neighbour's "
                "name, or has repairs done in a building that is not theirs.",
            ),
            f"{story} This is the ticket that was made.",
        )
        assert response.json() == exactly(wanted), f"{story} The answer is the new ticket."


def test_caretakers_of_the_building_and_managers_change_the_state(estate, client):
    """`PATCH /tickets/{ticket_id}` of caretakers, for tickets that concern them, and of managers sets the state and nothing else, 200. An unknown state is 422. Tenants get 403, be the ticket their own, another's or missing."""
    for person, ticket in (
        (estate.caretaker, estate.ticket(estate.tenant)),
        (estate.colleague, estate.ticket(estate.stranger)),
        (estate.manager, estate.ticket(estate.neighbour)),
    ):
        for state, extra in (
            ("done", {}),
            ("open", {}),
            ("done", {"text": estate.rng.title(), "tenant": estate.manager.user.id}),
            ("open", {"building": estate.rng.name(), "id": estate.missing}),
        ):
            before, wanted = estate.state(), {**shown(ticket), "state": state}
            story = f"{upper(person)} sets the state of a ticket to {as_json(state)}{f', and sends {as_json(extra)} as well' if extra else ''}."
            response = estate.ask(client, person, CHANGE, path=f"/tickets/{ticket.id}", json={"state": state, **extra})
            if extra and response.status_code == 422:
                same(before, estate, story)
                continue
            is_served(response, 200, story)
            assert response.json() == exactly(wanted), (
                f"{story} The answer is the ticket, in which only the state is new."
            )
            before["tickets"][ticket.id] = wanted
            assert estate.state() == before, (
                f"{story} This is what users and tickets look like then. Only the state changes."
            )
        for state in (estate.rng.word(), "Done", "", None, 1):
            before = estate.state()
            response = estate.ask(client, person, CHANGE, path=f"/tickets/{ticket.id}", json={"state": state})
            assert response.status_code == 422, f"{upper(person)} sets a state that there is not: {as_json(state)}."
            same(before, estate, f"{upper(person)} sets a state that there is not: {as_json(state)}.")
    before = estate.state()
    for which, number in (
        ("their own ticket", estate.ticket(estate.tenant).id),
        ("a neighbour's ticket", estate.ticket(estate.neighbour).id),
        ("a ticket of another building", estate.ticket(estate.stranger).id),
        ("a ticket that does not exist", estate.missing),
    ):
        before = estate.state()
        response = estate.ask(client, estate.tenant, CHANGE, path=f"/tickets/{number}", json={"state": "done"})
        story = f"A tenant sets the state of {which}, which only caretakers and managers may."
        is_refused(response, story, "Whoever wants their neighbour to wait marks the neighbour's ticket as done.")
        same(before, estate, story)


def test_only_managers_delete_and_count(estate, client):
    """`DELETE /tickets/{ticket_id}` of a manager deletes the ticket, 204 (404 if there is none), and `GET /staff/report` of a manager counts all tickets. Tenants and caretakers get 403, whosever the ticket is, and also if it is missing."""
    for person in estate.people[:-1]:
        for number in (estate.ticket(estate.tenant).id, estate.ticket(estate.stranger).id, estate.missing):
            before = estate.state()
            response = estate.ask(client, person, DELETE, path=f"/tickets/{number}")
            there = "that is there" if number in estate.tickets else "that does not exist"
            story = f"{upper(person)} deletes a ticket {there}, which only managers may."
            is_refused(response, story, "Whoever finds a ticket unpleasant makes it vanish.")
            same(before, estate, story)
        response = estate.ask(client, person, REPORT)
        story = f"{upper(person)} asks for the report, which is for managers only."
        is_refused(response, story, "The numbers of all buildings are read by whoever asks.")
    for _ in range(2):
        counted(estate, client)
        ticket = estate.rng.choice(list(estate.tickets.values()))
        response = estate.ask(client, estate.manager, DELETE, path=f"/tickets/{ticket.id}")
        is_served(response, 204, "A manager deletes a ticket.")
        assert ticket.id not in estate.tickets, "A manager deleted a ticket, the answer was 204, and it is still there."
        for operation in (DELETE, READ):
            response = estate.ask(client, estate.manager, operation, path=f"/tickets/{ticket.id}")
            not_there(response, f"A manager sends {operation[0]} for a ticket that was deleted.")
    for state in ("open", "done"):
        for ticket in estate.tickets.values():
            ticket.state = state
        counted(estate, client)


def counted(estate, client):
    states = [ticket.state for ticket in estate.tickets.values()]
    response = estate.ask(client, estate.manager, REPORT)
    is_served(response, 200, "A manager asks for the report.")
    assert response.json() == exactly({state: states.count(state) for state in ("open", "done")}), (
        "The report counts the tickets of all buildings as they are now."
    )


def test_only_managers_give_roles_and_never_to_themselves(estate, client):
    """`PUT /staff/users/{user_id}/role` of a manager sets the role, 200 with id and role; an unknown user is 404 `{"detail": "User not found"}`, an unknown role 422. For oneself it is 403, and so it is for tenants and caretakers."""
    deputy = estate.person(MANAGER, estate.near)

    def give(person, user_id, role, **options):
        path = f"/staff/users/{user_id}/role"
        return estate.ask(client, person, GIVE, path=path, json={"role": role, **options.pop("extra", {})}, **options)

    for person in estate.people[:-1]:
        for user_id in (person.user.id, estate.neighbour.user.id, estate.manager.user.id, estate.missing):
            before = estate.state()
            whom = "themselves" if user_id == person.user.id else f"user {user_id}"
            response = give(person, user_id, MANAGER)
            story = f"{upper(person)} makes {whom} a manager, which only managers may."
            is_refused(response, story, "One request, and they run the place.")
            same(before, estate, story)
    user = estate.stranger.user
    for person, role in ((estate.manager, CARETAKER), (deputy, MANAGER), (estate.manager, TENANT)):
        before = estate.state()
        response = give(person, user.id, role, headers={"X-User-Id": str(estate.tenant.user.id)})
        story = f"A manager gives user {user.id} the role {as_json(role)}."
        is_served(response, 200, story)
        assert response.json() == exactly({"id": user.id, "role": role}), story
        before["users"][user.id]["role"] = role
        assert estate.state() == before, (
            f"{story} This is what users and tickets look like then. Only that role changes."
        )
    for role in (estate.rng.word(), "", "Manager", "manager ", None, 1, [MANAGER]):
        before = estate.state()
        response = give(estate.manager, user.id, role)
        assert response.status_code == 422, f"A manager gives a role that there is not: {as_json(role)}."
        same(before, estate, f"A manager gives a role that there is not: {as_json(role)}.")
    ticket = next(iter(estate.tickets))
    for user_id in (estate.missing, ticket):
        response = give(estate.manager, user_id, TENANT)
        assert response.status_code == 404, "A manager gives a role to a user who does not exist." + (
            " This is the number of a ticket." * (user_id == ticket)
        )
        assert response.json() == exactly(NO_USER), "A manager gives a role to a user who does not exist."
    for person, role in product((estate.manager, deputy), ROLES):
        before = estate.state()
        response = give(person, person.user.id, role)
        story = f"A manager gives the role {as_json(role)} to themselves. Nobody does that, whatever the role."
        is_refused(
            response,
            story,
            "Roles are given by somebody else, who looks at it; and the only manager must not lock everybody out by one slip.",
        )
        same(before, estate, story)
    response = give(deputy, estate.manager.user.id, TENANT)
    is_served(response, 200, "A manager makes another manager a tenant.")
    response = estate.ask(client, estate.manager, REPORT)
    is_refused(
        response,
        "Somebody was a manager until another manager made them a tenant, and asks for the report.",
        "A role that was taken away goes on working.",
    )


def test_a_new_role_counts_at_once(estate, client):
    """Role and building of a user are looked up for every request. What has changed counts from the next request on, with the same token; a role that there is not may do nothing, and a user who is no longer there is unknown (401)."""
    works = "The role that somebody once had goes on working."
    for person in estate.people:
        sees_what_concerns(estate, client, person)

    # A caretaker is moved to another building.
    estate.users[estate.caretaker.user.id].building = estate.far
    moved = replace(estate.caretaker, called=f"a caretaker who was moved to {estate.far}")
    sees_what_concerns(estate, client, moved)

    # A tenant moves; what they have reported before stays where it is.
    estate.users[estate.stranger.user.id].building = estate.near
    arrived = replace(estate.stranger, called=f"a tenant who has moved from {estate.far} to {estate.near}")
    old = replace(estate.colleague, called=f"a caretaker of {estate.far}, from where a tenant has moved away,")
    for person in (arrived, old):
        sees_what_concerns(estate, client, person)
    estate.users[estate.stranger.user.id].building = estate.far

    # A tenant becomes a caretaker elsewhere, and has written a ticket before that.
    user = estate.tenant.user
    estate.users[user.id] = estate.housing.User(user.id, CARETAKER, estate.far)
    hired = replace(
        estate.tenant, called=f"a caretaker of {estate.far} who was a tenant of {estate.near} and reported things there"
    )
    sees_what_concerns(estate, client, hired)
    response = estate.ask(client, hired, OPEN)
    is_refused(response, f"{upper(hired)} reports something; only tenants do.", works)
    ticket = estate.ticket(estate.stranger)
    response = estate.ask(client, hired, CHANGE, path=f"/tickets/{ticket.id}", json={"state": "done"})
    is_served(response, 200, f"{upper(hired)} sets the state of a ticket of {estate.far}.")

    # A manager becomes a tenant.
    estate.users[estate.manager.user.id].role = TENANT
    former = replace(estate.manager, called="a tenant who was a manager")
    for operation in (REPORT, DELETE, GIVE, CHANGE):
        before = estate.state()
        response = estate.ask(client, former, operation)
        is_refused(response, f"{upper(former)} sends {named(operation)}.", works)
        same(before, estate, f"{upper(former)} sends {named(operation)}.")
    sees_what_concerns(estate, client, former)
    estate.users[estate.manager.user.id].role = MANAGER
    response = estate.ask(client, estate.manager, REPORT)
    is_served(response, 200, "Somebody is a manager again, and asks for the report.")

    # Roles that there are not.
    for role in (estate.rng.word(), "", "Manager", "tenants"):
        estate.users[estate.neighbour.user.id].role = role
        for operation in MAY:
            before = estate.state()
            response = estate.ask(client, estate.neighbour, operation)
            story = f"A user with the role {as_json(role)}, which there is not, sends {named(operation)}."
            is_refused(
                response,
                story,
                "A role that nobody has thought of must not fall into a place where it may do something.",
            )
            same(before, estate, story)
    gone = estate.users.pop(estate.neighbour.user.id)
    for operation in MAY:
        before = estate.state()
        response = estate.ask(client, estate.neighbour, operation)
        story = f"A user who has been removed sends {named(operation)} with the old token."
        is_unknown(response, story, "Somebody who has moved out goes on as if they lived here.")
        same(before, estate, story)
    estate.users[gone.id] = gone
    gone.role = TENANT
    sees_what_concerns(estate, client, estate.neighbour)


def malformed(operation, estate, person=None):
    """The operation with the wrong kind of number or body: paths and bodies, each with a name."""
    path = operation[1]
    if "{" in path:
        yield (
            "a number that is none",
            path.format(ticket_id=estate.rng.word(), user_id=estate.rng.word()),
            estate.body(operation),
        )
    if estate.body(operation):
        good = estate.path(operation, person)
        for what, body in (("a body without its field", {}), ("a body that is a list", [estate.rng.word()])):
            yield what, good, body
        field = next(iter(estate.body(operation)))
        yield f"a `{field}` that is no text", good, {field: {estate.rng.word(): 1}}


def test_nobody_gets_in_without_a_known_token(estate, client):
    """Without a known bearer token in the header `Authorization` each operation is 401 with `WWW-Authenticate: Bearer`, also with a malformed number or body. Who is known and may not gets 403 for these, too. No header and no query gives a role."""
    response = estate.ask(client, estate.manager, REPORT)
    is_served(response, 200, "A manager asks for the report.")
    good = estate.manager.token
    basic = base64.b64encode(f"manager:{good}".encode()).decode()
    strangers = {
        "no token": {},
        "a token that differs from a good one in its case": {"headers": {"Authorization": f"Bearer {good.upper()}"}},
        "an unknown token": {"headers": {"Authorization": f"Bearer {good}x"}},
        "the demo manager's token, who is no user here": {"headers": {"Authorization": "Bearer demo-manager"}},
        "`Bearer` without a token": {"headers": {"Authorization": "Bearer"}},
        "the id of a manager as token": {"headers": {"Authorization": f"Bearer {estate.manager.user.id}"}},
        "a good token without a scheme": {"headers": {"Authorization": good}},
        "a good token as the password of `Basic`": {"headers": {"Authorization": f"Basic {basic}"}},
        "a good token after `Token`": {"headers": {"Authorization": f"Token {good}"}},
        "`X-Role: manager` and no token": {"headers": {"X-Role": "manager", "X-User-Id": str(estate.manager.user.id)}},
        "a good token in the query": {"params": {"token": good, "access_token": good, "role": "manager"}},
        "a good token in a cookie": {"headers": {"Cookie": f"token={good}; access_token={good}"}},
    }
    made_up = "Anybody can send that, and does now what only users may."
    elsewhere = (
        "A token has one place. In others it gets into logs and histories, and whoever reads it there is that user."
    )
    other_scheme = "The one scheme here is `Bearer`, and the docs name no other. A door that is in no list is one that nobody watches."
    dangers = {"in": elsewhere, "wi": other_scheme, "as": other_scheme, "af": other_scheme}
    for operation in MAY:
        for what, options in strangers.items():
            before = estate.state()
            response = estate.ask(client, None, operation, **options)
            story = f"{named(operation)} with {what}."
            is_unknown(response, story, dangers[what[13:15]] if what.startswith("a good token") else made_up)
            same(before, estate, story)
        for what, path, body in malformed(operation, estate):
            response = estate.ask(client, None, operation, path=path, json=body)
            is_unknown(response, f"{named(operation)} with no token, and with {what}.", made_up)
    claims = {
        "headers": {"X-Role": "manager", "Role": "manager"},
        "params": {"role": "manager", "user_id": estate.manager.user.id},
    }
    for person in (estate.tenant, estate.caretaker):
        for operation, roles in MAY.items():
            if person.user.role in roles:
                continue
            before = estate.state()
            response = estate.ask(client, person, operation, **claims)
            story = (
                f"{upper(person)} sends {named(operation)}, and claims in a header and in the query to be a manager."
            )
            is_refused(response, story, "What somebody says about themselves is no role: any tenant runs the place.")
            same(before, estate, story)
            for what, path, body in malformed(operation, estate, person):
                response = estate.ask(client, person, operation, path=path, json=body)
                is_refused(
                    response,
                    f"{upper(person)} sends {named(operation)} with {what}. Their role may not do this at all.",
                    "",
                )


class Late:
    """Routes that are added to the learner's app while it runs, and what became of their functions."""

    def __init__(self, app, rng):
        self.app = app
        self.rng = rng
        self.ran = []
        self.routes = []

    def add(self, how, method, path, *, name=None, prefix="", router=None):
        """Add a route by `app.add_api_route`, or by `app.include_router` if there is a router."""

        def run():
            self.ran.append(how)
            return {"late": True}

        run.__name__ = run.__qualname__ = name or f"{self.rng.word()}_{len(self.routes)}"
        if router is None:
            self.app.add_api_route(path, run, methods=[method])
        else:
            router.add_api_route(path, run, methods=[method])
            self.app.include_router(router, prefix=prefix)
        whole = f"{prefix}{router.prefix if router else ''}{path}"
        self.routes.append((how, method, whole))


def names_of_functions(estate, app, client_for):
    """The names of the functions that stand behind the seven operations."""
    found = {}

    async def watched(scope, receive, send):
        try:
            await app(scope, receive, send)
        finally:
            endpoint = scope.get("endpoint")
            found[getattr(endpoint, "__name__", type(endpoint).__name__)] = None

    with_watch = client_for(watched, lifespan=False)
    for operation in MAY:
        estate.ask(with_watch, None, operation)
    return [name for name in found if name != "NoneType"]


def test_a_route_without_a_rule_is_closed(estate, app, client, client_for):
    """Any route that is added later to `app` and for which nobody has stated who may use it is 401 for strangers and 403 `{"detail": "Not allowed"}` for every user, and its function does not run: on new paths, below yours, beside yours with another method, behind a prefix, and also if its function is called like one of yours."""
    late, word = Late(app, estate.rng), estate.rng.word
    names = names_of_functions(estate, app, client_for)
    own = "on a path of its own"
    method = "on one of your paths, with another method. What is stated for one method says nothing about another"
    below = "below one of your paths. What is stated for a path says nothing about what somebody puts below it"
    slash = (
        "on one of your paths, with a slash behind. `/tickets` and `/tickets/` are two paths to FastAPI, and what is stated for "
        "the first says nothing about the second"
    )
    late.add(own, "GET", f"/{word()}")
    late.add(own, "POST", f"/{word()}/{word()}")
    late.add("in a router", "GET", f"/{word()}", router=APIRouter())
    late.add("in a router with a prefix", "GET", f"/{word()}", router=APIRouter(prefix=f"/{word()}"))
    late.add(method, "POST", "/staff/report")
    late.add(method, "PUT", "/tickets/{ticket_id}")
    late.add(method, "DELETE", "", router=APIRouter(prefix="/tickets"))
    late.add(below, "GET", "/tickets/{ticket_id}/" + word())
    late.add(below, "GET", f"/staff/{word()}")
    late.add(slash, "GET", "/tickets/")
    for one, path in (LIST, REPORT, READ, OPEN):
        late.add(
            f"in a router that is included with a prefix. Within the router its path is `{path}`; the whole path is another",
            one,
            path,
            router=APIRouter(),
            prefix=f"/{word()}",
        )
    for name in names:
        late.add(
            f"its function is called `{name}`, like one of yours. Names repeat, and say nothing about who may use what",
            "GET",
            f"/{word()}",
            name=name,
        )
    response = estate.ask(client, estate.manager, REPORT)
    is_served(response, 200, "After routes were added, a manager asks for the report.")
    for how, method, path in late.routes:
        target = path.format(ticket_id=next(iter(estate.tickets)))
        what = f"{method} {target} was added later: {how}. Nobody has stated who may use it."
        for headers in ({}, {"Authorization": f"Bearer {word()}"}):
            response = client.request(method, target, headers=headers)
            with_token = ", with a token that nobody has" if headers else ""
            is_unknown(response, f"{what} A stranger asked for it{with_token}.", "It is open to the whole world.")
            assert late.ran == [], f"{what} It was refused, and yet its function ran."
        for person in estate.people:
            response = client.request(method, target, headers=person.headers)
            if person.user.role == MANAGER:
                danger = "Managers may what is stated for managers; what is stated for nobody is for nobody."
            else:
                danger = "Whoever has a token may use it."
            is_refused(response, f"{what} {upper(person)} asked for it.", danger)
            assert late.ran == [], f"{what} It was refused, and yet its function ran."


def test_the_docs_show_that_all_operations_need_a_token(estate, docs):
    """The OpenAPI document has exactly one security scheme, `http` and `bearer`, and all seven operations require it."""
    for method, path in MAY:
        requirements = docs.operation(method, path).get("security") or []
        required = sorted({name for one in requirements for name in one})
        assert len(required) == 1, told(
            (
                required == [],
                f"The docs say that {method} {path} is open to everybody. They hear of a scheme if a class of "
                "`fastapi.security` stands somewhere below the route.",
            ),
            f"These are the security schemes that {method} {path} requires. There has to be exactly one.",
        )
    schemes = docs.document.get("components", {}).get("securitySchemes", {})
    kinds = [{key: scheme.get(key) for key in ("type", "scheme")} for scheme in schemes.values()]
    assert kinds == exactly([{"type": "http", "scheme": "bearer"}]), "These are the security schemes in the docs."
