"""Checks of q032: one paging and one filter for three lists."""

from datetime import date, timedelta

import pytest
from fastapi import HTTPException

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

PAGED = ("/sightings", "/observers")
FILTERED = ("/sightings", "/sightings/summary")


@pytest.fixture
def archive(given, rng):
    """The kit's own copy of archive.py, with 60 to 90 sightings by some 25 observers, in no order of days."""
    archive = given("archive")
    names = rng.names(rng.randint(22, 28))
    word = rng.word(2)
    # The first three are there to be taken for one another.
    species = [word, f"{word} {rng.word(2)}", word.capitalize(), *rng.words(2)]
    observers = names + [rng.choice(names) for _ in range(rng.randint(60, 90) - len(names))]
    archive.sightings[:] = [
        archive.Sighting(
            rng.choice(species), rng.randint(1, 12), date(2026, 1, 1) + timedelta(rng.randint(0, 200)), name
        )
        for name in rng.shuffled(observers)
    ]
    return archive


def shown(sighting):
    return {
        "species": sighting.species,
        "count": sighting.count,
        "day": sighting.day.isoformat(),
        "observer": sighting.observer,
    }


def rows_of(archive, path):
    return archive.observers() if path == "/observers" else [shown(one) for one in archive.sightings]


def fits(sighting, wanted):
    """Whether a sighting passes a filter, given as a dict of the parameters that are sent."""
    return (
        wanted.get("species", sighting.species) == sighting.species
        and sighting.count >= wanted.get("min_count", 0)
        and wanted.get("since", date.min) <= sighting.day <= wanted.get("until", date.max)
    )


def on_the_edge(sighting, wanted):
    """Whether a sighting passes the filter only because a bound belongs to what it bounds."""
    return sighting.count == wanted.get("min_count") or sighting.day in (wanted.get("since"), wanted.get("until"))


def as_query(wanted):
    return {key: str(value) for key, value in wanted.items()}


def sent(wanted):
    """The parameters of a request, to be named in a message."""
    return ", ".join(f"`{key}={value}`" for key, value in wanted.items()) or "no filter"


def of_answer(response, key):
    """A value of an answer that may be anything."""
    got = response.json()
    return got.get(key) if isinstance(got, dict) else None


def no_page(response, path):
    """What a status other than 200 means, where a good request was sent."""
    return told(
        (response.status_code in (404, 405), f"There seems to be no route for `GET {path}`."),
        (
            refusal(response) == "422, but not in FastAPI's own form",
            "This is a good request, and your code refused it.",
        ),
        (
            response.status_code == 422,
            "This is a good request, and it was refused; `loc` in the answer says which parameter FastAPI missed or did not like.",
        ),
        (response.status_code == 500, "An exception ended the request; it is shown below."),
    )


def test_the_first_page_by_default(archive, client, rng):
    """Without parameters, `GET /sightings` and `GET /observers` answer page 1 with 20 rows: exactly `total`, `page`, `size` and `items`, where `total` counts all rows. What comes into the archive later is in the next answer."""
    for path in PAGED:
        rows = rows_of(archive, path)
        response = client.get(path)
        assert response.status_code == 200, no_page(response, path)
        assert response.json() == exactly({"total": len(rows), "page": 1, "size": 20, "items": rows[:20]}), told(
            (
                isinstance(response.json(), list),
                "The answer is an array. A page is an object that has the rows in `items`.",
            ),
            (
                of_answer(response, "total") == 20,
                f"`total` counts the rows of this page. The list has {len(rows)} rows, and that is what it should say.",
            ),
            (
                of_answer(response, "items") == rows[20:40],
                "These are the rows of the second page. Pages count from 1, so in front of page 1 nothing is skipped.",
            ),
            "By default the first 20 rows come, in the order of the archive.",
        )
    newcomer = archive.Sighting(rng.word(2), rng.randint(1, 9), date(2026, 8, 1), f"A{rng.word()}")
    archive.sightings.insert(0, newcomer)
    for path in PAGED:
        rows = rows_of(archive, path)
        response = client.get(path)
        assert response.json() == exactly({"total": len(rows), "page": 1, "size": 20, "items": rows[:20]}), (
            "A sighting by a new observer came into the archive after the request before this one, and the answer is not "
            "what the archive holds now. Is it looked at on each request?"
        )


def test_pages_show_everything_once(archive, client, rng):
    """With any `size`, all pages of `/sightings` and of `/observers` in a row show every row once and in order, each with the same `total`. The page after the last has no `items`."""
    for path in PAGED:
        rows, size = rows_of(archive, path), rng.randint(7, 12)
        last = -(-len(rows) // size)
        for page in range(1, last + 2):
            response = client.get(path, params={"page": page, "size": size})
            assert response.status_code == 200, told(
                (
                    page > last and response.status_code in (404, 422),
                    "This page comes after the last one. That is no error: it has the same `total` and no `items`.",
                ),
                no_page(response, path),
            )
            expected = {"total": len(rows), "page": page, "size": size, "items": rows[(page - 1) * size : page * size]}
            got = of_answer(response, "items")
            assert response.json() == exactly(expected), told(
                (
                    got == rows[page * size : (page + 1) * size] != expected["items"],
                    f"With {size} rows to a page, page {page} begins with row {page * size + 1} here. Pages count from 1.",
                ),
                (
                    of_answer(response, "total") != len(rows),
                    f"`total` is the number of all rows of the list, on every page. There are {len(rows)}.",
                ),
                (page > last, "This page comes after the last one, so it has no `items`."),
                f"With {size} rows to a page, page {page} begins with row {(page - 1) * size + 1}.",
            )


def test_page_and_size_have_bounds(archive, client, rng):
    """On `/sightings` and `/observers`, `size` 1 and 50 pass. `page` and `size` below 1, `size` above 50 and values that are no whole numbers are refused with 422 at `["query", "page"]` or `["query", "size"]`."""
    good = [{"size": 1}, {"size": 50}, {"page": 1}, {"page": rng.randint(1000, 9999)}]
    bad = [("page", 0), ("page", -3), ("page", rng.word()), ("page", "1.5")]
    bad += [("size", 0), ("size", -3), ("size", 51), ("size", rng.randint(100, 999)), ("size", rng.word())]
    for path in PAGED:
        for query in good:
            response = client.get(path, params=query)
            assert response.status_code == 200, told(
                (response.status_code == 422, f"{sent(query)} is within the bounds."), no_page(response, path)
            )
            got = {"page": of_answer(response, "page"), "size": of_answer(response, "size")}
            assert got == exactly({"page": 1, "size": 20} | query), (
                f"{sent(query)} was sent. The answer shows what is in force."
            )
        for name, value in bad:
            response = client.get(path, params={name: value})
            assert refusal(response) == refused_at(f"query.{name}"), told(
                (
                    response.status_code == 200,
                    f"`{name}={value}` went through. Out of bounds means refused: whoever asks for it should learn that this "
                    "is not to be had, rather than get something else.",
                ),
                (
                    refusal(response) == "422, but not in FastAPI's own form",
                    "This refusal is home-made. FastAPI writes its own, with the place, if the bounds are declared with "
                    "the parameter.",
                ),
                f"`{name}={value}` has to be refused.",
            )


def test_the_filter_narrows_list_and_summary_alike(archive, client, rng):
    """`species`, `min_count`, `since` and `until`, each alone, all together and none of them, narrow `/sightings` and `/sightings/summary` in the same way; `total` counts all that pass, `items` are a page of these. A `min_count` below 0 and values of another kind are refused with 422 at their place."""
    one, other = rng.choice(archive.sightings), rng.choice(archive.sightings)
    since, until = sorted([one.day, other.day])
    kinds = {sighting.species for sighting in archive.sightings}
    contained = next((kind for kind in kinds if any(kind in longer for longer in kinds - {kind})), one.species)
    together = {"species": one.species, "min_count": one.count, "since": one.day, "until": one.day}
    filters = [
        {},
        {"species": contained},
        {"species": rng.word(4)},
        {"min_count": one.count},
        {"since": other.day},
        {"until": other.day},
        {"since": since, "until": until},
        {"min_count": 0},
        together,
    ]
    for wanted in filters:
        fitting = [sighting for sighting in archive.sightings if fits(sighting, wanted)]
        for page, size in ((1, 8), (3, 3)):
            response = client.get("/sightings", params={"page": page, "size": size, **as_query(wanted)})
            assert response.status_code == 200, no_page(response, "/sightings")
            items = [shown(sighting) for sighting in fitting[(page - 1) * size : page * size]]
            expected = {"total": len(fitting), "page": page, "size": size, "items": items}
            total, got = of_answer(response, "total"), of_answer(response, "items")
            inside = [sighting for sighting in fitting if not on_the_edge(sighting, wanted)]
            assert response.json() == exactly(expected), told(
                (
                    total == len(archive.sightings) != len(fitting),
                    f"The filter was {sent(wanted)}, and the answer takes no notice of it.",
                ),
                (
                    got == items and total == len(items),
                    f"The filter was {sent(wanted)}. `total` counts the rows of this page, and it should count all sightings "
                    "that pass the filter.",
                ),
                (
                    total == len(inside) != len(fitting),
                    f"The filter was {sent(wanted)}, and what lies just on this bound is missing. It belongs to it.",
                ),
                (
                    "species" in wanted and isinstance(total, int) and total > len(fitting),
                    f"The filter was {sent(wanted)}, and others came along. Only this very text fits, letter by letter.",
                ),
                f"The filter was {sent(wanted)}, and {len(fitting)} sightings pass it.",
            )
        response = client.get("/sightings/summary", params=as_query(wanted))
        assert response.status_code == 200, no_page(response, "/sightings/summary")
        birds = sum(sighting.count for sighting in fitting)
        assert response.json() == exactly({"sightings": len(fitting), "birds": birds}), told(
            (
                of_answer(response, "sightings") == len(archive.sightings) != len(fitting),
                f"The filter was {sent(wanted)}, and the summary takes no notice of it. The list does.",
            ),
            (
                len(fitting) > 20 and of_answer(response, "sightings") == 20,
                "20 is the length of a page. The summary has no pages, it counts everything that passes the filter.",
            ),
            f"The filter was {sent(wanted)}.",
        )
    word = rng.word()
    for path in FILTERED:
        for name, value in (
            ("min_count", -1),
            ("min_count", word),
            ("since", "soon"),
            ("until", word),
            ("until", f"{one.day}T10:30"),
        ):
            response = client.get(path, params={name: value})
            assert refusal(response) == refused_at(f"query.{name}"), told(
                (response.status_code == 200, f"`{name}={value}` went through, and it is no value for `{name}`."),
                (response.status_code == 500, "An exception ended the request; it is shown below."),
                f"`{name}={value}` has to be refused with FastAPI's own 422.",
            )


def test_since_later_than_until_is_refused(archive, client, rng):
    """`since` later than `until` is answered with 422 by `/sightings` and `/sightings/summary`. The same day for both is fine."""
    day = rng.choice(archive.sightings).day
    count = sum(sighting.day == day for sighting in archive.sightings)
    for path, key in zip(FILTERED, ("total", "sightings"), strict=True):
        wanted = {"since": day, "until": day}
        response = client.get(path, params=as_query(wanted))
        assert response.status_code == 200, told(
            (response.status_code == 422, "The same day for both means: this one day."), no_page(response, path)
        )
        assert of_answer(response, key) == count, f"With {sent(wanted)}, `{key}` counts the sightings of this one day."
        for days in (1, rng.randint(2, 60)):
            wanted = {"since": day, "until": day - timedelta(days)}
            response = client.get(path, params=as_query(wanted))
            assert response.status_code == 422, told(
                (
                    response.status_code == 500,
                    "An exception ended the request; it is shown below. What your class raises is no validation error to "
                    "FastAPI, be it a `ValueError` or one of Pydantic's. Your code has to say itself that the answer is 422.",
                ),
                (
                    response.status_code == 200,
                    f"This went through, with {sent(wanted)}. No day lies within, so it is a mistake of whoever asks.",
                ),
            )


def test_both_dependencies_are_shared(archive, module, app, client):
    """What a test puts in the place of `paging` takes effect on `/sightings` and `/observers`, and of `SightingFilter` on `/sightings` and `/sightings/summary`; the other route works on as before. `paging` is a function, `SightingFilter` a class."""
    paths = ["/sightings", "/sightings/summary", "/observers"]
    before = {path: client.get(path).status_code for path in paths}
    assert before == dict.fromkeys(paths, 200), "All three routes have to answer before anything is replaced."
    is_class = {name: isinstance(getattr(module, name, None), type) for name in ("paging", "SightingFilter")}
    assert is_class == {"paging": False, "SightingFilter": True}, (
        "These say which of the two is a class. `paging` stays a function, and `SightingFilter` a class."
    )

    def teapot():
        raise HTTPException(418)

    for name, using in (("paging", PAGED), ("SightingFilter", FILTERED)):
        app.dependency_overrides = {getattr(module, name): teapot}
        for path in paths:
            response = client.get(path)
            expected = 418 if path in using else 200
            assert response.status_code == expected, told(
                (
                    response.status_code == 200,
                    f"`{name}` was replaced by a function that answers 418, and {path} took no notice. FastAPI replaces what "
                    f"it calls itself: this route has to name `{name}` in `Depends`.",
                ),
                (
                    response.status_code == 418,
                    f"`{name}` was replaced by a function that answers 418, and {path} called it, which has no use for it.",
                ),
                f"`{name}` was replaced by a function that answers 418.",
            )


def test_the_docs_list_the_shared_parameters(docs):
    """The docs list for `/sightings` all six parameters, for `/sightings/summary` those of the filter, for `/observers` those of the paging: all in the query, none required, and no request body."""
    paging, wanted = ["page", "size"], ["species", "min_count", "since", "until"]
    for path, names in (
        ("/sightings", [*wanted, *paging]),
        ("/sightings/summary", wanted),
        ("/observers", paging),
    ):
        places = docs.places("get", path)
        missing = [name for name in names if name not in places]
        strange = [name for name in places if name not in names]
        assert places == dict.fromkeys(names, "query, optional"), told(
            (
                strange != [],
                f"The docs of {path} list {', '.join(f'`{name}`' for name in strange)}, which this route should not have.",
            ),
            (
                missing != [],
                f"The docs of {path} do not list {', '.join(f'`{name}`' for name in missing)}. FastAPI knows what stands in "
                "the signature of a function; of a class, it reads what has to be given to make an instance.",
            ),
            "Each parameter is in the query, and may be left out.",
        )
        body = docs.operation("get", path).get("requestBody")
        assert body is None, f"The docs of {path} list a request body. All parameters are in the query."
