"""Checks of q027: left out, null, or zero."""

from datetime import date, datetime, timedelta

import pytest

from pytest_fastapi_kata.checks import exactly, picked, quoted, refusal, refused_at, told


class Pools:
    """The pools of this run and their plans, the readings that are made up for them, and how they are sent."""

    def __init__(self, plans, client, rng):
        self.plans = plans
        self.client = client
        self.rng = rng
        self.planned, self.unplanned, self.other = plans.next_checks
        self.unknown = rng.word(4)

    def day(self):
        """A day, and never the same one twice in a row."""
        return date(2027, 1, 1) + timedelta(days=self.rng.randint(0, 5000))

    def reading(self, without=(), **changes):
        """A good reading with every key."""
        reading = {
            "ph": self.rng.randint(60, 80) + self.rng.choice([0.1, 0.3, 0.7]),
            "chlorine": self.rng.randint(1, 4) + self.rng.choice([0.1, 0.4, 0.6]),
            "bathers": self.rng.randint(1, 400),
            "remark": " ".join(self.rng.words(3)),
            "next_check": self.day().isoformat(),
        }
        reading["ph"] = round(reading["ph"] / 10, 2)
        return {key: value for key, value in (reading | changes).items() if key not in without}

    def log(self, reading, pool=None):
        """Send a reading, to the planned pool if no other is named."""
        return self.client.post(f"/pools/{pool or self.planned}/readings", json=reading)

    def kept(self):
        """What `pool.next_checks` has now for every pool; one without an entry has the plan None."""
        plans = self.plans.next_checks
        return {pool: plans.get(pool) for pool in (self.planned, self.unplanned, self.other, self.unknown)}


@pytest.fixture
def plans(given, rng):
    """The given file with two pools that have a plan and one that has none."""
    planned, unplanned, other = rng.words(3)
    first, second = (date(2026, 1, 1) + timedelta(days=days) for days in rng.numbers(2, 0, 360))
    return given("pool", next_checks={planned: first, unplanned: None, other: second})


@pytest.fixture
def pools(plans, client, rng):
    return Pools(plans, client, rng)


def differing(got, expected):
    """The keys in which an answer differs."""
    if not isinstance(got, dict):
        return list(expected)
    return [key for key in {**expected, **got} if key not in got or key not in expected or got[key] != expected[key]]


def as_sent(value):
    return "null" if value is None else '""' if value == "" else str(value)


def told_of_kind(kept):
    """What the learner is told if a plan is neither a date nor None."""
    kind = type(kept).__name__
    wrong = not isinstance(kept, date | None) or isinstance(kept, datetime)
    return (wrong, f"`pool.next_checks` keeps a `date` or None, and now it holds a `{kind}`.")


def about(response, key, reason):
    """What the learner is told about a reading that is to be refused for one key."""
    return told(
        (
            response.status_code == 201,
            f"`{key}` is wrong in this reading: {reason}. The reading was logged all the same.",
        ),
        (
            f"422 at body.{key}." in refusal(response),
            f"`{key}` is wrong: {reason}. The place is to be the key itself. Where the type is a union of several types, the "
            "place also names the one that was tried.",
        ),
        f"Only `{key}` is wrong in this reading: {reason}.",
    )


def test_a_full_reading_is_logged(pools):
    """A reading with every key is answered with 201 and `pool`, `ph`, `chlorine`, `bathers`, `remark`, `chlorine_state` and `next_check`. The new plan is kept in `pool.next_checks` as a `date`."""
    for pool in (pools.planned, pools.unplanned):
        reading, day = pools.reading(), pools.day()
        reading["next_check"] = day.isoformat()
        expected = {"pool": pool, **reading, "chlorine_state": "ok"}
        response = pools.log(reading, pool)
        assert response.status_code == 201
        got = response.json()
        assert got == exactly(expected), f"Look at {quoted(differing(got, expected))}."
        kept = pools.kept()[pool]
        assert kept == day, told(
            told_of_kind(kept), "The answer shows the new plan, but `pool.next_checks` does not have it."
        )


def test_ph_and_chlorine_must_be_there(pools):
    """A reading without `ph` or without `chlorine` is refused with 422 at `["body", <key>]`."""
    for missing in (["ph"], ["chlorine"], ["ph", "chlorine"]):
        response = pools.log(pools.reading(without=missing))
        assert refusal(response) == refused_at(*(f"body.{key}" for key in missing)), told(
            (
                response.status_code == 201,
                f"Left out: {quoted(missing)}. The reading was logged all the same, and nobody notices that somebody forgot to "
                "measure. It is not `| None` that lets a field be left out, it is a default.",
            ),
            f"Left out: {quoted(missing)}.",
        )


def test_null_is_only_for_some(pools):
    """`chlorine`, `remark` and `next_check` may be null. `ph` and `bathers` may not: 422 at `["body", <key>]`."""
    for key in ("ph", "bathers"):
        response = pools.log(pools.reading(**{key: None}))
        assert refusal(response) == refused_at(f"body.{key}"), told(
            (
                key == "bathers" and response.status_code == 201,
                "`bathers` was sent as null, and went through. That a field may be left out does not mean that it may be null: "
                "the first comes from its default, the second from its type.",
            ),
            f"`{key}` was sent as null, and it has to be a number.",
        )
    for key in ("chlorine", "remark", "next_check"):
        response = pools.log(pools.reading(**{key: None}))
        assert response.status_code == 201, f"`{key}` was sent as null, and it may be null."
        if key != "next_check":
            assert picked(response, key) == exactly({key: None}), (
                f"`{key}` was sent as null and is to be answered as null."
            )


def test_left_out_keys_have_their_defaults(pools):
    """If `bathers` is left out, it is 0. If `remark` is left out, it is null. `next_check` may be left out as well."""
    for without in (["bathers"], ["remark"], ["bathers", "remark"], ["bathers", "remark", "next_check"]):
        reading = pools.reading(without=without)
        response = pools.log(reading, pools.unknown if "next_check" in without else pools.planned)
        assert response.status_code == 201, told(
            (
                "bathers" in without and refusal(response) == refused_at("body.bathers"),
                "`bathers` was left out, and that means 0. A field without a default has to be sent.",
            ),
            (
                response.status_code == 422 and refusal(response) in (refused_at(f"body.{key}") for key in without),
                f"Left out: {quoted(without)}, which is allowed. A field is required unless it has a default, whatever its type "
                "is: `Optional`, or `| None`, in a type speaks of null alone.",
            ),
            (
                response.status_code == 500 and "next_check" in without,
                f"Left out: {quoted(without)}, for a pool that is not in `pool.next_checks`. Such a pool has no plan, and that "
                "is no error.",
            ),
            f"Left out: {quoted(without)}.",
        )
        got = picked(response, "bathers", "remark")
        expected = {"bathers": reading.get("bathers", 0), "remark": reading.get("remark")}
        assert got == exactly(expected), told(
            (
                got == {**expected, "bathers": None} != expected,
                "`bathers` was left out, and became null, which it must never be. Pydantic does not check whether a default has "
                "the type that was declared.",
            ),
            f"Left out: {quoted(without)}.",
        )


def test_zero_is_a_value(pools):
    """`chlorine` 0 is a value: `chlorine_state` is `"unknown"` for null, `"alarm"` below 0.3 (for 0, too), otherwise `"ok"`. `bathers` 0 and an empty `remark` are answered as they were sent."""
    strong = pools.rng.randint(2, 9) + 0.5
    for chlorine, state in [(0, "alarm"), (0.29, "alarm"), (0.3, "ok"), (strong, "ok"), (None, "unknown")]:
        response = pools.log(pools.reading(chlorine=chlorine))
        assert response.status_code == 201, f"`chlorine` was sent as {as_sent(chlorine)}, which is allowed."
        got = picked(response, "chlorine", "chlorine_state")
        assert got == {"chlorine": chlorine, "chlorine_state": state}, told(
            (
                chlorine == 0 and "unknown" in str(got),
                "0 was treated like null, and an alarm became “unknown”. If you only ask whether a value is true, 0 is as false "
                "as None.",
            ),
            (
                chlorine is None and "unknown" not in str(got),
                "`chlorine` was sent as null: the probe is broken, and the state is “unknown”.",
            ),
            (chlorine == 0.3 and "alarm" in str(got), "0.3 is not below 0.3, so it is no alarm."),
            f"`chlorine` was sent as {as_sent(chlorine)}.",
        )
    for key, value in [("bathers", 0), ("remark", "")]:
        response = pools.log(pools.reading(**{key: value}))
        assert response.status_code == 201, f"`{key}` was sent as {as_sent(value)}, which is a good value."
        got = picked(response, key)
        assert got == exactly({key: value}), told(
            (
                got == {key: None},
                f"`{key}` was sent as {as_sent(value)}, and null came back. If you only ask whether a value is true, both are "
                "false.",
            ),
            f"`{key}` was sent as {as_sent(value)}.",
        )


def test_the_plan_has_three_cases(pools):
    """`next_check` as a date is the new plan, null drops the plan, left out leaves it as it is; the answer has the plan as it is afterwards. That holds for a pool with a plan, for one without, and for one that is not in `pool.next_checks`. Other pools keep their plans."""
    for pool in (pools.planned, pools.unplanned, pools.unknown):
        first, second = pools.day(), date(2026, 12, 31)
        for sent in ("left out", first, "left out", None, "left out", second, None, first, "left out"):
            before = pools.kept()
            plan = before[pool] if sent == "left out" else sent
            next_check = sent.isoformat() if isinstance(sent, date) else sent
            reading = pools.reading(**({} if sent == "left out" else {"next_check": next_check}))
            if sent == "left out":
                del reading["next_check"]
            response = pools.log(reading, pool)
            was = as_sent(before[pool])
            story = f"The plan was {was}, and `next_check` was {sent or 'null'}."
            assert response.status_code == 201, told(
                (
                    response.status_code == 500 and pool == pools.unknown,
                    "The pool is not in `pool.next_checks`. Such a pool has no plan yet, and that is no error.",
                ),
                story,
            )
            kept = pools.kept()
            assert kept[pool] == plan, told(
                told_of_kind(kept[pool]),
                (
                    sent == "left out" and before[pool] is not None and kept[pool] is None,
                    f"The plan was {was}, and `next_check` was left out: the plan stays. Here it was dropped, as if null had "
                    "been sent. The value of the attribute cannot tell the two apart; what can?",
                ),
                (
                    sent is None and kept[pool] == before[pool],
                    f"The plan was {was}, and `next_check` was sent as null: the plan is dropped. Here it was kept, as if "
                    "nothing had been sent.",
                ),
                (
                    isinstance(sent, date),
                    f"The plan was {was}, and the new one is {sent}. `pool.next_checks` does not have it.",
                ),
                story,
            )
            assert kept == {**before, pool: plan}, "The plan of this pool is right, and that of another one changed."
            assert picked(response, "next_check") == {"next_check": plan and plan.isoformat()}, told(
                (
                    sent == "left out",
                    f"{story} The plan is kept, but the answer does not show it: `next_check` in the answer is the plan after "
                    "the request, whether the request spoke of it or not.",
                ),
                f"{story} The plan is kept right, but the answer shows something else.",
            )


def test_wrong_values_are_refused(pools):
    """422 at `["body", <key>]` for `ph` outside 0 to 14, `chlorine` below 0, `bathers` that are no whole number or below 0, a `remark` that is no text or has more than 200 characters, and a `next_check` that is no date of the calendar. The plan stays as it is, even if `next_check` itself is good."""
    word = pools.rng.word()
    wrong = [
        ("ph", -0.1, "it is below 0"),
        ("ph", 14.1, "it is above 14"),
        ("ph", word, "it is a word"),
        ("chlorine", -1, "it is below 0"),
        ("chlorine", word, "it is a word"),
        ("bathers", -1, "it is below 0"),
        ("bathers", 1.5, "it is no whole number"),
        ("remark", "r" * 201, "it has 201 characters"),
        ("remark", pools.rng.randint(1, 9), "it is a number"),
        ("next_check", word, "it is a word"),
        ("next_check", f"{pools.rng.randint(2027, 2040)}-02-30", "no February has 30 days"),
    ]
    for key, value, reason in wrong:
        before = pools.kept()
        response = pools.log(pools.reading(**{key: value}))
        assert refusal(response) == refused_at(f"body.{key}"), about(response, key, reason)
        assert pools.kept() == before, "The reading was refused, and its `next_check` was stored all the same."
    for key, value, reason in [("ph", 0, "0"), ("ph", 14, "14"), ("remark", "r" * 200, "200 characters")]:
        response = pools.log(pools.reading(**{key: value}))
        assert response.status_code == 201, f"`{key}` is just within its limits: {reason}."


def test_the_docs_say_which_is_optional(docs):
    """In the docs, the request body requires exactly `ph` and `chlorine`; `chlorine`, `remark` and `next_check` admit null, `ph` and `bathers` do not."""
    paths = [path for path in docs.routes if path.startswith("/pools/{") and path.endswith("}/readings")]
    assert len(paths) == 1, (
        f"The docs are to list one path `/pools/{{name}}/readings`; they list {quoted(docs.routes) or 'none'}."
    )
    schema = docs.body("post", paths[0]) or {}
    properties = schema.get("properties", {})
    keys = ("ph", "chlorine", "bathers", "remark", "next_check")
    got = {
        "required": sorted(schema.get("required", [])),
        "admits null": [key for key in keys if admits_null(docs, properties.get(key))],
    }
    unknown = [key for key in keys if key not in properties]
    assert unknown == [], told(
        (
            not properties,
            "The docs know no key of the request body. They can only show what a model declares.",
        ),
        "The docs do not list these keys of the request body.",
    )
    refused = [key for key in ("chlorine", "remark", "next_check") if key not in got["admits null"]]
    forgotten = [key for key in ("ph", "chlorine") if key not in got["required"]]
    surplus = [key for key in got["required"] if key not in ("chlorine", "ph")]
    assert got == {"required": ["chlorine", "ph"], "admits null": ["chlorine", "remark", "next_check"]}, told(
        (
            "bathers" in got["admits null"],
            "The docs allow null for `bathers`. A default says that it may be left out, and nothing more.",
        ),
        ("ph" in got["admits null"], "The docs allow null for `ph`."),
        (
            bool(forgotten),
            f"The docs say that {quoted(forgotten)} may be left out. What has a default is not required.",
        ),
        (
            bool(surplus),
            f"The docs require {quoted(surplus)} as well. What has no default is required, even if it may be null.",
        ),
        (bool(refused), f"The docs do not allow null for {quoted(refused)}. The type says whether null is allowed."),
    )


def admits_null(docs, schema):
    """Whether null is among the types of a schema."""
    if schema is None:
        return False
    parts = docs.alternatives(schema)
    return any(part.get("type") in (None, "null") or "null" in part["type"] for part in parts)
