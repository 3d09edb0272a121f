"""Checks of q022: an inventory whose boxes hold boxes."""

import string

import pytest

from pytest_fastapi_kata.checks import refusal, refused_at, told

DEEP = 40
KINDS = ("box", "furniture", "plant")


@pytest.fixture
def made(rng):
    """Makes up pieces, addresses and inventories."""
    return MadeUpInventory(rng)


class MadeUpInventory:
    def __init__(self, rng):
        self.rng = rng

    def kg(self):
        return self.rng.randint(1, 90) / 2

    def furniture(self, **changes):
        return {"kind": "furniture", "kg": self.kg(), "dismantle": self.rng.random() < 0.5} | changes

    def plant(self, **changes):
        return {"kind": "plant", "kg": self.kg(), "pot_cm": self.rng.randint(8, 60)} | changes

    def box(self, *contents, **changes):
        return {"kind": "box", "kg": self.kg(), "contents": list(contents)} | changes

    def piece(self):
        return self.rng.choice([self.furniture, self.plant, self.box])()

    def pieces(self, low=1, high=3):
        return [self.piece() for _ in range(self.rng.randint(low, high))]

    def tree(self, depth):
        """A box with all kinds of things in it, boxes down to this depth among them."""
        inside = [self.tree(depth - 1)] if depth else []
        return self.box(*self.rng.shuffled([*inside, *self.pieces()]))

    def codes(self, count):
        capitals = self.rng.sample(string.ascii_uppercase, count)
        return [f"{capital}{self.rng.randint(0, 99)}" for capital in capitals]

    def address(self, **changes):
        return {"street": self.rng.title(), "city": self.rng.name(), "floor": self.rng.randint(1, 9)} | changes

    def inventory(self, rooms=None, **changes):
        rooms = {self.codes(1)[0]: self.pieces()} if rooms is None else rooms
        return {"pickup": self.address(), "delivery": self.address(), "rooms": rooms} | changes

    def nested(self, *pieces):
        """An inventory with these pieces in a box in a room, and the place of the first of them."""
        before, around, code = self.pieces(), self.pieces(), self.codes(1)[0]
        box = self.box(*around, *pieces)
        return self.inventory({code: [*before, box]}), f"body.rooms.{code}.{len(before)}.box.contents.{len(around)}"

    def on_top(self, piece):
        """An inventory with this piece in a room, and its place."""
        before, code = self.pieces(), self.codes(1)[0]
        return self.inventory({code: [*before, piece]}), f"body.rooms.{code}.{len(before)}"


def weight(piece):
    return piece["kg"] + sum(map(weight, piece.get("contents", [])))


def count(piece):
    return 1 + sum(map(count, piece.get("contents", [])))


def figures(inventory):
    rooms = {code: sum(map(weight, pieces)) for code, pieces in inventory["rooms"].items()}
    return {
        "kg": sum(rooms.values()),
        "pieces": sum(count(piece) for pieces in inventory["rooms"].values() for piece in pieces),
        "floors": inventory["pickup"].get("floor", 0) + inventory["delivery"].get("floor", 0),
        "rooms": rooms,
    }


def without(piece, name):
    return {key: value for key, value in piece.items() if key != name}


def about_the_place(response, reason, wanted):
    found = refusal(response)
    places = found.removeprefix("422 at ").split(", ") if found.startswith("422 at ") else []
    return told(
        (response.status_code == 200, f"{reason} It was taken all the same."),
        (response.status_code == 500, f"{reason} An exception ended the request before this was reported."),
        (
            len(places) > 1,
            f"{reason} More is reported than this fault. That happens when the kinds are tried one after the other.",
        ),
        (
            bool(places) and any(kind in wanted.split(".") and kind not in places[0].split(".") for kind in KINDS),
            f"{reason} The path to it does not name the kind. It does if `kind` is what picks one class out of several.",
        ),
        reason,
    )


def test_an_inventory_is_added_up(client, made):
    """`POST /inventories` answers 200 with the total `kg`, the number of `pieces`, the sum of both `floors`, and the weight of each of the `rooms`. A box weighs its own `kg` and what is in it, and it is a piece as well as everything in it."""
    first, second, empty = made.codes(3)
    quarter = made.kg() + 0.25
    rooms = {
        first: [made.furniture(kg=quarter), made.box(made.plant(), made.furniture()), made.plant()],
        empty: [],
        second: [made.plant(), made.box(kg=0), made.furniture()],
    }
    inventory = made.inventory(rooms)
    response = client.post("/inventories", json=inventory)
    assert response.status_code == 200, "This inventory is good: two rooms with pieces of all kinds, and an empty room."
    got, expected = response.json(), figures(inventory)
    total = got.get("kg") if isinstance(got, dict) else None
    assert got == expected, told(
        (
            isinstance(total, int | float) and 0 < abs(total - expected["kg"]) < 0.5,
            "The total is nearly right. It seems to be rounded, and the contract does not round.",
        ),
        (
            total
            == expected["kg"] - sum(piece["kg"] for room in rooms.values() for piece in room if piece["kind"] == "box"),
            "What is missing is just what the empty boxes weigh themselves.",
        ),
        (
            isinstance(got, dict) and got | {"pieces": expected["pieces"]} == expected,
            "All is right but the number of pieces. A box is a piece, and so is everything in it.",
        ),
        "The figures are not the sums of what was sent.",
    )


def test_boxes_in_boxes_count_to_any_depth(client, made):
    """A box may hold boxes, to any depth, and everything in them counts."""
    first, second = made.codes(2)
    inventory = made.inventory({first: [made.tree(4), *made.pieces()], second: made.pieces()})
    response = client.post("/inventories", json=inventory)
    assert response.status_code == 200, "This inventory is good: boxes in boxes in boxes."
    assert response.json() == figures(inventory), "Boxes stand in boxes here. How far down do your sums go?"
    deep = made.plant()
    for _ in range(DEEP):
        deep = made.box(deep)
    inventory = made.inventory({first: [deep], second: []})
    response = client.post("/inventories", json=inventory)
    assert response.status_code == 200, f"This inventory is good: {DEEP} boxes in each other, and a plant in the last."
    assert response.json() == figures(inventory), f"{DEEP} boxes stand in each other. How far down do your sums go?"


def test_an_error_names_its_place(client, made, rng):
    """A field that is wrong or missing is refused with 422 at the path to it: keys and indexes as sent, and after the index of a piece its kind. Nothing else is reported."""
    cases = []
    for piece, fault, reason in [
        (without(made.plant(), "pot_cm"), "plant.pot_cm", "a plant without `pot_cm`"),
        (made.plant(pot_cm=0), "plant.pot_cm", "a pot of 0 cm"),
        (made.plant(pot_cm=12.5), "plant.pot_cm", "12.5 for `pot_cm`, which is a whole number"),
        (made.plant(kg=0), "plant.kg", "a plant of 0 kg"),
        (made.furniture(kg=0), "furniture.kg", "furniture of 0 kg"),
        (without(made.furniture(), "kg"), "furniture.kg", "furniture without `kg`"),
        (made.furniture(dismantle=rng.word()), "furniture.dismantle", "a word for `dismantle`"),
        (made.box(kg=-1), "box.kg", "a box of -1 kg"),
        (without(made.box(), "kg"), "box.kg", "a box without `kg`"),
        (made.box(contents=rng.word()), "box.contents", "a word for `contents`"),
        (made.box(contents=None), "box.contents", "a null for `contents`"),
        (made.furniture(dismantle=None), "furniture.dismantle", "a null for `dismantle`"),
    ]:
        for inventory, place in (made.on_top(piece), made.nested(piece)):
            cases.append((inventory, f"{place}.{fault}", reason))
    box = made.box(*made.pieces(), made.box(made.plant(kg=rng.word())))
    deep, place = made.nested(box)
    place = f"{place}.box.contents.{len(box['contents']) - 1}.box.contents.0.plant.kg"
    cases.append((deep, place, "a word for `kg`, three boxes down,"))
    code = made.codes(1)[0]
    cases.append((made.inventory({code: rng.word()}), f"body.rooms.{code}", "a word for the pieces of a room"))
    for inventory, place, reason in cases:
        response = client.post("/inventories", json=inventory)
        assert refusal(response) == refused_at(place), about_the_place(
            response, f"There is {reason} in this inventory.", place
        )


def test_all_faults_come_at_once(client, made, rng):
    """All faults of an inventory are reported in one answer: those of addresses, room codes and pieces."""
    first, second = made.codes(2)
    bad = first.lower()
    inventory = made.inventory(
        {
            first: [made.piece(), made.plant(kg=0)],
            bad: made.pieces(),
            second: [made.box(made.piece(), made.furniture(kg=rng.word())), made.piece()],
        },
        delivery=without(made.address(), "city"),
    )
    response = client.post("/inventories", json=inventory)
    assert refusal(response) == refused_at(
        "body.delivery.city",
        f"body.rooms.{first}.1.plant.kg",
        f"body.rooms.{bad}.[key]",
        f"body.rooms.{second}.0.box.contents.1.furniture.kg",
    ), (
        "Four things are wrong here: a city is missing, a plant weighs nothing, the letter of a room code is small, and "
        "a word stands for a weight in a box."
    )


def test_the_kind_decides(client, made, rng):
    """A piece whose `kind` is unknown or missing, and a piece that is no object, is reported once, at the piece itself."""
    for piece, reason in [
        (made.plant(kind=rng.word(4)), "the `kind` of a piece is unknown"),
        (without(made.plant(), "kind"), "a piece has no `kind`"),
        (without(made.box(), "kind"), "a piece has no `kind`"),
        (rng.word(), "a piece is a text"),
        (rng.randint(1, 9), "a piece is a number"),
    ]:
        for inventory, place in (made.on_top(piece), made.nested(piece)):
            response = client.post("/inventories", json=inventory)
            assert refusal(response) == refused_at(place), told(
                (response.status_code == 200, f"In this inventory {reason}. It was taken all the same."),
                (
                    response.status_code == 422,
                    f"In this inventory {reason}. Nobody can say which fields it should have then, so one error is "
                    "wanted, at the piece itself.",
                ),
                (
                    response.status_code == 500,
                    f"In this inventory {reason}. An exception ended the request before this was reported.",
                ),
                f"In this inventory {reason}.",
            )


def test_unknown_fields_are_refused_at_every_level(client, made, rng):
    """An unknown field is refused with 422 at its path, wherever it is: in the inventory, an address, a piece of any kind, a piece in a box."""
    note = {"note": rng.word()}
    cases = [("the inventory", made.inventory(**note), "body.note")]
    for name in ("pickup", "delivery"):
        cases.append(("an address", made.inventory(**{name: made.address(**note)}), f"body.{name}.note"))
    for what, piece, field in [
        ("a piece of furniture", made.furniture(**note), "furniture.note"),
        ("a plant", made.plant(**note), "plant.note"),
        ("a box", made.box(made.piece(), **note), "box.note"),
        ("a plant", made.plant(dismantle=True), "plant.dismantle"),
        ("a piece of furniture", made.furniture(contents=[]), "furniture.contents"),
    ]:
        for inventory, place in (made.on_top(piece), made.nested(piece)):
            cases.append((what, inventory, f"{place}.{field}"))
    answers = [(what, place, client.post("/inventories", json=inventory)) for what, inventory, place in cases]
    silent = {what for what, _, response in answers if response.status_code == 200}
    for what, place, response in answers:
        field = place.rpartition(".")[2]
        assert refusal(response) == refused_at(place), told(
            (
                response.status_code == 200 and len(silent) == 4 and "the inventory" not in silent,
                f"`{field}` does not belong into {what}, and it was dropped in silence. The same happens in every class "
                "inside the inventory: what is configured on the outer one does not reach them.",
            ),
            (
                response.status_code == 200,
                f"{what.capitalize()} has no `{field}`, and nobody said so. Each class decides for itself what it does "
                f"with fields that it does not know. Such a field gets into: {', '.join(sorted(silent))}.",
            ),
            f"`{field}` does not belong into {what}.",
        )


def test_room_codes_are_keys_with_a_rule(client, made, rng):
    """The keys of `rooms` are room codes, one capital letter A-Z and one or two digits 0-9, and there is at least one. A bad one is refused with 422 at `["body", "rooms", <code>, "[key]"]`, no entry at all at `["body", "rooms"]`."""
    code = made.codes(1)[0]
    capital = code[0]
    for good in (
        f"{capital}{rng.randint(0, 9)}",
        f"{capital}0",
        f"{capital}0{rng.randint(0, 9)}",
        f"{capital}{rng.randint(10, 99)}",
    ):
        response = client.post("/inventories", json=made.inventory({good: []}))
        assert response.status_code == 200, f"“{good}” is a good room code."
    for bad, reason in [
        (code.lower(), "its letter is small"),
        (f"{capital}{rng.randint(100, 999)}", "it has three digits"),
        (capital, "it has no digit"),
        (code[1:], "it has no letter"),
        (f"{rng.choice('ÄÖÜÉ')}{code[1:]}", "its letter is not one of A-Z"),
        (f"{rng.word(1)}{code}", "something stands before it"),
        (f"{code}{rng.word(1)}", "something stands after it"),
        (f"{code}\n", "a line end stands after it"),
        (f"{capital}{rng.choice('٣٤٥')}", "its digit is not one of 0-9. `\\d` means the digits of every script"),
        ("", "it is empty"),
    ]:
        response = client.post("/inventories", json=made.inventory({code: [], bad: made.pieces()}))
        assert refusal(response) == refused_at(f"body.rooms.{bad}.[key]"), told(
            (response.status_code == 200, f"{bad!r} was let through, and it is no room code: {reason}."),
            (
                refusal(response) == refused_at("body.rooms"),
                f"{bad!r} is no room code: {reason}. It was refused, but `rooms` as a whole is blamed and not the key.",
            ),
            f"{bad!r} is no room code: {reason}.",
        )
    response = client.post("/inventories", json=made.inventory({}))
    assert refusal(response) == refused_at("body.rooms"), "`rooms` has no entry in this inventory."


def test_addresses_are_models_too(client, made, rng):
    """Both addresses have a `street` and a `city`, texts of 1 to 80 characters, and a `floor`, a whole number that is 0 if left out and may be below 0. What is wrong is refused with 422 at its path."""
    rooms = {made.codes(1)[0]: [made.furniture()]}
    for below in (-1, -2):
        inventory = made.inventory(rooms, pickup=without(made.address(), "floor"), delivery=made.address(floor=below))
        response = client.post("/inventories", json=inventory)
        assert response.status_code == 200, f"One floor was left out, the other is {below}. Both are good."
        assert response.json() == figures(inventory), f"One floor was left out, so it is 0, and the other is {below}."
    inventory = made.inventory(
        pickup=made.address(street="s" * 80, city="c"), delivery=made.address(street="s", city="c" * 80)
    )
    assert client.post("/inventories", json=inventory).status_code == 200, "80 characters, and a single one, are good."
    for name in ("pickup", "delivery"):
        for field, address, reason in [
            ("city", without(made.address(), "city"), "is left out"),
            ("street", without(made.address(), "street"), "is left out"),
            ("city", made.address(city=""), "is empty"),
            ("street", made.address(street=""), "is empty"),
            ("city", made.address(city="c" * 81), "has 81 characters"),
            ("street", made.address(street="s" * 81), "has 81 characters"),
            ("floor", made.address(floor=rng.word()), "is a word"),
            ("floor", made.address(floor=1.5), "is 1.5, which is no whole number"),
            ("floor", made.address(floor=None), "is null"),
        ]:
            response = client.post("/inventories", json=made.inventory(**{name: address}))
            assert refusal(response) == refused_at(f"body.{name}.{field}"), told(
                (
                    response.status_code == 500 and address.get("floor", "") is None,
                    f"In `{name}`, `floor` is null. Validation let it pass, and then nobody can add it up.",
                ),
                f"In `{name}`, `{field}` {reason}.",
            )
        response = client.post("/inventories", json=without(made.inventory(), name))
        assert refusal(response) == refused_at(f"body.{name}"), f"`{name}` is left out."


def test_defaults_are_not_shared(client, made):
    """A box without `contents` is empty, whatever stands beside it, and an answer does not depend on the requests before it."""
    one, other = made.codes(2)
    bare = [without(made.box(), "contents") for _ in range(2)]
    mixed = made.inventory({one: [bare[0], made.box(*made.pieces()), bare[1], made.tree(1)]})
    second = made.inventory({other: [made.box(*made.pieces()), without(made.box(), "contents")]})
    for number, inventory in enumerate((mixed, second, mixed)):
        response = client.post("/inventories", json=inventory)
        assert response.status_code == 200, "Boxes without `contents` are empty boxes, and good ones."
        assert response.json() == figures(inventory), told(
            (
                number > 0,
                "The first request was answered well, and this one is not. Was something left over from it?",
            ),
            "Boxes without `contents` stand among full ones here.",
        )


def test_the_docs_know_the_kinds(docs):
    """In the OpenAPI document, a piece is a `oneOf` of the three kinds with a `discriminator` whose `propertyName` is `kind`, and the schema of a box refers to itself through its contents."""
    unions = {kinds(docs, union): union for union in unions_by_kind(docs.document)}
    three = ("box", "furniture", "plant")
    found = three if three in unions else sorted(unions)
    assert found == three, told(
        (
            bool(unions),
            "The docs have a `oneOf` with a `discriminator` on `kind`, but not with just these three kinds.",
        ),
        "The docs have no `oneOf` with a `discriminator` on `kind`. Without it, whoever reads them cannot know that `kind` "
        "tells the classes apart.",
    )
    box = next(part for part in unions[three]["oneOf"] if kinds_of(docs.resolve(part)) == ["box"])
    inside = set(references(docs.resolve(box)))
    assert box.get("$ref") in inside, "The schema of a box does not say that its contents may be boxes again."


def unions_by_kind(value):
    if isinstance(value, dict):
        discriminator = value.get("discriminator")
        if "oneOf" in value and isinstance(discriminator, dict) and discriminator.get("propertyName") == "kind":
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from unions_by_kind(item)


def kinds(docs, union):
    return tuple(sorted(" or ".join(kinds_of(docs.resolve(part))) for part in union["oneOf"]))


def kinds_of(schema):
    kind = schema.get("properties", {}).get("kind", {})
    return [kind["const"]] if "const" in kind else list(kind.get("enum", []))


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)
