"""Checks of q020: who may see what."""

import copy

import pytest

from pytest_fastapi_kata.checks import exactly, told

CARD = ("id", "name", "bio", "rating")
OWN_VIEW = (*CARD, "email", "phone")

ADDED = "added_"
"""How the secret column begins that every run adds to the rows."""

TOO_MUCH = "The answer shows more than it may: {}."
TOO_LITTLE = "The answer lacks {}."


class Rating(float):
    """The expected rating; it takes text for a number, because one check alone looks at the difference."""

    __hash__ = float.__hash__

    def __eq__(self, other):
        return str(other) == str(float(self))


@pytest.fixture
def tutors(module, rng):
    """Five tutors of this run, one of them with the id 0. Their rows have one more secret column, which no code can know."""
    first, second, third, last = sorted(rng.numbers(4, 20, 9_000))
    ids = [third, *rng.shuffled([0, first, second, last])]  # in no order that sorting would bring about
    added = f"{ADDED}{rng.word()}"
    rows = [
        {
            "id": number,
            "name": rng.title(),
            "bio": f" {' '.join(rng.words(4))}\n",  # such as a form sends it
            "rating": f"{rng.randint(1, 4)}.{rng.randint(1, 9)}{rng.choice([3, 8])}",
            "email": f"{rng.word()}@{rng.word()}.example",
            "phone": f"+{rng.digits(2)} 555 {rng.digits(4)}",
            "password_hash": f"pbkdf2${rng.digits(9)}",
            "note": rng.word(4),
            added: rng.word(5),
        }
        for number in ids
    ]
    module.TUTORS.clear()
    module.TUTORS.update({row["id"]: row for row in rows})
    return module.TUTORS


@pytest.fixture
def ask(client):
    """Asks for a path as a viewer, or as nobody."""

    def get(path, viewer=None):
        return client.get(path, headers={} if viewer is None else {"X-Viewer-Id": str(viewer)})

    return get


def view_of(row, fields):
    """What is to be sent of a row; the rating may still be text."""
    return {name: Rating(row[name]) if name == "rating" else row[name] for name in fields}


def objects_in(value):
    """The objects in an answer, be it one or an array of them."""
    return [one if isinstance(one, dict) else {} for one in (value if isinstance(value, list) else [value])]


def keys_of(value):
    return list(dict.fromkeys(key for one in objects_in(value) for key in one))


def ratings_of(response):
    return [one.get("rating") for one in objects_in(response.json())]


def listed(names):
    return ", ".join(f"`{name}`" for name in names)


def told_of_keys(got, fields, *more):
    """Names the keys that an answer has too many or too few."""
    many = [key for key in keys_of(got) if key not in fields]
    few = [name for name in fields if any(name not in one for one in objects_in(got))]
    added = [key for key in many if key.startswith(ADDED)]
    return told(
        *more,
        (
            bool(added),
            (
                f"{listed(added)} is a column that was added to the rows for this run, and it got out. To leave out what is known "
                "to be secret does not cover what comes later."
            ),
        ),
        (bool(many), TOO_MUCH.format(listed(many))),
        (bool(few), TOO_LITTLE.format(listed(few))),
        "The keys are right. What differs from `TUTORS` is a value, the order, or a tutor is missing.",
    )


def described(docs, schema):
    """Each alternative of a documented answer: its properties, which of them are required, and the type of the rating."""
    return sorted(
        (
            {
                "properties": sorted(part.get("properties", {})),
                "required": sorted(part.get("required", [])),
                "rating": part.get("properties", {}).get("rating", {}).get("type"),
            }
            for part in docs.alternatives(schema)
        ),
        key=lambda part: (len(part["properties"]), part["properties"]),
    )


def promised(fields):
    return {"properties": sorted(fields), "required": sorted(fields), "rating": "number"}


def test_the_list_shows_cards_only(tutors, ask, rng):
    """`GET /tutors` answers an array of cards in the order of `TUTORS`. A viewer gets nothing more, not even about themselves."""
    for viewer in (None, rng.choice(list(tutors))):
        response = ask("/tutors", viewer)
        assert response.status_code == 200
        got = response.json()
        assert got == [view_of(row, CARD) for row in tutors.values()], told_of_keys(
            got,
            CARD,
            (
                {"password_hash", "note"} < set(keys_of(got)) and ADDED in str(keys_of(got)),
                (
                    "The rows went out with every column, a new one included. A model filters only what passes through it: "
                    "without a response type nothing is filtered, and neither is a Response that you made yourself."
                ),
            ),
        )


def test_strangers_see_a_card(tutors, ask, rng):
    """`GET /tutors/{tutor_id}` answers the card if there is no viewer, if the viewer is another tutor, and if nobody has the viewer's id."""
    tutor, other = rng.sample(list(tutors), 2)
    for viewer in (None, other, max(tutors) + 1):
        response = ask(f"/tutors/{tutor}", viewer)
        assert response.status_code == 200
        got = response.json()
        assert got == view_of(tutors[tutor], CARD), told_of_keys(
            got,
            CARD,
            (
                sorted(keys_of(got)) == sorted(OWN_VIEW),
                (
                    "A stranger got the own view. Was it left to the union which view goes out? Given a whole row, it takes the "
                    "view that fits best, and that is the larger one. It cannot know who is asking."
                ),
            ),
        )


def test_tutors_see_their_own_contact_details(tutors, ask):
    """`GET /tutors/{tutor_id}` answers the own view if the viewer is that tutor."""
    # What can go wrong with the id 0 alone comes last.
    for tutor, row in sorted(tutors.items(), reverse=True):
        response = ask(f"/tutors/{tutor}", tutor)
        assert response.status_code == 200
        got = response.json()
        assert got == view_of(row, OWN_VIEW), told_of_keys(
            got,
            OWN_VIEW,
            (
                tutor == 0 and sorted(keys_of(got)) == sorted(CARD),
                "This tutor and the viewer have the id 0, and the tutor got the card. Python takes 0 for false, but it is an id "
                "like any other. Only `None` means that nobody is known to look.",
            ),
            (
                sorted(keys_of(got)) == sorted(CARD),
                (
                    "The tutor got the card. Is the own view chosen, and does it survive the response type? A model that is "
                    "declared alone cuts a larger one down. A union looks for the model that the object is exactly of, and if there "
                    "is none, takes the first that it inherits from."
                ),
            ),
        )


def test_the_rating_becomes_a_number(tutors, ask, rng):
    """`rating` is a number in the card and in the own view, `4.5` and not `"4.5"`, and so it is in the list."""
    as_text = (
        "The rating left as text. A model converts to the type that it declares, if the value passes through the model and "
        "the type is that of a number."
    )
    tutor, other = rng.sample(list(tutors), 2)
    for viewer in (tutor, other):
        response = ask(f"/tutors/{tutor}", viewer)
        assert response.status_code == 200
        assert ratings_of(response) == exactly([float(tutors[tutor]["rating"])]), told(
            (any(isinstance(rating, str) for rating in ratings_of(response)), as_text),
        )
    response = ask("/tutors")
    assert response.status_code == 200
    assert ratings_of(response) == exactly([float(row["rating"]) for row in tutors.values()]), told(
        (any(isinstance(rating, str) for rating in ratings_of(response)), f"In the list: {as_text}"),
    )


def test_the_stored_rows_stay_untouched(tutors, ask):
    """Whatever is asked for, and however often, the rows in `TUTORS` stay as they were."""
    before = copy.deepcopy(tutors)
    for _ in range(2):
        for path, viewer in [
            ("/tutors", None),
            *((f"/tutors/{tutor}", viewer) for tutor in before for viewer in (None, tutor)),
        ]:
            assert ask(path, viewer).status_code == 200, f"GET {path} was to succeed."
    lost = [name for tutor, row in before.items() for name in row if name not in tutors.get(tutor, {})]
    assert tutors == before, told(
        (
            bool(lost),
            (
                f"{listed(sorted(set(lost)))} vanished from the stored rows. What was taken out there is gone for everybody and "
                "for good."
            ),
        ),
        "The stored rows changed, although every request only read them.",
    )


def test_an_incomplete_row_is_never_sent_in_part(tutors, ask, rng):
    """If a field of the view that is due is missing, or the rating is no number, the answer is 500, for the list too. A row without `phone` is good enough for a card."""
    no_bio, no_phone, unrated, sound = rng.shuffled([tutor for tutor in tutors if tutor != 0])
    rating = tutors[unrated]["rating"]
    del tutors[no_phone]["phone"]
    cards = [view_of(row, CARD) for row in tutors.values()]
    for path, viewer, due in (
        ("/tutors", no_phone, cards),
        (f"/tutors/{no_phone}", sound, view_of(tutors[no_phone], CARD)),
    ):
        response = ask(path, viewer)
        assert response.status_code == 200, "Only `phone` is missing, and a card has none."
        assert response.json() == due, told_of_keys(response.json(), CARD)
    response = ask(f"/tutors/{no_phone}", no_phone)
    assert response.status_code == 500, told(
        (
            response.status_code == 200 and sorted(keys_of(response.json())) == sorted(CARD),
            (
                "The tutor was due the own view, whose `phone` is missing, and got a card as if that were all. "
                "A union that is given a bare row falls back to what still fits."
            ),
        ),
        (
            response.status_code == 200,
            "The row has no `phone`, and the own view went out all the same, incomplete or made up.",
        ),
    )
    tutors[unrated]["rating"] = "good"
    for path, viewer in ((f"/tutors/{unrated}", None), (f"/tutors/{unrated}", unrated), ("/tutors", None)):
        response = ask(path, viewer)
        assert response.status_code == 500, told(
            (
                response.status_code == 200,
                "A rating is `good`, which is no number, and the answer went out all the same.",
            ),
        )
    tutors[unrated]["rating"] = rating
    del tutors[no_bio]["bio"]
    for path, viewer in ((f"/tutors/{no_bio}", None), (f"/tutors/{no_bio}", no_bio), ("/tutors", None)):
        response = ask(path, viewer)
        assert response.status_code == 500, told(
            (
                response.status_code == 200,
                "A row has no `bio`, and the answer went out all the same, incomplete or made up.",
            ),
        )
    assert ask(f"/tutors/{sound}").status_code == 200, "This row is complete, and other rows do not matter to it."


def test_an_unknown_tutor_is_404(tutors, ask, rng):
    """An id that is not in `TUTORS` is answered with 404 and `{"detail": "No such tutor"}`, even if the viewer has the same id."""
    assert ask(f"/tutors/{rng.choice(list(tutors))}").status_code == 200, "This tutor is there."
    unknown = max(tutors) + rng.randint(1, 50)
    for viewer in (None, rng.choice(list(tutors)), unknown):
        response = ask(f"/tutors/{unknown}", viewer)
        assert response.status_code == 404, told(
            (
                response.status_code == 500,
                "There is no such tutor, which is the client's mistake. Look whether the id is there before you use it.",
            ),
        )
        assert response.json() == exactly({"detail": "No such tutor"})


def test_the_docs_promise_exactly_the_views(docs):
    """The docs describe `GET /tutors` as an array of cards, and `GET /tutors/{tutor_id}` as two alternatives, the card and the own view. All properties are required, and `rating` is a `number`."""
    array = docs.answer("get", "/tutors") or {}
    assert array.get("type") == "array", told(
        (
            array == {},
            "The docs say nothing about this answer. They know only what the decorator or the return annotation says.",
        ),
        "GET /tutors: the docs describe something else than an array.",
    )
    assert described(docs, array.get("items", {})) == [promised(CARD)], (
        "GET /tutors: the docs do not describe the entries of the array as cards, with exactly these properties."
    )
    one = docs.answer("get", "/tutors/{tutor_id}") or {}
    assert described(docs, one) == [promised(CARD), promised(OWN_VIEW)], told(
        (
            one == {},
            "The docs say nothing about this answer. They know only what the decorator or the return annotation says.",
        ),
        (
            len(described(docs, one)) == 1,
            "GET /tutors/{tutor_id}: the docs know of one view, and there are two. A model with optional fields is still one.",
        ),
        "GET /tutors/{tutor_id}: the docs promise other views than the contract.",
    )
