"""Checks of q056: scopes that are named anywhere and enforced in one place."""

from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import SecurityScopes

from pytest_fastapi_kata.checks import challenge, exactly, picked, refusal, refused_at, told, value_at

WHOAMI = "GET", "/whoami"
BALANCE = "GET", "/accounts/{number}/balance"
TRANSFERS = "POST", "/accounts/{number}/transfers"
SCOPES = "accounts", "accounts:balance", "accounts:transfer"
NEEDED = {
    WHOAMI: set(),
    BALANCE: {"accounts", "accounts:balance"},
    TRANSFERS: {"accounts", "accounts:transfer"},
}
STATUS = {WHOAMI: 200, BALANCE: 200, TRANSFERS: 202}
FROZEN = {"detail": "Client is frozen"}


class Bank:
    """The clients of this run."""

    def __init__(self, given, rng):
        self.rng = rng
        self.vault = given("vault")

    def client(self, scopes, *, frozen=False):
        """A token that nobody has seen yet, and its client."""
        token = f"{self.rng.word()}-{self.rng.digits(6)}"
        return token, self.vault.add(token, self.rng.title(), set(scopes), frozen)

    def account(self):
        return self.rng.randint(1_000, 9_999_999)


@pytest.fixture
def bank(given, rng):
    """The vault, in place before the learner's app is imported."""
    return Bank(given, rng)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def ask(client, operation, token, number=1):
    method, path = operation
    return client.request(method, path.format(number=number), headers=bearer(token))


def subsets(scopes):
    """All selections of these scopes, the empty one first."""
    scopes = list(scopes)
    return [set(some) for count in range(len(scopes) + 1) for some in combinations(scopes, count)]


def listed(scopes):
    return ", ".join(f"`{scope}`" for scope in sorted(scopes)) or "no scope"


def link(module, name):
    """One of the learner's two dependencies."""
    found = getattr(module, name, None)
    assert callable(found), f"`app.py` has no `{name}` that could be used with `Depends` or `Security`."
    return found


def let_in(response, story):
    """What it means if somebody who may is not let in."""
    return told(
        (
            response.status_code == 404 and response.text == '{"detail":"Not Found"}',
            f"{story} There seems to be no such route.",
        ),
        (response.status_code == 401, f"{story} The vault knows the token, and its client was taken for a stranger."),
        (response.status_code == 403, f"{story} That is all that is needed here, and the client was refused."),
        (
            response.status_code == 422,
            f"{story} FastAPI misses something in this request, which is complete; `loc` in the answer says what. What a "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        (
            response.status_code == 500,
            f"{story} An exception ended the request; it is shown below.",
        ),
        story,
    )


def kept_out(response, story, harm=""):
    """What it means if a client who may not is answered something else than 403."""
    return told(
        (response.status_code < 300, f"{story} They were let in. {harm}".strip()),
        (
            response.status_code == 401,
            f"{story} The client is known, so this is 403. 401 would mean that nobody knows who they are, and clients "
            "would fetch a new token, in vain.",
        ),
        (
            response.status_code == 500,
            f"{story} An exception ended the request; it is shown below. If it was meant as a refusal, it has to be one that "
            "every FastAPI app makes a 403 of: other teams' apps have no handler of yours.",
        ),
        let_in(response, story),
    )


def test_the_operations_answer_their_client(bank, client):
    """`GET /whoami` answers name and sorted scopes of the client, `GET /accounts/{number}/balance` 200 and `POST /accounts/{number}/transfers` 202 with `{"client", "account"}`. A number that is none is 422."""
    for _ in range(2):
        token, holder = bank.client({*SCOPES, bank.rng.word()})
        response = ask(client, WHOAMI, token)
        assert response.status_code == 200, let_in(response, "This client is in the vault.")
        assert response.json() == exactly({"name": holder.name, "scopes": sorted(holder.scopes)})
        for operation in (BALANCE, TRANSFERS):
            number = bank.account()
            response = ask(client, operation, token, number)
            assert response.status_code == STATUS[operation], let_in(response, "This client holds all scopes.")
            assert response.json() == exactly({"client": holder.name, "account": number})
    for operation in (BALANCE, TRANSFERS):
        response = ask(client, operation, token, bank.rng.word())
        assert refusal(response) == refused_at("path.number"), "The number of an account is a whole number."


def gap(needed, held):
    """What a client lacks who was let in, and what does not make up for it."""
    missing = needed - held
    return told(
        (
            "accounts" in missing and any(scope.startswith("accounts:") for scope in held),
            "That is without `accounts`, and none of the longer names stands in for the shorter one or has it in it.",
        ),
        (
            "accounts" in held,
            f"{listed(missing)} is a second scope, which was granted or not; to hold the first of two is half of what is asked "
            "for.",
        ),
        "So a token that was granted nothing at all gets through.",
    )


def test_every_operation_needs_exactly_its_scopes(bank, client):
    """`/whoami` needs no scope, `balance` needs `accounts` and `accounts:balance`, `transfers` needs `accounts` and `accounts:transfer`: all of them, as whole words. Whoever lacks one is 403."""
    words = {"account", "balance", "accounts:balance:daily", "accounts:transfers", bank.rng.word()}
    capitals, star = {"ACCOUNTS", "ACCOUNTS:BALANCE"}, {"*"}
    for others, meaning in (
        (set(), ""),
        (words, "What is in part the same, or begins or ends alike, is another scope."),
        (
            capitals,
            "Nobody said that capital letters make no difference: whoever issues scopes may use both for different things.",
        ),
        (
            star,
            "That star is one more scope. It stands for no others, and nobody who gave it out meant accounts by it.",
        ),
    ):
        for held in subsets(reversed(SCOPES)):
            token, _holder = bank.client(held | others)
            for operation, needed in NEEDED.items():
                method, path = operation
                response = ask(client, operation, token, bank.account())
                allowed = needed <= held
                besides = f"besides, as other words, {listed(others)}" if others else "nothing else"
                story = (
                    f"{method} {path} needs {listed(needed)}. Of the three scopes the client holds "
                    f"{listed(held) if held else 'none'}, and {besides}."
                )
                assert response.status_code == (STATUS[operation] if allowed else 403), (
                    let_in(response, story) if allowed else kept_out(response, story, meaning or gap(needed, held))
                )
    token, holder = bank.client(SCOPES)
    response = ask(client, BALANCE, token)
    assert response.status_code == 200, let_in(response, "This client holds all scopes.")
    bank.vault.add(token, holder.name, {"accounts"})
    response = ask(client, BALANCE, token)
    assert response.status_code == 403, (
        "The token has lost its scope `accounts:balance` since the last request. What a client may do has to be looked up anew "
        "for each request."
    )


def test_no_or_unknown_token_is_401(bank, module, client, client_for):
    """No token, an unknown one, another scheme, or `Bearer` without a token is 401 with the challenge `Bearer`, on the three operations, and on a route of another team with `current_client`."""
    token, _holder = bank.client(SCOPES)
    team = Team(module, bank.rng)
    paths = [(client, *operation) for operation in NEEDED]
    paths.append((client_for(team.app), "GET", team.routes[0].path))
    for where, method, path in paths:
        target = path.format(number=bank.account())
        response = where.request(method, target, headers=bearer(token))
        assert response.status_code < 300, let_in(response, "A known client with all scopes asked first.")
        for what, headers in {
            "No header": {},
            "An unknown token": bearer(f"{bank.rng.word()}-{bank.rng.digits(6)}"),
            "`Bearer` without a token": {"Authorization": "Bearer"},
            "A known token with the scheme `Basic`": {"Authorization": f"Basic {token}"},
            "A known token without a scheme": {"Authorization": token},
            "The names of the scopes in place of a token": bearer(" ".join(SCOPES)),
        }.items():
            response = where.request(method, target, headers=headers)
            assert response.status_code == 401, told(
                (response.status_code < 300, f"{what}: that opened {method} {path}."),
                (
                    response.status_code == 403,
                    f"{what}: nobody is known here, so this is 401. 403 is for a client who is known and may not.",
                ),
                (
                    response.status_code == 422,
                    f"{what}: whoever brings no credentials gets 401. A missing credential is not a missing field.",
                ),
                (response.status_code == 500, f"{what}: an exception ended the request; it is shown below."),
                f"{what}: nobody is known here.",
            )
            asked_for = challenge(response)
            assert asked_for == "Bearer", told(
                (
                    asked_for is None,
                    f"{what}: refused, but without the header `WWW-Authenticate`, which says in which way one can prove who "
                    "one is.",
                ),
                f"{what}: refused, and the header `WWW-Authenticate` has to ask for `Bearer`.",
            )


def test_a_frozen_client_may_only_ask_who_it_is(bank, module, client, client_for):
    """`active_client` refuses a frozen client with 403 `{"detail": "Client is frozen"}`; `current_client` and `/whoami` do not mind. A client is frozen and thawed from one request to the next."""
    token, holder = bank.client(SCOPES)
    team = Team(module, bank.rng)
    other = client_for(team.app)
    for frozen in (False, True, False):
        holder.frozen = frozen
        state = "This client is frozen." if frozen else "This client is not frozen, and holds all scopes."
        response = ask(client, WHOAMI, token)
        assert response.status_code == 200, let_in(response, f"{state} Everybody may ask who they are.")
        assert picked(response, "name") == exactly({"name": holder.name})
        for operation in (BALANCE, TRANSFERS):
            response = ask(client, operation, token, bank.account())
            _frozen_or_not(
                response, frozen, STATUS[operation], f"{state} {operation[0]} {operation[1]} is for active clients."
            )
        response = other.get(team.plain_current.path, headers=bearer(token))
        assert response.status_code == 200, let_in(response, f"{state} A team's route has `Depends(current_client)`.")
        response = other.get(team.plain_active.path, headers=bearer(token))
        _frozen_or_not(response, frozen, 200, f"{state} A team's route has `Depends(active_client)`.")


def _frozen_or_not(response, frozen, status, story):
    assert response.status_code == (403 if frozen else status), (
        kept_out(response, story) if frozen else let_in(response, story)
    )
    if frozen:
        assert response.json() == exactly(FROZEN), story


def test_the_scopes_of_the_whole_chain_arrive_in_current_client(bank, module, app, client):
    """If a test replaces `current_client`, the replacement receives in its `SecurityScopes` just the scopes of each operation, in one call or in several."""
    token, holder = bank.client(SCOPES)
    original = link(module, "current_client")
    calls = []

    def spy(needed: SecurityScopes):
        calls.append(set(needed.scopes))
        return holder

    app.dependency_overrides[original] = spy
    for operation, needed in NEEDED.items():
        calls.clear()
        method, path = operation
        response = ask(client, operation, token, bank.account())
        assert response.status_code == STATUS[operation], told(
            (
                response.status_code in (401, 403),
                "The replacement of `current_client` lets everybody in, and something else refuses. Only `current_client` "
                "judges tokens and scopes.",
            ),
            let_in(response, "The replacement of `current_client` gives a client who is not frozen."),
        )
        assert calls != [], (
            f"`current_client` was replaced, and {method} {path} did not call the replacement. FastAPI replaces what it "
            "resolves itself; a function that is called by hand stays what it is."
        )
        arrived = sorted(set().union(*calls))
        assert arrived == sorted(needed), told(
            (
                set(arrived) < needed,
                f"`current_client` was asked for {listed(arrived)} on {method} {path}, which needs {listed(needed)}. "
                "`Depends` cannot carry scopes, and a scope that is not handed on arrives nowhere.",
            ),
            f"`current_client` was asked for {listed(arrived)} on {method} {path}, which needs {listed(needed)}.",
        )


def test_active_client_stands_on_current_client(bank, module, app, client, client_for):
    """A replacement of `current_client` reaches `active_client`: a frozen client whom it gives is refused. A replacement of `active_client` is used by the routes that need an active client. Both hold in other apps, too."""
    token, _holder = bank.client(SCOPES)
    current, active = link(module, "current_client"), link(module, "active_client")
    _token, put_in = bank.client({bank.rng.word()})
    _token, frozen = bank.client(SCOPES, frozen=True)
    team = Team(module, bank.rng)
    other = client_for(team.app)

    app.dependency_overrides[current] = team.app.dependency_overrides[current] = lambda: put_in
    response = ask(client, WHOAMI, token)
    assert response.status_code == 200, let_in(response, "`current_client` was replaced.")
    assert response.json() == exactly({"name": put_in.name, "scopes": sorted(put_in.scopes)}), (
        "`current_client` was replaced by a function that gives this client, and `/whoami` shows another one."
    )
    app.dependency_overrides[current] = team.app.dependency_overrides[current] = lambda: frozen
    for operation in (BALANCE, TRANSFERS):
        response = ask(client, operation, token, bank.account())
        _replaced(response, 403, f"{operation[0]} {operation[1]}")
        assert response.json() == exactly(FROZEN)
    response = other.get(team.plain_active.path, headers=bearer(token))
    _replaced(response, 403, "A team's route with `Depends(active_client)`")
    assert response.json() == exactly(FROZEN)

    app.dependency_overrides = {active: lambda: put_in}
    for operation in (BALANCE, TRANSFERS):
        number = bank.account()
        response = ask(client, operation, token, number)
        assert response.status_code == STATUS[operation], let_in(
            response, "`active_client` was replaced by a function that lets everybody in."
        )
        assert response.json() == exactly({"client": put_in.name, "account": number}), (
            "`active_client` was replaced by a function that gives another client than the token's."
        )


def _replaced(response, status, where):
    assert response.status_code == status, told(
        (
            response.status_code < 300,
            f"`current_client` was replaced by a function that gives a frozen client, and {where} let them in. "
            "`active_client` did not hear of the replacement: did it look the client up for itself, or call the function by "
            "hand?",
        ),
        (
            response.status_code == 500,
            f"`current_client` was replaced by a function that gives a frozen client. {where}: an exception ended the request; "
            "it is shown below.",
        ),
        f"`current_client` was replaced by a function that gives a frozen client. This is {where}.",
    )


@dataclass
class Route:
    """A route of another team: how it uses the guard, and which scopes each way down to it asks for."""

    path: str
    story: str
    ways: list[set[str]]
    gives: bool  # whether its function gets the client

    @property
    def needed(self):
        return set().union(*self.ways)

    @property
    def demand(self):
        if len(self.ways) == 1:
            return f"That needs {listed(self.needed)}."
        first, second = self.ways
        return f"That is two ways, of which one needs {listed(first)} and the other {listed(second)}, and both have to be open."


class Team:
    """Another team's app, with routes that use the learner's functions in all the ways there are."""

    def __init__(self, module, rng):
        self.current, self.active = link(module, "current_client"), link(module, "active_client")
        self.rng = rng
        self.app = FastAPI()
        self.routes = []
        self.seen = []
        stem, self.c = rng.words(2, 4)
        # The second word holds the first one in it, and is another scope.
        self.a, self.b = stem, f"{stem}:{rng.word()}"
        self._build()

    @property
    def scopes(self):
        return self.a, self.b, self.c

    def _build(self):
        a, b, c = self.scopes
        current, active = self.current, self.active
        self.plain_current = self._route("`Depends(current_client)`", [set()], Depends(current))
        self.plain_active = self._route("`Depends(active_client)`", [set()], Depends(active))
        self._route(f'`Security(current_client, scopes=["{a}"])`', [{a}], Security(current, scopes=[a]))
        self._route(f'`Security(current_client, scopes=["{b}"])`', [{b}], Security(current, scopes=[b]))
        self._route(f'`Security(active_client, scopes=["{b}", "{c}"])`', [{b, c}], Security(active, scopes=[b, c]))

        def auditor(client: Annotated[Any, Security(active, scopes=[b])]):
            return client

        self._route(
            f'`Security(auditor, scopes=["{a}"])`, where `auditor` has `Security(active_client, scopes=["{b}"])`',
            [{a, b}],
            Security(auditor, scopes=[a]),
        )

        def desk(client: Annotated[Any, Depends(current)]):
            return client

        self._route(
            f'`Security(desk, scopes=["{c}"])`, where `desk` has `Depends(current_client)`',
            [{c}],
            Security(desk, scopes=[c]),
        )
        self._route(
            f'`dependencies=[Security(current_client, scopes=["{a}"]), Security(active_client, scopes=["{c}"])]`',
            [{a}, {c}],
            dependencies=[Security(current, scopes=[a]), Security(active, scopes=[c])],
        )
        router = APIRouter(dependencies=[Security(active, scopes=[c])])
        self._route(
            f'`Security(active_client, scopes=["{b}"])`, on a router with `Security(active_client, scopes=["{c}"])`',
            [{c}, {b}],
            Security(active, scopes=[b]),
            router=router,
        )
        self.app.include_router(router)

    def _route(self, story, ways, marker=None, router=None, **options):
        path = f"/{self.rng.word(5)}{len(self.routes)}"
        if marker is None:

            def run():
                return {"client": None}
        else:

            def run(client: Annotated[Any, marker]):
                self.seen.append(client)
                return {"client": getattr(client, "name", None)}

        (router or self.app).add_api_route(path, run, methods=["GET"], **options)
        self.routes.append(Route(path, story, ways, gives=marker is not None))
        return self.routes[-1]


def held_by(bank, team):
    """A client for each selection of a team's scopes; all of them hold others besides, some of them much like these."""
    others = {f"{team.b}:{bank.rng.word()}", f"{team.c}s", team.a[:-2]}
    return [(held, *bank.client(held | others)) for held in subsets(team.scopes)]


def test_other_teams_can_build_on_both(bank, module, client_for):
    """In another app, `current_client` and `active_client` are used with `Depends` and `Security`, on parameters, in `dependencies`, on a router and below a team's own dependency. Each way down to `current_client` is open to those who hold all scopes that are asked for on it, and 403 for others. They give the `Client`."""
    team = Team(module, bank.rng)
    other = client_for(team.app)
    for held, token, holder in held_by(bank, team):
        for route in team.routes:
            team.seen.clear()
            response = other.get(route.path, headers=bearer(token))
            allowed = route.needed <= held
            story = f"A team's route has {route.story}. {route.demand} Of the team's scopes the client holds {listed(held) if held else 'none'}."
            harm = f"What the team has put behind {listed(route.needed - held)} is open to tokens without it."
            assert response.status_code == (200 if allowed else 403), (
                let_in(response, story) if allowed else kept_out(response, story, harm)
            )
            if allowed and route.gives:
                assert team.seen == [holder], (
                    f"{story} This is what the route's function got; it is to be the `Client`."
                )


def test_a_refusal_says_what_is_required_and_what_is_missing(bank, module, client_for):
    """The 403 for missing scopes has the body `{"detail": {"required": […], "missing": […]}}`: all scopes that are asked for on this way, and those of them that the client does not hold, in any order."""
    team = Team(module, bank.rng)
    other = client_for(team.app)
    for held, token, _holder in held_by(bank, team):
        for route in team.routes:
            refusals = [
                {"detail": {"required": sorted(way), "missing": sorted(way - held)}}
                for way in route.ways
                if not way <= held
            ]
            if not refusals:
                continue
            story = f"A team's route has {route.story}. Of the team's scopes the client holds {listed(held) if held else 'none'}."
            response = other.get(route.path, headers=bearer(token))
            assert response.status_code == 403, kept_out(response, story)
            got = in_order(response.json())
            # Of several ways that are closed, the one that is tried first answers.
            assert got == exactly(next((one for one in refusals if one == got), refusals[0])), (
                f"{story} (The order of the scopes does not matter.)"
            )


def in_order(answer):
    """The answer, with the two lists in its detail sorted."""
    detail = value_at(answer, "detail")
    if not isinstance(detail, dict):
        return answer
    ordered = {
        key: sorted(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
        for key, value in detail.items()
    }
    return {**answer, "detail": ordered}


def test_the_docs_list_the_scopes(bank, module, docs, docs_for):
    """The OpenAPI document, of your app as of other teams', has exactly one security scheme, `http` and `bearer`, and each operation requires it with exactly its scopes."""
    team = Team(module, bank.rng)
    own = {(method.lower(), path): (f"{method} {path}", needed) for (method, path), needed in NEEDED.items()}
    theirs = {("get", route.path): (f"a team's route with {route.story}", route.needed) for route in team.routes}
    for document, operations in ((docs, own), (docs_for(team.app), theirs)):
        for (method, path), (story, needed) in operations.items():
            requirements = document.operation(method, path).get("security") or []
            assert len(requirements) == 1, told(
                (
                    requirements == [],
                    f"The docs say that {story} requires no security scheme. They hear of one if a class of "
                    "`fastapi.security` stands somewhere below the route.",
                ),
                f"These are the security requirements of {story}, and any one of them would do. There has to be exactly one.",
            )
            got = {name: sorted(scopes) for name, scopes in requirements[0].items()}
            assert list(got.values()) == [sorted(needed)], (
                f"These are the scopes that {story} requires, as the docs say. They hear of the scopes that `Security` names."
            )
        schemes = document.document.get("components", {}).get("securitySchemes", {})
        kinds = [{key: scheme.get(key) for key in ("type", "scheme")} for scheme in schemes.values()]
        assert kinds == exactly([{"type": "http", "scheme": "bearer"}])
