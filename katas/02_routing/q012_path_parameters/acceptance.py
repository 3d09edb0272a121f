"""Checks of q012: path parameters."""

from urllib.parse import quote

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

EDITIONS = ("morning", "evening", "sunday")


def issue(edition, number):
    return {
        "edition": edition,
        "number": number,
        "label": f"{edition}-{number}",
        "first_page": 32 * (number - 1) + 1,
    }


def value_at(answer, key):
    return answer.get(key) if isinstance(answer, dict) else None


def test_the_issue_number_arrives_as_a_number(client, rng):
    """`GET /issues/{edition}/{number}` answers the issue with `edition`, `number`, `label` and `first_page`. `number` is a JSON number; every whole number from 1 up is allowed."""
    for edition in EDITIONS:
        for number in (1, rng.randint(2, 900), rng.randint(20_000, 99_999)):
            response = client.get(f"/issues/{edition}/{number}")
            assert response.status_code == 200, told(
                (
                    refusal(response) == refused_at("path.number") and number > 900,
                    f"Number {number} was refused, and smaller ones were not. There is no upper limit.",
                ),
                (
                    response.status_code == 422,
                    "This edition and this number exist, and the answer says that something is wrong with them.",
                ),
            )
            got = response.json()
            label = str(value_at(got, "label"))
            assert got == exactly(issue(edition, number)), told(
                (
                    isinstance(value_at(got, "number"), str),
                    "`number` came back as text. Everything in an address is text, until a type hint says what to make of it.",
                ),
                (
                    "." in label.partition("-")[0],
                    "The label shows the name of an enum's member. Inside an f-string or `str()`, a member of a plain "
                    "`Enum`, and even of a `(str, Enum)`, is written like that; what you want is the text that it stands for.",
                ),
            )


def test_a_number_is_a_whole_number_from_one_up(client, rng):
    """An issue number is a whole number from 1 up. Anything else gets 422 at `["path", "number"]`."""
    edition = rng.choice(EDITIONS)
    for number in ("1", str(rng.randint(2, 900))):
        response = client.get(f"/issues/{edition}/{number}")
        assert response.status_code == 200, f"{number} is a whole number from 1 up."
    for number in ("three", rng.word(), "2.5", "0", "-4"):
        response = client.get(f"/issues/{edition}/{number}")
        assert refusal(response) == refused_at("path.number"), told(
            (
                response.status_code == 404 and number in ("0", "-4"),
                f"For the number “{number}” the answer is 404. FastAPI knows that a number is whole; does it know, too, "
                "where the numbers begin?",
            ),
            (
                response.status_code == 404,
                f"For the number “{number}”, no route was found or your function said 404. A type within the braces decides "
                "whether the route matches at all, so the caller never learns what was wrong with the value.",
            ),
            (
                response.status_code == 500,
                f"The number “{number}” got as far as your function, which could not deal with it. "
                "A value has to be checked before the function is called; what describes it to FastAPI?",
            ),
            (response.status_code == 200, f"“{number}” was accepted as the number of an issue."),
        )


def test_only_the_three_editions_exist(client, rng):
    """The editions are `morning`, `evening` and `sunday`, in small letters. Anything else gets 422 at `["path", "edition"]`."""
    for edition in EDITIONS:
        response = client.get(f"/issues/{edition}/{rng.randint(1, 900)}")
        assert response.status_code == 200, f"The edition “{edition}” exists."
    for edition in ("noon", rng.word(), "EVENING", rng.choice(EDITIONS).capitalize()):
        response = client.get(f"/issues/{edition}/{rng.randint(1, 900)}")
        assert refusal(response) == refused_at("path.edition"), told(
            (
                response.status_code == 200 and edition.lower() in EDITIONS,
                f"“{edition}” was accepted as an edition. They are written in small letters, and only so.",
            ),
            (response.status_code == 200, f"“{edition}” was accepted as an edition."),
            (
                response.status_code in (400, 404, 422),
                f"The edition “{edition}” is refused, but not in the form that FastAPI gives an invalid value. "
                "Leave the refusal to FastAPI: it has to know which values there are.",
            ),
            (
                response.status_code == 500,
                f"The edition “{edition}” got as far as your function, which could not deal with it.",
            ),
        )


def test_two_mistakes_are_reported_together(client, rng):
    """If edition and number are both wrong, one 422 names both: `["path", "edition"]` and `["path", "number"]`."""
    good = client.get(f"/issues/{rng.choice(EDITIONS)}/{rng.randint(1, 900)}")
    assert good.status_code == 200
    response = client.get(f"/issues/{rng.word()}/{rng.word()}")
    found = refusal(response)
    assert found == refused_at("path.edition", "path.number"), told(
        (
            found == refused_at("path.edition"),
            "Only the edition is reported. FastAPI did not know that the number is wrong, too.",
        ),
        (
            found == refused_at("path.number"),
            "Only the number is reported. FastAPI did not know that the edition is wrong, too.",
        ),
        (
            response.status_code == 404,
            "Edition and number were both wrong, and the answer is 404: either no route matched this address, "
            "or your function looked at the values itself.",
        ),
        "Edition and number were both wrong.",
    )


def test_a_box_number_keeps_every_character(client, rng):
    """`GET /boxes/{box}` answers the box as it stands in the address: zeros in front, blanks, accents and all."""
    boxes = [
        f"00{rng.digits(3)}",
        "1e3",
        rng.digits(21),
        f"{rng.digits(2)}.50",
        f" {rng.name()}  {rng.word()} ",
        f"{rng.name()} é{rng.word()}ü",
    ]
    for box in boxes:
        response = client.get(f"/boxes/{quote(box, safe='')}")
        assert response.status_code == 200, f"The box is “{box}”. Any text without a slash is a box."
        got = response.json()
        assert got == exactly({"box": box}), told(
            (
                isinstance(value_at(got, "box"), int | float),
                f"“{box}” became a number. Digits alone do not make a number: a label is a text.",
            ),
            f"The box is “{box}”, and it has to come back character for character.",
        )


def test_a_scan_may_lie_in_subfolders(client, rng):
    """`GET /scans/{file}` answers `file`, its `folders` as an array, and its `name`, however many folders there are."""
    year = rng.digits(4)
    deep = rng.words(rng.randint(5, 9))
    for folders in ([], [year], [rng.word(), year, rng.word()], [year, rng.word(), year], deep):
        name = f"{rng.word()}.tif"
        file = "/".join([*folders, name])
        response = client.get(f"/scans/{file}")
        assert response.status_code == 200, told(
            (
                response.status_code == 404 and len(folders) > 0,
                "A scan that lies in a folder was not found. A path parameter ends at the next slash, unless its place in "
                "the path says otherwise.",
            ),
        )
        assert response.json() == exactly({"file": file, "folders": folders, "name": name})


def test_the_docs_know_the_types(docs):
    """The docs list the three paths with their path parameters: `number` is an integer, `edition` offers the three names, `box` is a string or has no type."""
    assert docs.places("get", "/issues/{edition}/{number}") == {"edition": "path, required", "number": "path, required"}
    assert docs.places("get", "/boxes/{box}") == {"box": "path, required"}
    assert docs.places("get", "/scans/{file}") == {"file": "path, required"}

    def schema(path, name):
        return docs.not_null(docs.parameters("get", path)[name].schema)

    number = schema("/issues/{edition}/{number}", "number")
    assert number.get("type") == "integer", f"This is how the docs describe `number`: {number}"
    edition = schema("/issues/{edition}/{number}", "edition")
    assert sorted(map(str, edition.get("enum", []))) == sorted(EDITIONS), told(
        (
            "enum" not in edition,
            f"The docs know of no choice: they describe `edition` as {edition}. A choice is shown only where the "
            "parameter's type is one; a check within the function, or a pattern, is none to them.",
        ),
    )
    box = schema("/boxes/{box}", "box")
    other_types = {part.get("type") for part in docs.alternatives(box)} - {"string", "null", None}
    assert sorted(other_types) == [], f"A box is a text and nothing else. This is how the docs describe it: {box}"
