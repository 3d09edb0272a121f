"""Checks of q014: path or query."""

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told


class Fair:
    """Made up for this run: three markets, on each of them every farm and every produce, and a market without stalls."""

    def __init__(self, module, rng):
        self.markets_in_app, self.stalls_in_app = getattr(module, "MARKETS", None), getattr(module, "STALLS", None)
        assert isinstance(self.markets_in_app, dict), (
            "`app.py` has to keep its dict `MARKETS`: the checks put markets into it."
        )
        assert isinstance(self.stalls_in_app, list), (
            "`app.py` has to keep its list `STALLS`: the checks put stalls into it."
        )
        *self.markets, self.empty, self.unknown = rng.words(5)
        self.farms = rng.names(3)
        self.unknown_farm = self.farms[0][:-1]
        *self.produce, self.unsold = rng.words(5)
        stalls = []
        for market in self.markets:
            farms = [*self.farms, *rng.shuffled(self.farms)[:2]]
            produce = rng.shuffled([*self.produce, rng.choice(self.produce)])
            stalls += [{"market": market, "produce": p, "farm": f} for p, f in zip(produce, farms, strict=True)]
        pitches = sorted(rng.numbers(len(stalls), 1, 400))
        self.stalls = [{"pitch": pitch, **stall} for pitch, stall in zip(pitches, rng.shuffled(stalls), strict=True)]
        self.markets_in_app.clear()
        self.markets_in_app.update({code: rng.title() for code in rng.shuffled([*self.markets, self.empty])})
        # Copies, so that an app that changes its own stalls cannot change what is expected of it.
        self.stalls_in_app[:] = [dict(stall) for stall in self.stalls]

    def add(self, **stall):
        """Put one more stall behind the others, in the app, too."""
        self.stalls.append({"pitch": self.stalls[-1]["pitch"] + 1, **stall})
        self.stalls_in_app.append(dict(self.stalls[-1]))

    def those(self, **wanted):
        """Return the stalls with these values; a list of values means any of them."""
        choices = {key: value if isinstance(value, list) else [value] for key, value in wanted.items()}
        return [stall for stall in self.stalls if all(stall[key] in values for key, values in choices.items())]


@pytest.fixture
def fair(module, rng):
    return Fair(module, rng)


def test_the_path_names_the_market(fair, client, rng):
    """`GET /markets/{market}/stalls` answers the stalls of that market, as they stand in `STALLS` at this moment and in that order. A market without stalls gets `[]`."""
    for market in (*fair.markets, fair.empty):
        response = client.get(f"/markets/{market}/stalls")
        found = refusal(response)
        assert response.status_code == 200, told(
            (
                found == refused_at("query.produce"),
                "Your function insists on `produce`, and it may be left out. What makes that possible is a default.",
            ),
            (
                found.startswith("422 at query."),
                f"Your function waits for a query parameter (the refusal is “{found}”). It takes from the path only what has "
                "the same name as the word in the braces.",
            ),
            (
                found.startswith("422 at body"),
                f"Your function waits for a request body (the refusal is “{found}”), and a GET comes without one.",
            ),
            (
                response.status_code == 404 and market == fair.empty,
                f"The market “{market}” is in `MARKETS` and has no stalls today. That it exists is one thing, that it is "
                "empty is another, and the answer has to tell them apart.",
            ),
            (
                response.status_code == 404,
                f"The market “{market}” is in `MARKETS` at this moment. Did a route match at all, and does your function look at "
                "`MARKETS` itself?",
            ),
        )
        got, expected = response.json(), fair.those(market=market)
        assert got == exactly(expected), told(
            (got == exactly(fair.stalls), "These are the stalls of all markets."),
            (
                got == [],
                f"The answer is empty, and `STALLS` has stalls of the market “{market}” at this moment. The checks have put "
                "them there; does your function look at a copy that was made before?",
            ),
            (
                isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
                "These are the right stalls, but not in the order of `STALLS`.",
            ),
            f"The market is “{market}”.",
        )
    new = rng.word(4)
    fair.markets_in_app[new] = rng.title()
    for market in (new, fair.empty):
        fair.add(market=market, produce=fair.produce[0], farm=fair.farms[0])
        response = client.get(f"/markets/{market}/stalls")
        assert response.status_code == 200, f"The market “{market}” is in `MARKETS` at this moment."
        assert response.json() == exactly(fair.those(market=market)), (
            f"A stall has just been put on the market “{market}”, and the answer does not show it as it should."
        )


def test_an_unknown_market_in_the_path_is_404(fair, client):
    """A market that is not in `MARKETS` gets 404 and `{"detail": "Unknown market …"}` with the code that was asked for."""
    known = client.get(f"/markets/{fair.markets[0]}/stalls")
    assert known.status_code == 200, f"The market “{fair.markets[0]}” is in `MARKETS` at this moment."
    response = client.get(f"/markets/{fair.unknown}/stalls")
    assert response.status_code == 404, told(
        (
            response.status_code == 200,
            f"There is no market “{fair.unknown}”, and the answer looks as if there were one without stalls. "
            "The path names a thing; if it is not there, the answer has to say so.",
        ),
        (response.status_code == 500, "A market that is not in `MARKETS` made your function fail."),
    )
    assert response.json() == exactly({"detail": f"Unknown market {fair.unknown}"}), told(
        (
            response.json() == {"detail": "Not Found"},
            "This is the 404 of an address without a route, or an exception without a detail.",
        ),
    )


def test_a_filter_without_a_hit_gives_an_empty_list(fair, client):
    """If no stall of the market sells that `produce`, the answer is 200 with `[]`."""
    for market in fair.markets:
        everything = client.get(f"/markets/{market}/stalls")
        assert everything.status_code == 200
        response = client.get(f"/markets/{market}/stalls", params={"produce": fair.unsold})
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                "The market exists; only the filter has no hit. A filter narrows a list, and if nothing is left of it, "
                "that is an answer and not an error.",
            ),
        )
        got = response.json()
        assert got == exactly([]), told(
            (
                got == exactly(fair.those(market=market)),
                f"All stalls of the market came back, although `produce` is “{fair.unsold}”: the filter has no effect. "
                "The docs show where your route looks for it; is that the address?",
            ),
            f"Nobody on this market sells “{fair.unsold}”.",
        )


def test_produce_may_be_given_several_times(fair, client, rng):
    """`produce` may be given once or several times, in any order: the answer is all stalls of the market with any of these, in the order of `STALLS`."""
    market = rng.choice(fair.markets)
    kinds = rng.shuffled(fair.produce)
    for count in (1, 2, 3):
        for wanted in (kinds[:count], kinds[:count][::-1]):
            response = client.get(f"/markets/{market}/stalls", params={"produce": wanted})
            assert response.status_code == 200, told(
                (response.status_code == 422, "`produce` is text, given once or several times, and it was refused."),
            )
            got, expected = response.json(), fair.those(market=market, produce=wanted)
            assert got == exactly(expected), told(
                (
                    got == exactly(fair.those(market=market)),
                    "All stalls of the market came back: `produce` has no effect. Was it read from the address? Without "
                    "further words, FastAPI looks for a list in the request's body, where nobody put one.",
                ),
                (
                    count > 1 and got == exactly(fair.those(market=market, produce=wanted[-1])),
                    f"Only “{wanted[-1]}” was looked for, the last of them. If a parameter is a single text and is given "
                    "several times, the last one wins.",
                ),
                (
                    count > 1 and got == exactly(fair.those(market=market, produce=wanted[0])),
                    f"Only “{wanted[0]}” was looked for, the first of them.",
                ),
                (
                    count > 1 and got == exactly([]),
                    "Nothing fits any more as soon as there are several. A stall need not sell all of them: any one will do.",
                ),
                (
                    got == exactly([]),
                    f"The answer is empty, and `STALLS` has a stall with “{wanted[0]}” on this market at this moment.",
                ),
                (
                    isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
                    "These are the right stalls, but not in the order of `STALLS`.",
                ),
            )


def test_the_search_insists_on_a_farm(fair, client):
    """`GET /stalls?farm=…` answers the stalls of that farm on all markets. Without `farm` it gets 422 at `["query", "farm"]`; an unknown farm gets 200 with `[]`."""
    for farm in fair.farms:
        response = client.get("/stalls", params={"farm": farm})
        assert response.status_code == 200, told(
            (
                response.status_code == 422,
                "`farm` was sent, and nothing else is required. See what was missing or refused.",
            ),
        )
        assert response.json() == exactly(fair.those(farm=farm)), f"The farm is “{farm}”, and no market was given."
    response = client.get("/stalls", params={"farm": fair.unknown_farm})
    assert response.status_code == 200, told(
        (
            response.status_code == 404,
            "The farm stands in the query and is a filter, even if it is required. No hit is no error.",
        ),
    )
    assert response.json() == exactly([]), f"There is no farm “{fair.unknown_farm}”."
    for query in ({}, {"market": fair.markets[0]}):
        response = client.get("/stalls", params=query)
        assert refusal(response) == refused_at("query.farm"), told(
            (
                response.status_code == 200,
                "Nobody said which farm, and the search answered all the same. A query parameter is required as soon as it "
                "has no default; `None` is a default, too.",
            ),
            (
                response.status_code in (400, 404),
                "The missing farm was noticed inside your function. Leave it to FastAPI: it refuses by itself what is required "
                "and does not come.",
            ),
        )


def test_in_the_search_market_is_only_a_filter(fair, client):
    """In `GET /stalls`, the query parameter `market` narrows the search to one market. A market that does not exist gives 200 with `[]`."""
    for farm in fair.farms:
        for market in (*fair.markets, fair.unknown):
            response = client.get("/stalls", params={"farm": farm, "market": market})
            assert response.status_code == 200, told(
                (
                    response.status_code == 404 and market == fair.unknown,
                    f"There is no market “{market}”, but here its name stands in the query. It has the same name as in the "
                    "other route and another place: here it only narrows the list.",
                ),
            )
            got = response.json()
            assert got == exactly(fair.those(farm=farm, market=market)), told(
                (
                    got == exactly(fair.those(farm=farm)) and market == fair.unknown,
                    f"There is no market “{market}”, so nothing is to be found there. Here come the farm's stalls on all markets.",
                ),
                (
                    got == exactly(fair.those(farm=farm)),
                    "These are the farm's stalls on all markets: `market` was not looked at.",
                ),
                (
                    got == exactly(fair.those(market=market)),
                    "These are all stalls of the market: `farm` was not looked at.",
                ),
            )


def test_the_docs_tell_path_from_query(docs):
    """The docs list exactly the parameters of the contract, each in its place, required or not. `produce` is an array, and its route has no request body."""
    stalls = "/markets/{market}/stalls"
    assert docs.operation("get", stalls).get("requestBody") is None, (
        "The docs show a request body for a GET. A list that is not said to come from the query is looked for in the body."
    )
    assert docs.places("get", stalls) == {"market": "path, required", "produce": "query, optional"}
    produce = docs.not_null(docs.parameters("get", stalls)["produce"].schema)
    assert produce.get("type") == "array", told(
        (
            produce.get("type") == "string",
            "The docs show a single text for `produce`. Nobody can tell from this that it may be given several times.",
        ),
        f"`produce` may be given several times, so it is an array. This is how the docs describe it: {produce}",
    )
    assert docs.places("get", "/stalls") == {"farm": "query, required", "market": "query, optional"}
