"""Checks of q026: what goes out of a row, and what a patch may touch in it."""

import copy
import json
from datetime import date, timedelta

import pytest

from pytest_fastapi_kata.checks import exactly, quoted, told

SECRETS = ("door_code", "phone")
FACTS = (
    *("id", "name", "height", "beds", "water", "closed_until", "door_code"),
    *("warden", "warden.duty", "warden.phone"),
)

AFTERWARDS = (
    "What was sent is stored, but the answer to the patch is not what `GET /staff/huts/{hut_id}` answers now. Is it made "
    "after the change, and does the same leave out what was never reported?"
)
NO_SUCH_HUT = "There is no such hut, which is 404. Look whether the id is there before you use the row."


class Club:
    """The huts of this run, and what is to be shown of them."""

    def __init__(self, book, rng):
        self.book = book
        self.rng = rng

    @property
    def huts(self):
        """The dictionary in which the learner's app stores everything."""
        return self.book.huts

    def add(self, **facts):
        """A hut of whose facts only the given ones are known, beside name and height; its id."""
        hut_id = self.rng.word(4)
        self.huts[hut_id] = {"name": self.rng.title(), "height": self.rng.randint(1200, 4200), **facts}
        return hut_id

    def add_full(self, without=(), **facts):
        """A hut of which every fact was reported, none of them null, false or 0, except for what is given; its id."""
        row = {
            "beds": self.rng.randint(2, 90),
            "water": True,
            "closed_until": self.day(),
            "warden": self.warden(),
            "door_code": self.rng.digits(7),
        }
        return self.add(**{name: value for name, value in (row | facts).items() if name not in without})

    def add_all_kinds(self):
        """Huts with each fact missing, null, false, 0 and set, alone and together."""
        duty, phone = self.warden()["duty"], self.warden()["phone"]
        # First 0 and false, then null, then what was never reported: each is told in words of its own.
        self.add_full(beds=0, water=False)
        for fact in ("water", "closed_until", "warden", "door_code"):
            self.add_full(**{fact: None})
        for fact in ("beds", "water", "closed_until", "warden", "door_code"):
            self.add_full(without=[fact])
        for warden in ({"duty": duty}, {"phone": phone}, {"duty": None, "phone": phone}, {"duty": duty, "phone": None}):
            self.add_full(warden=warden)
        self.add(beds=0, water=None, warden={})
        self.add(closed_until=None, door_code=None, warden=None)
        self.add()
        self.add_full()

    def day(self):
        """A date as text."""
        return (date(2027, 1, 1) + timedelta(days=self.rng.randint(0, 700))).isoformat()

    def warden(self):
        """A warden of whom both facts are known."""
        return {"duty": " to ".join(self.rng.names(2)), "phone": f"+{self.rng.digits(2)} 555 {self.rng.digits(6)}"}

    def record(self, hut_id):
        """What the staff is to see."""
        return {"id": hut_id, **plain(self.huts[hut_id])}

    def public(self, hut_id):
        """What hikers are to see."""
        return without_secrets(self.record(hut_id))


@pytest.fixture
def club(given, rng):
    """A club without huts; they are put in before the app is imported, or later."""
    return Club(given("huts", huts={}), rng)


@pytest.fixture
def all_kinds(club):
    """The club with every kind of hut, filled before the app is imported."""
    club.add_all_kinds()
    return club


def plain(value):
    """A stored row as JSON: a date may be stored as text or as a date."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def in_json(value):
    return json.dumps(value, ensure_ascii=False)


def without_secrets(record):
    """A record as far as it is public; what else came is not this check's subject."""
    if not isinstance(record, dict):
        return record
    shown = {key: value for key, value in record.items() if key != "door_code"}
    if isinstance(record.get("warden"), dict):
        shown["warden"] = {key: value for key, value in record["warden"].items() if key != "phone"}
    return shown


def with_fact(record, fact, value):
    """A record in which one fact has changed."""
    return {**record, fact: value} if isinstance(record, dict) else record


def flat(record):
    """The facts of a record by name, those of the warden as `warden.duty` and `warden.phone`."""
    facts = {}
    for key, value in record.items() if isinstance(record, dict) else ():
        facts[key] = {} if isinstance(value, dict) else value
        if isinstance(value, dict):
            facts.update({f"{key}.{part}": inner for part, inner in value.items()})
    return facts


def told_of_facts(got, expected):
    """Says which facts of a record are missing or made up, and what that looks like."""
    came, wanted = flat(got), flat(expected)
    missing = {name: value for name, value in wanted.items() if name not in came}
    null = [name for name, value in missing.items() if value is None]
    zero = [name for name, value in missing.items() if value in (0, False, {})]
    added = [name for name in came if name not in wanted]
    return told(
        (
            any(name not in FACTS for name in added),
            f"{quoted(name for name in added if name not in FACTS)}: a record has no such key.",
        ),
        (
            bool(added),
            f"{quoted(added)}: never reported, and yet in the answer. Something filled it in, perhaps a default. Which fields "
            "were set is known only to an object that was made from the row as it is. A dictionary of all its fields, or a new "
            "object made from all of them, has every field set.",
        ),
        (
            bool(null),
            f"{quoted(null)}: reported as null, and not in the answer. “We looked, there is none” is news for a hiker. To leave "
            "out what is null is not the same as to leave out what was never set.",
        ),
        (
            bool(zero),
            f"{quoted(zero)}: reported as {in_json(wanted[zero[0]]) if zero else ''}, and not in the answer. Does something leave "
            "out what equals a default, or what is empty? A reported 0 is a fact like any other.",
        ),
        (bool(missing), f"{quoted(missing)}: reported, and not in the answer."),
        "The record has the right facts, but a value is not the one in `huts.huts`.",
    )


def told_apart(before, after, name):
    return (name in before, before.get(name)) != (name in after, after.get(name))


def told_of_changes(before, after, expected, sent):
    """Says which facts of a row a patch changed without being asked to, or left alone although it was."""
    if not isinstance(after, dict):
        return "The row in `huts.huts` is no dictionary any more. Store plain JSON values."
    touched = [name for name in {**before, **after} if name not in sent and told_apart(before, after, name)]
    return told(
        (
            "id" in touched,
            "The row in `huts.huts` got an `id`. The id is the key of the row, not one of its facts.",
        ),
        (
            bool(touched),
            f"Sent: {quoted(sent) or 'nothing'}. Changed all the same: {quoted(touched)}. Was a model dumped with all "
            "its fields? A default that nobody sent has no business in the row.",
        ),
        (
            bool(sent) and after == before != expected,
            f"The row in `huts.huts` is as it was before. {quoted(sent)} was not stored.",
        ),
        "The row in `huts.huts` is not what it was to be after this patch. It holds plain JSON values, and a date if you like.",
    )


def test_the_list_is_short(club, client):
    """`GET /huts` answers an array in the order of `huts.huts`, and every entry has exactly `id`, `name` and `height`."""
    for without in ([], ["warden", "door_code"], ["beds", "water"], []):
        club.add_full(without=without)
    first, second, *_ = sorted(club.huts)
    for hut_id in (second, first):  # the last two: in no order that sorting would bring about
        club.huts[hut_id] = club.huts.pop(hut_id)
    expected = [{"id": hut_id, "name": row["name"], "height": row["height"]} for hut_id, row in club.huts.items()]
    response = client.get("/huts")
    assert response.status_code == 200
    got = response.json()
    entries = [entry for entry in got if isinstance(entry, dict)] if isinstance(got, list) else []
    surplus = sorted({key for entry in entries for key in entry} - {"id", "name", "height"})
    assert got == exactly(expected), told(
        (
            got == [],
            "`[]` came back, and there are huts. If you named the fields to include: names are applied to what is answered as a "
            "whole. That is a list here, and a list has no such names.",
        ),
        (
            any(key in surplus for key in ("door_code", "warden")),
            f"{quoted(surplus)}: too much for the list. If you named the fields to exclude: names are applied to what is "
            "answered as a whole. That is a list here, and a list has no such names.",
        ),
        (bool(surplus), f"{quoted(surplus)}: too much for the list."),
        (
            isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
            "The entries are right, but not in the order of `huts.huts`.",
        ),
    )


def test_hikers_see_what_was_reported(all_kinds, client):
    """`GET /huts/{hut_id}` answers `id` and the facts that were reported, as they were reported: null, `0` and `false` are there, and what was never reported is not, inside `warden` as well."""
    for hut_id in all_kinds.huts:
        response = client.get(f"/huts/{hut_id}")
        assert response.status_code == 200, (
            f"There is a hut `{hut_id}`. This is its row: {in_json(all_kinds.huts[hut_id])}"
        )
        # Secrets that came along are the next check's subject.
        got, expected = without_secrets(response.json()), all_kinds.public(hut_id)
        assert got == exactly(expected), told_of_facts(got, expected)


def test_hikers_never_see_secrets(all_kinds, client, rng):
    """No door code and no phone number is in the list, in a record for hikers, or in a 404, and a record for hikers has no keys `door_code` and `phone` either."""
    rows = all_kinds.huts.values()
    secrets = [row["door_code"] for row in rows if row.get("door_code")]
    secrets += [row["warden"]["phone"] for row in rows if (row.get("warden") or {}).get("phone")]
    for path in ("/huts", *(f"/huts/{hut_id}" for hut_id in all_kinds.huts)):
        response = client.get(path)
        assert response.status_code == 200
        names = [name for name in ("warden.phone", "door_code") if name in flat(response.json())]
        assert names == [], told(
            (
                names == ["warden.phone"],
                "The phone stands inside `warden`. What leaves out facts of the hut does not reach it by itself.",
            ),
            "A hiker has no business with these keys, be their value null or not.",
        )
        leaked = [secret for secret in secrets if secret in response.text]
        assert leaked == [], "Secrets of the huts went out to everybody."
    response = client.get(f"/huts/{rng.word(5)}")
    assert response.status_code == 404, NO_SUCH_HUT
    leaked = [secret for secret in secrets if secret in response.text]
    assert leaked == [], "Secrets of the huts went out with a 404."


def test_staff_sees_all_that_was_reported(all_kinds, client):
    """`GET /staff/huts/{hut_id}` answers the same with `door_code` and `phone`, where they were reported, and no request with `GET` changes a row."""
    before = copy.deepcopy(all_kinds.huts)
    client.get("/huts")
    for hut_id in before:
        # A hiker looks first: what is hidden from one must still be there for the other.
        client.get(f"/huts/{hut_id}")
        response = client.get(f"/staff/huts/{hut_id}")
        assert response.status_code == 200, f"There is a hut `{hut_id}`. This is its row: {in_json(before[hut_id])}"
        stored = plain(all_kinds.huts.get(hut_id))
        gone = [fact for fact in flat(before[hut_id]) if fact not in flat(stored)]
        added = [fact for fact in flat(stored) if fact not in flat(before[hut_id])]
        assert stored == exactly(before[hut_id]), told(
            (
                bool(gone),
                f"Somebody looked at this hut, and {quoted(gone)} is gone from the row in `huts.huts`, for everybody.",
            ),
            (
                bool(added),
                f"Somebody looked at this hut, and now there is {quoted(added)} in its row in `huts.huts`. What an answer has "
                "beside the row belongs in the answer alone.",
            ),
            "The row in `huts.huts` changed, and all that happened was that somebody looked at it.",
        )
        got, expected = response.json(), all_kinds.record(hut_id)
        assert got == exactly(expected), told_of_facts(got, expected)


def test_a_patch_touches_only_what_was_sent(club, client, rng):
    """`PATCH /staff/huts/{hut_id}` with a fact stores this fact, and answers the record for the staff. All other facts, other huts, and what was never reported stay as they were."""
    full, bare, other = club.add_full(water=False), club.add(), club.add_full(beds=0, water=None)
    new = {
        "name": rng.title(3),
        "height": rng.randint(4300, 4900),
        "beds": rng.randint(100, 400),
        "water": True,
        "closed_until": club.day(),
        "warden": club.warden(),
        "door_code": rng.digits(7),
    }
    for hut_id in (full, bare):
        paths = {"hikers": f"/huts/{hut_id}", "staff": f"/staff/huts/{hut_id}", "other": f"/staff/huts/{other}"}
        seen = {who: client.get(path).json() for who, path in paths.items()}
        # A warden where there was none has a check of its own.
        for fact in [fact for fact in new if hut_id == full or fact != "warden"]:
            before = plain(club.huts[hut_id])
            expected = {**before, fact: new[fact]}
            response = client.patch(f"/staff/huts/{hut_id}", json={fact: new[fact]})
            assert response.status_code == 200, f"Before this patch, the row was {in_json(before)}."
            stored = plain(club.huts.get(hut_id))
            assert stored == exactly(expected), told_of_changes(before, stored, expected, [fact])

            staff = client.get(paths["staff"]).json()
            assert staff == exactly(with_fact(seen["staff"], fact, new[fact])), (
                f"Compared with the record for the staff before the patch, more or less than `{fact}` changed."
            )
            assert response.json() == exactly(staff), AFTERWARDS
            hikers = client.get(paths["hikers"]).json()
            assert without_secrets(hikers) == exactly(without_secrets(with_fact(seen["hikers"], fact, new[fact]))), (
                f"Compared with the record for hikers before the patch, more or less than `{fact}` changed."
            )
            assert client.get(paths["other"]).json() == exactly(seen["other"]), (
                "The patch was for one hut, and the record of another one changed."
            )
            seen |= {"staff": staff, "hikers": hikers}


def test_a_patch_can_report_null_false_and_zero(club, client):
    """Null is a value like any other: `water`, `closed_until`, `warden` and `door_code` can be set to null, `water` to `false`, and `beds` to `0`, whether they were reported before or not."""
    values = [
        ("water", None),
        ("closed_until", None),
        ("door_code", None),
        ("warden", None),
        ("water", False),
        ("beds", 0),
    ]
    for hut_id in (club.add_full(), club.add()):
        kept = copy.deepcopy(club.huts[hut_id])
        for fact, value in values:
            club.huts[hut_id] = copy.deepcopy(kept)
            expected = {**kept, fact: value}
            sent = "null" if value is None else str(value).lower()
            response = client.patch(f"/staff/huts/{hut_id}", json={fact: value})
            assert response.status_code == 200, f"{sent} is a good value for `{fact}`."
            stored = plain(club.huts.get(hut_id))
            assert stored == exactly(expected), told(
                (
                    stored == kept,
                    f"`{fact}` was sent as {sent}, and nothing was stored. Here {sent} is a value. It does not mean “not sent”.",
                ),
                told_of_changes(kept, stored, expected, [fact]),
            )
            assert response.json() == exactly(client.get(f"/staff/huts/{hut_id}").json()), AFTERWARDS


def test_a_wardens_phone_changes_without_the_duty(club, client):
    """`warden` is merged: a key that was sent replaces the old one, and what was not sent stays. Where there was no warden, or null, the row gets what was sent, even if that is `{}`. Null for the whole `warden` is stored."""
    old, new = club.warden(), club.warden()
    nobody = object()
    cases = [
        (old, {"phone": new["phone"]}, {"duty": old["duty"], "phone": new["phone"]}),
        (old, {"duty": new["duty"]}, {"duty": new["duty"], "phone": old["phone"]}),
        (old, {"phone": None}, {"duty": old["duty"], "phone": None}),
        ({"phone": old["phone"]}, {"duty": new["duty"]}, {"phone": old["phone"], "duty": new["duty"]}),
        ({"duty": None}, {"phone": new["phone"]}, {"duty": None, "phone": new["phone"]}),
        (nobody, {"phone": new["phone"]}, {"phone": new["phone"]}),
        (None, {"duty": new["duty"]}, {"duty": new["duty"]}),
        (old, {}, old),
        (None, {}, {}),
        (nobody, {}, {}),
        (old, None, None),
    ]
    for before, sent, expected in cases:
        hut_id = club.add_full(without=["warden"]) if before is nobody else club.add_full(warden=copy.deepcopy(before))
        was = "missing" if before is nobody else in_json(before)
        response = client.patch(f"/staff/huts/{hut_id}", json={"warden": sent})
        assert response.status_code == 200, told(
            (
                response.status_code == 500 and (before is nobody or before is None),
                f"Before this patch, `warden` was {was}: there was nothing to merge with.",
            ),
            f"Before this patch, `warden` was {was}.",
        )
        # What else is in the row is the subject of other checks.
        row = plain(club.huts.get(hut_id))
        now = row.get("warden", "(missing)") if isinstance(row, dict) else row
        lost = (
            [key for key in expected if key not in now] if isinstance(expected, dict) and isinstance(now, dict) else []
        )
        assert {"warden": now} == exactly({"warden": expected}), told(
            (
                not isinstance(now, dict | str | None),
                "What is stored is an object of Python. Store plain JSON values, inside the row as well.",
            ),
            (
                sent is None,
                f"Before this patch, `warden` was {was}. It was sent as null, and null for the whole `warden` is to be stored.",
            ),
            (
                sent == {} and isinstance(before, dict),
                f"Before this patch, `warden` was {was}. The patch speaks neither of the duty nor of the phone, so both stay. An "
                "empty object is not null, though both are false if you only ask whether they are true.",
            ),
            (
                sent == {},
                f"Before this patch, `warden` was {was}. Now somebody reported a warden of whom nothing is known, and so the row "
                "gets an empty one.",
            ),
            (
                sent == {"phone": None} and now == old,
                "The phone was sent as null, and the old one is still there. Inside `warden`, too, null is a value.",
            ),
            (
                bool(lost),
                f"The patch did not speak of {quoted(f'warden.{key}' for key in lost)}, and it is lost: the new warden took the "
                "place of the old one. Updating a dictionary goes one level deep.",
            ),
            (
                isinstance(now, dict) and "duty" not in (sent or ()) and now.get("duty", 0) is None,
                f"Before this patch, `warden` was {was}. A duty that nobody sent was stored as null.",
            ),
            f"Before this patch, `warden` was {was}.",
        )
        assert response.json() == exactly(client.get(f"/staff/huts/{hut_id}").json()), AFTERWARDS


def test_bad_patches_are_refused_and_change_nothing(club, client, rng):
    """422 for null as `name`, `height` or `beds`, for a wrong value, and for a key that is not a fact, `id` included; inside `warden` as well. Then nothing changes, not even the facts beside it that are good."""
    hut_id, good = club.add_full(), rng.randint(100, 400)
    before = copy.deepcopy(club.huts)
    bad = [
        ({"height": rng.word()}, "`height` is a word."),
        ({"name": None}, "`name` cannot be null: every row has one."),
        ({"height": None}, "`height` cannot be null: every row has one."),
        ({"beds": None}, "`beds` may be left out, but it cannot be null."),
        ({"name": ""}, "`name` is empty."),
        ({"name": "n" * 61}, "`name` has 61 characters."),
        ({"beds": -1}, "There are no -1 beds."),
        ({"beds": 1.5}, "There are no 1.5 beds."),
        ({"water": rng.word()}, "`water` is a word."),
        ({"closed_until": rng.word()}, "`closed_until` is a word."),
        (
            {"closed_until": f"{rng.randint(2027, 2040)}-02-30"},
            "`closed_until` looks like a date, but no February has 30 days.",
        ),
        ({"warden": rng.word()}, "`warden` is a word."),
        ({"warden": {"phone": [rng.digits(6)]}}, "The warden's phone is a list."),
        ({"door_code": [rng.digits(6)]}, "`door_code` is a list."),
        ({"bed": good}, "There is no fact `bed`. If it is dropped in silence, the warden believes that it was stored."),
        ({"id": rng.word()}, "`id` is not a fact that a patch can change."),
        ({"warden": {"telephone": rng.digits(6)}}, "A warden has no fact `telephone`."),
        ({"beds": good, "name": ""}, "`beds` is good, `name` is empty, so neither is to be stored."),
        ({"water": False, "height": None}, "`water` is good, `height` is null, so neither is to be stored."),
    ]
    for patch, reason in bad:
        response = client.patch(f"/staff/huts/{hut_id}", json=patch)
        assert response.status_code == 422, told(
            (
                response.status_code == 500 and None in patch.values(),
                f"{reason} That a fact may be left out does not mean that it may be null. Instead of a refusal there was an "
                "exception, shown below: null went on to where nobody expected it.",
            ),
            (
                response.status_code == 500,
                f"{reason} Instead of a refusal there was an exception, shown below. What the model of a patch refuses gets "
                "neither to your function nor into a row.",
            ),
            reason,
        )
        assert plain(club.huts) == exactly(before), (
            f"{reason} The patch was refused, and it changed the row all the same."
        )
    for name, length in [("n", "1 character"), (rng.word(30), "60 characters")]:
        response = client.patch(f"/staff/huts/{hut_id}", json={"name": name})
        assert response.status_code == 200, f"A name may have {length}."


def test_an_empty_patch_changes_nothing(club, client):
    """The patch `{}` answers 200 with the record for the staff, and changes nothing."""
    club.add_full()
    club.add_full(beds=0, water=False, closed_until=None, warden={"phone": club.warden()["phone"]})
    club.add(water=None, warden=None, door_code=None)
    club.add()
    before = copy.deepcopy(club.huts)
    for hut_id, row in before.items():
        response = client.patch(f"/staff/huts/{hut_id}", json={})
        assert response.status_code == 200, "A patch may be empty."
        stored = plain(club.huts.get(hut_id))
        assert stored == exactly(row), told_of_changes(row, stored, row, [])
        assert response.json() == exactly(client.get(f"/staff/huts/{hut_id}").json()), AFTERWARDS


def test_unknown_huts_are_404(club, client, rng):
    """An id that is not in `huts.huts` is 404 for `GET /huts/{hut_id}`, `GET /staff/huts/{hut_id}` and `PATCH /staff/huts/{hut_id}`, and nothing is stored."""
    known, unknown = club.add_full(), rng.word(5)
    patch = {"beds": rng.randint(1, 90)}
    for method, path, body in [
        ("GET", "/huts", None),
        ("GET", "/staff/huts", None),
        ("PATCH", "/staff/huts", patch),
        ("PATCH", "/staff/huts", {}),
    ]:
        found = client.request(method, f"{path}/{known}", json=body)
        assert found.status_code == 200, f"There is a hut `{known}`."
        response = client.request(method, f"{path}/{unknown}", json=body)
        assert response.status_code == 404, NO_SUCH_HUT
    assert list(club.huts) == [known], "A patch for a hut that does not exist made one."


def test_the_docs_do_not_name_the_secrets(docs):
    """In the docs, the 200 answers of `GET /huts` and `GET /huts/{hut_id}` have no property `door_code` or `phone` anywhere, and an entry of the list has exactly `id`, `name` and `height`."""
    array = docs.answer("get", "/huts") or {}
    entry = array.get("items", {})
    properties = sorted({name for part in docs.alternatives(entry) for name in part.get("properties", {})})
    surplus = [name for name in properties if name not in ("id", "name", "height")]
    assert properties == ["height", "id", "name"], told(
        (
            properties == [],
            "GET /huts: the docs do not say what an entry of the list looks like. They know only what the decorator or the "
            "return annotation says.",
        ),
        (
            bool(surplus),
            f"GET /huts: the docs name {quoted(surplus)} as well. The docs show the model that the route declares. Filters "
            "beside it change the answer, not the model.",
        ),
    )
    paths = [path for path in docs.routes if path.startswith("/huts/{") and path.endswith("}")]
    assert len(paths) == 1, (
        f"The docs are to list one path `/huts/{{hut_id}}`; they list {quoted(docs.routes) or 'none'}."
    )
    named = [name for name in SECRETS if name in properties_in(docs.answer("get", paths[0]))]
    assert named == [], told(
        (
            named == ["phone"],
            "GET /huts/{hut_id}: the docs know of a phone. It stands in the model of the warden, and hikers need one without it.",
        ),
        "GET /huts/{hut_id}: the docs announce the secrets to every hiker. They show the model that the route declares. Filters "
        "beside it change the answer, not the model.",
    )


def properties_in(schema):
    """The names of all properties in a resolved schema, however deep."""
    if isinstance(schema, list):
        return {name for part in schema for name in properties_in(part)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties")
    return set(own if isinstance(own, dict) else ()) | properties_in(list(schema.values()))
