"""Checks of q030: four formats in, three out, and the same rules for all of them."""

import csv
import io
import json
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

JSON, FORM, CSV, XML = "application/json", "application/x-www-form-urlencoded", "text/csv", "application/xml"
NAMES = ("ring", "species", "grams", "caught")


@pytest.fixture
def bird(rng):
    """Make up one more record with each call; what is given replaces a field."""

    def make_up(**fields):
        ring = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWXZ") for _ in range(2)) + rng.digits(5)
        caught = f"20{rng.randint(10, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return {"ring": ring, "species": rng.title(), "grams": rng.randint(4, 9_000) + 0.5, "caught": caught} | fields

    return make_up


def as_json(record):
    return json.dumps(record).encode()


def as_form(record):
    return urlencode(record).encode()


def as_csv(records, columns=NAMES, line_end="\r\n"):
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator=line_end)
    rows.writeheader()
    rows.writerows(records)
    return text.getvalue()


def as_xml(records, head=""):
    parts = [head, "<ringings>"]
    for record in records:
        attributes = "".join(f" {name}={quoteattr(record[name])}" for name in ("ring", "caught") if name in record)
        elements = "".join(
            f"<{name}>{escape(str(record[name]))}</{name}>" for name in ("species", "grams") if name in record
        )
        parts.append(f"  <ringing{attributes}>{elements}</ringing>")
    return "\n".join([*parts, "</ringings>"]).strip()


def post(client, kind, body, path="/ringings"):
    """Send a body, text as UTF-8, under a content type (None: without any)."""
    content = body.encode() if isinstance(body, str) else body
    return client.post(path, content=content, headers={} if kind is None else {"content-type": kind})


def upload(client, content, name="birds.csv", **fields):
    return client.post("/ringings/upload", data=fields, files={"file": (name, content, "text/csv")})


def stored(client):
    """What the observatory has, as JSON."""
    response = client.get("/ringings", headers={"accept": JSON})
    assert response.status_code == 200
    return response.json()


def media_type(response):
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def assert_stored(response, number, why=""):
    assert response.status_code == 201, why
    assert response.json() == exactly({"stored": number}), why


def test_json_and_form_store_one_record(bird, client):
    """`POST /ringings` stores one record that comes as JSON or as a form, and `GET /ringings` answers all records in the order of their arrival. Capital letters and parameters in the content type change nothing."""
    birds = [bird() for _ in range(5)]
    assert_stored(post(client, JSON, as_json(birds[0])), 1)
    assert stored(client) == exactly(birds[:1])
    of_the_form = "The four fields came as a form. Is the body taken for JSON, whatever the content type says?"
    assert_stored(post(client, FORM, as_form(birds[1])), 1, of_the_form)
    assert stored(client) == exactly(birds[:2]), of_the_form
    spelled = "The content type is spelled in another way, and it is the same one."
    assert_stored(post(client, "Application/JSON; charset=utf-8", as_json(birds[2])), 1, spelled)
    assert_stored(post(client, f"{FORM}; charset=UTF-8", as_form(birds[3])), 1, spelled)
    umlauts = birds[4] | {"species": "Grünspecht + Möwe & Co"}
    assert_stored(post(client, FORM, as_form(umlauts)), 1)
    assert stored(client) == exactly([*birds[:4], umlauts])


def test_csv_stores_many(bird, client, rng):
    """A CSV body stores a record for each line, whatever the order of its columns: with quotes as in RFC 4180, with `\\n` or `\\r\\n`, in the `charset` of the content type or else in UTF-8, with or without a byte order mark."""
    word = rng.name()
    everything = []
    for kind, encoding, line_end, species, why in [
        (CSV, "utf-8", "\n", [word, rng.title()], "The columns come in another order."),
        (CSV, "utf-8", "\r\n", [f"{word}, red", f"{word}, blue"], "There are commas inside of quotes."),
        (CSV, "utf-8", "\r\n", [f'the "{word}"', f'"{word}"'], "There are quotes inside of quotes, written twice."),
        (CSV, "utf-8", "\r\n", [f"{word}\nof the\n\nNorth", word], "There are line ends inside of quotes."),
        (CSV, "utf-8", "\n", [f"{word}\u2028{word}", word], "Of all line ends, only \\n and \\r\\n end a line of CSV."),
        (CSV, "utf-8", "\r\n", [f"Grünspecht {word}", "Ästling"], "Without a charset it is UTF-8."),
        (
            CSV,
            "utf-8-sig",
            "\r\n",
            [word, "Ästling"],
            "The bytes begin with a byte order mark, as spreadsheets write it.",
        ),
        (f"{CSV}; charset=utf-8", "utf-8-sig", "\n", [word], "The bytes begin with a byte order mark."),
        (f"{CSV}; charset=iso-8859-1", "latin-1", "\n", [f"Grünspecht {word}"], "The content type names a charset."),
        (f'{CSV};header=present; Charset="UTF-16"', "utf-16", "\r\n", [f"Gänsesäger {word}"], "The charset is quoted."),
        ("Text/CSV", "utf-8", "\r\n", [word], "The content type is spelled in another way, and it is the same one."),
    ]:
        birds = [bird(species=name) for name in species]
        body = as_csv(birds, rng.shuffled(NAMES), line_end).encode(encoding)
        assert_stored(post(client, kind, body), len(birds), f"Content type {kind}. {why}")
        everything += birds
        assert stored(client) == exactly(everything), why


def test_xml_stores_many(bird, client, rng):
    """An XML body stores a record for each `ringing`, none at all if there is none; characters may be escaped, and the encoding is the one that the XML declares."""
    word = rng.name()
    everything = []
    for encoding, head, species, why in [
        ("utf-8", "", [word, rng.title(), rng.title()], "The XML has no declaration, so it is UTF-8."),
        ("utf-8", '<?xml version="1.0"?>', [f'<{word} & "Co">', "Grünspecht"], "Some characters are escaped."),
        (
            "utf-8",
            "<!-- <!DOCTYPE x> -->",
            [f"<!DOCTYPE {word}>"],
            "What looks like a DOCTYPE is a comment and a text.",
        ),
        ("latin-1", '<?xml version="1.0" encoding="ISO-8859-1"?>', [f"Grünspecht {word}"], "It declares its encoding."),
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>', [f"Gänsesäger {word}"], "It declares its encoding."),
        ("utf-8", "", [], "No ringing at all is a good body, too."),
    ]:
        birds = [bird(species=name) for name in species]
        response = post(client, XML, as_xml(birds, head).encode(encoding))
        assert_stored(response, len(birds), why)
        everything += birds
        assert stored(client) == exactly(everything), why


def faults(response):
    """The types and places of a 422, to be compared; the status in any other case."""
    if response.status_code != 422:
        return response.status_code
    detail = response.json().get("detail") if isinstance(response.json(), dict) else None
    if not isinstance(detail, list) or not all(isinstance(fault, dict) for fault in detail):
        return response.json()
    return sorted(f"{fault.get('type')} at {fault.get('loc')}" for fault in detail)


def sent_as(kind, record):
    """A request that holds this record, or for CSV and XML a good one before it, and how its places begin."""
    good = {"ring": "AB12345", "species": "Rook", "grams": 480.5, "caught": "2026-05-04"}
    missing = [name for name in NAMES if name not in record]
    if kind == CSV:
        # A column is missing for all records or for none.
        several = [record] if missing else [good, record]
        return as_csv(several, [name for name in NAMES if name in record]), f"body.{len(several) - 1}"
    if kind == XML:
        return as_xml([good, record]), "body.1"
    return (as_form(record), "body") if kind == FORM else (as_json(record), "body")


def as_number(text):
    """The number that a text stands for, or the text if JSON has no such number."""
    try:
        return json.loads(text, parse_constant=str)
    except ValueError:
        return text


def test_rules_are_the_same_in_every_format(bird, client, rng):
    """In every format a wrong or missing field is a 422 at its place, with the type `missing` if it is missing, and all faults of a body come at once."""
    # All of these as JSON, where any text can be sent; of each, two in the other formats.
    wrong = {
        "ring": ["ab12345", "A12345", "ABC12345", "AB1234", "AB123456", "AB12345\n", "ÄB12345", "AB1234\u0665", ""],
        "species": ["", "x" * 61],
        "grams": ["0", "-1", "20000.5", "heavy", "nan", ""],
        "caught": ["2026-02-30", "yesterday", ""],
    }
    for kind in (JSON, FORM, CSV, XML):
        good = bird(species="ü" * 60, grams=20_000.0)
        body, _ = sent_as(kind, good)
        assert post(client, kind, body).status_code == 201, (
            f"As {kind}, a species of 60 characters and 20000 g are good."
        )
        for name, values in wrong.items():
            for value in values if kind == JSON else rng.sample([one for one in values if "\n" not in one], 2):
                shown = as_number(value) if kind == JSON and name == "grams" else value
                body, place = sent_as(kind, good | {name: shown})
                response = post(client, kind, body)
                assert refusal(response) == refused_at(f"{place}.{name}"), told(
                    (
                        response.status_code == 500,
                        f"500: as {kind}, {name} {value!r} ended in an exception. A ValidationError of a model that you "
                        "validate yourself is not FastAPI's own, and so it is no 422 by itself.",
                    ),
                    (
                        "\u0665" in value,
                        "The last sign of this ring, \u0665, is a five in Arabic script. Only 0 to 9 are digits here.",
                    ),
                    f"The body came as {kind}, and its {name} {value!r} is wrong.",
                )
            body, place = sent_as(kind, {key: value for key, value in good.items() if key != name})
            loc = [int(step) if step.isdigit() else step for step in f"{place}.{name}".split(".")]
            response = post(client, kind, body)
            assert faults(response) == [f"missing at {loc}"], f"The body came as {kind}, without {name}."
    several = [bird(ring="x"), bird(), bird(caught="", grams="heavy")]
    for kind, body in ((CSV, as_csv(several)), (XML, as_xml(several))):
        expected = refused_at("body.0.ring", "body.2.caught", "body.2.grams")
        assert refusal(post(client, kind, body)) == expected, (
            f"The body came as {kind}, and two of its records are wrong."
        )
    for kind, body in ((JSON, as_json(several[2])), (FORM, as_form(several[2]))):
        assert refusal(post(client, kind, body)) == refused_at("body.caught", "body.grams"), f"The body came as {kind}."
    response = post(client, JSON, as_json([bird()]))
    assert response.status_code == 422, "A JSON body is one object, and this is a list."


def test_one_wrong_record_stores_none(bird, client):
    """If one record of a body is wrong, none of them is stored, be it CSV, XML or an upload."""
    kept = bird()
    assert_stored(post(client, JSON, as_json(kept)), 1)
    birds = [bird(), bird(), bird(ring="X1")]
    for case, response in [
        (CSV, post(client, CSV, as_csv(birds))),
        (XML, post(client, XML, as_xml(birds))),
        ("an upload", upload(client, as_csv(birds), ringer="Ida")),
    ]:
        assert response.status_code == 422, f"The third record of three is wrong; they came as {case}."
        assert stored(client) == exactly([kept]), f"The third of three records is wrong; they came as {case}."


def test_unreadable_bodies_are_refused(bird, client):
    """A body that cannot be read is answered with 400 or 422, and nothing is stored: broken JSON or XML, bytes that are not in the charset, an unknown charset or encoding."""
    kept = bird(species="Grünspecht")
    assert_stored(post(client, JSON, as_json(kept)), 1)
    json_bytes, csv_text, xml_text = as_json(kept), as_csv([kept]), as_xml([kept])
    for kind, body, why in [
        (JSON, json_bytes[:-7], "JSON that breaks off"),
        (JSON, b"", "an empty body, said to be JSON"),
        (JSON, json_bytes.replace(b"\\u00fc", b"\xfc"), "JSON with bytes that are not UTF-8"),
        (CSV, csv_text.encode("latin-1"), "CSV with bytes that are not UTF-8"),
        (f"{CSV}; charset=ascii", csv_text.encode(), "CSV with bytes that are not ASCII, as the charset says"),
        (f"{CSV}; charset=klingon", csv_text.encode(), "CSV with an unknown charset"),
        (f"{CSV}; charset=hex", csv_text.encode(), "CSV with a charset that is none"),
        (XML, xml_text[:-9].encode(), "XML that breaks off"),
        (XML, b"", "an empty body, said to be XML"),
        (XML, xml_text.encode("latin-1"), "XML with bytes that are not UTF-8"),
        (XML, as_xml([kept], '<?xml version="1.0" encoding="klingon"?>').encode(), "XML with an unknown encoding"),
    ]:
        response = post(client, kind, body)
        assert response.status_code in (400, 422), told(
            (response.status_code == 500, f"500: {why}. Reading it raised an exception that nobody caught."),
            (response.status_code == 201, f"This was stored, and it is {why}."),
            f"The body is {why}.",
        )
    assert stored(client) == exactly([kept])


def test_xml_with_a_doctype_is_refused(bird, client, rng, tmp_path):
    """XML with a DOCTYPE is answered with 400 or 422, whatever is in it and in whatever encoding; nothing is stored, and no entity is looked up."""
    kept, other = bird(), bird()
    assert_stored(post(client, XML, as_xml([kept])), 1)
    secret = rng.digits(12)
    file = tmp_path / "secret.txt"
    file.write_text(secret, "utf-8")
    body = as_xml([other]).replace(other["species"], "&s;")
    name = rng.name()
    entity = f"<!DOCTYPE ringings [<!ENTITY s '{name}'>]>\n{body}"
    for sent, why in [
        (entity.encode(), "The DOCTYPE defines an entity."),
        (f"<!DOCTYPE ringings>\n{as_xml([other])}".encode(), "This DOCTYPE has nothing in it, but it is one."),
        (f'<!DOCTYPE ringings SYSTEM "ringings.dtd">\n{as_xml([other])}'.encode(), "This DOCTYPE points to a file."),
        (f'<?xml version="1.0" encoding="UTF-16"?>\n{entity}'.encode("utf-16"), "This DOCTYPE is in UTF-16."),
        (f"<!DOCTYPE ringings [<!ENTITY s SYSTEM '{file.as_uri()}'>]>\n{body}".encode(), "An entity points to a file."),
        (
            f"<!DOCTYPE ringings [<!ENTITY a '{name}'><!ENTITY b '&a;&a;&a;'><!ENTITY s '&b;&b;&b;'>]>\n{body}".encode(),
            "Each entity is made of several others.",
        ),
    ]:
        response = post(client, XML, sent)
        assert response.status_code in (400, 422), told(
            (
                response.status_code == 201 and name in response.text + str(stored(client)),
                f"{why} Entities were expanded: somebody else's definitions were carried out in your parser.",
            ),
            (response.status_code == 201, f"{why} It was accepted."),
            why,
        )
        assert secret not in response.text, "The content of a file of the server's stands in the answer."
    assert stored(client) == exactly([kept])


def test_other_formats_are_415(bird, client):
    """A body of any other media type, or of none, is answered with 415 and not stored."""
    kept, other = bird(), bird()
    assert_stored(post(client, JSON, as_json(kept)), 1)
    for kind, body in [
        ("text/plain", as_csv([other])),
        ("application/octet-stream", as_json(other)),
        ("text/csv-schema", as_csv([other])),
        ("application/json-seq", as_json(other)),
        ("image/png; note=text/csv", as_csv([other])),
        (None, as_json(other)),
    ]:
        response = post(client, kind, body)
        what = "without a content type" if kind is None else f"as {kind}"
        assert response.status_code == 415, told(
            (response.status_code == 500, f"500: an exception that nobody caught. The body came {what}."),
            (response.status_code == 201, f"A body {what} was guessed to be something else, and stored."),
            f"The body came {what}.",
        )
    response = client.post("/ringings", data=other, files={"file": ("a.csv", as_csv([other]), CSV)})
    assert response.status_code == 415, "Multipart has an address of its own."
    assert stored(client) == exactly([kept])


def test_uploads(bird, client, rng):
    """`POST /ringings/upload` stores the records of a CSV file and answers with their number, the ringer and the file's name. A missing part and wrong rows are a 422 at their place."""
    birds = [bird(species='the "Möwe", grey'), bird()]
    name, ringer = f"{rng.word()}.csv", rng.title()
    response = upload(client, as_csv(birds, rng.shuffled(NAMES)), name, ringer=ringer)
    assert response.status_code == 201
    assert response.json() == exactly({"stored": 2, "ringer": ringer, "filename": name})
    assert stored(client) == exactly(birds)
    response = upload(client, as_csv([bird()]))
    assert refusal(response) == refused_at("body.ringer"), "The part `ringer` is missing."
    for wrong in ("", "x" * 41):
        response = upload(client, as_csv([bird()]), ringer=wrong)
        assert refusal(response) == refused_at("body.ringer"), "`ringer` is a text of 1 to 40 characters."
    response = client.post("/ringings/upload", files={"ringer": (None, ringer)})
    assert refusal(response) == refused_at("body.file"), "The part `file` is missing."
    wrong = as_csv([bird(), bird(grams="0", caught="x"), bird(ring="")])
    response = upload(client, wrong, ringer=ringer)
    assert refusal(response) == refused_at("body.file.1.grams", "body.file.1.caught", "body.file.2.ring"), told(
        (response.status_code == 500, "500: wrong rows in the file ended in an exception."),
        "Two rows of the file are wrong.",
    )
    response = upload(client, as_csv([bird(species="Möwe")]).encode("latin-1"), ringer=ringer)
    assert response.status_code in (400, 422), "The file is not UTF-8."
    response = post(client, CSV, as_csv([bird()]), "/ringings/upload")
    assert response.status_code in (415, 422), "This body is not multipart."
    assert stored(client) == exactly(birds)


def test_accept_decides_the_format(bird, client):
    """`GET /ringings` answers in the format with the highest weight in `Accept`: the most specific range counts for each format, and of equal ones JSON comes before CSV and CSV before XML."""
    kept = bird()
    assert_stored(post(client, JSON, as_json(kept)), 1)
    client.headers.pop("accept", None)
    for accept, expected, why in [
        (None, JSON, "Without the header it is JSON."),
        ("*/*", JSON, "All are equally welcome, so the order of the formats decides."),
        (JSON, JSON, ""),
        (CSV, CSV, ""),
        (XML, XML, ""),
        ("TEXT/Csv", CSV, "Capital letters do not matter."),
        ("text/*", CSV, "Only one of the three formats is a text/…"),
        ("application/*", JSON, "JSON comes before XML."),
        ("application/xml, text/csv", CSV, "CSV comes before XML, whatever the order in the header."),
        ("text/csv;q=0.5, application/xml;q=0.6", XML, "The higher weight wins."),
        ("application/json;q=0.3,text/csv;q=0.85", CSV, "The higher weight wins."),
        ("text/csv ; q=0.2 , application/xml ; q=0.3", XML, "There may be blanks around the signs."),
        ("application/json;q=0.25, text/csv", CSV, "Without a weight it is 1."),
        ("image/png, */*;q=0.1", JSON, "A PNG is liked best, but you have none."),
        ("application/json;q=0, */*", CSV, "A weight of 0 excludes JSON, though another range fits it as well."),
        (
            "application/*, application/json;q=0",
            XML,
            "A weight of 0 excludes JSON, though another range fits it as well.",
        ),
        ("*/*, application/json;q=0.2, text/*;q=0.1", XML, "For JSON and CSV there are more specific ranges than */*."),
        (
            "text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5",
            JSON,
            "For CSV, text/csv is more specific than text/*.",
        ),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            XML,
            "That is what browsers send. They get what they like best among the three.",
        ),
    ]:
        response = client.get("/ringings", headers={} if accept is None else {"accept": accept})
        shown = "no Accept at all" if accept is None else f"Accept: {accept}"
        assert response.status_code == 200, f"Sent with {shown}. {why}".strip()
        assert media_type(response) == expected, f"Sent with {shown}. {why}".strip()


def test_nothing_acceptable_is_406(bird, client):
    """If `Accept` leaves none of the three formats, the answer is 406."""
    assert_stored(post(client, JSON, as_json(bird())), 1)
    for accept in (
        "image/png",
        "text/html, image/*;q=0.8",
        "text/csv;q=0",
        "*/*;q=0",
        "application/json;q=0, application/xml;q=0.0, text/*;q=0, */*",
        "application/json-seq, text/csvx",
    ):
        assert client.get("/ringings", headers={"accept": JSON}).status_code == 200
        response = client.get("/ringings", headers={"accept": accept})
        assert response.status_code == 406, f"Sent with Accept: {accept}. None of the three formats is left."


def as_records(response):
    """The records in an answer of any format, `grams` as a number."""
    kind = media_type(response)
    if kind == JSON:
        return response.json()
    if kind == CSV:
        rows = csv.reader(io.StringIO(response.content.decode("utf-8", "replace"), newline=""))
        found = [dict(zip(NAMES, row, strict=False)) for row in list(rows)[1:]]
    else:
        try:
            root = ElementTree.fromstring(response.content)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise AssertionError(f"The answer was to be XML, and no parser reads it: {error}") from None
        assert root.tag == "ringings", "The XML has another element at its root."
        found = [element.attrib | {part.tag: part.text or "" for part in element} for element in root.iter("ringing")]
    return [record | {"grams": as_number(record.get("grams", ""))} for record in found]


def test_what_is_read_can_be_posted_again(bird, client, client_for, load, rng):
    """What `GET /ringings` answers in a format can be posted to another instance in the same format, and reads the same there: quotes, commas, `<`, `&`, line ends and umlauts included. The answer says `Vary: Accept`."""
    word = rng.name()
    species = [
        f"<b>{word}</b> & Co",
        f'the "{word}", it\'s grey',
        f"{word}\nof the North",
        f"Grünspecht {word}",
        "Möwe;,",
    ]
    birds = [bird(species=name) for name in species]
    for record in birds:
        assert_stored(post(client, JSON, as_json(record)), 1)
    first = "ring,species,grams,caught"
    for kind in (JSON, CSV, XML):
        response = client.get("/ringings", headers={"accept": kind})
        assert response.status_code == 200
        assert media_type(response) == kind
        varies = [name.strip() for name in response.headers.get("vary", "").lower().split(",")]
        assert "accept" in varies, "Without `Vary`, a cache may give the CSV of one client to the next, who wants XML."
        if kind == CSV:
            header = response.content.decode("utf-8", "replace").splitlines()[:1]
            assert header == [first], "The first line of the CSV names the four columns in this order."
            content_type = response.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
            assert content_type == "text/csv;charset=utf-8", "The content type of CSV names its charset."
        assert as_records(response) == birds, f"What was stored does not stand like this in the {kind}."
        elsewhere = client_for(load().app)
        if kind == JSON:
            for record in response.json():
                assert_stored(post(elsewhere, kind, as_json(record)), 1, "JSON is posted record by record.")
        else:
            content_type = response.headers.get("content-type", "")
            assert_stored(post(elsewhere, content_type, response.content), len(birds), f"Posted as it came: {kind}.")
        assert stored(elsewhere) == exactly(birds), (
            f"Read as {kind}, posted to another instance and read there as JSON."
        )


def test_an_empty_observatory_answers_in_every_format(client, client_for, load):
    """Without any records, JSON is an empty list, CSV a header line, and XML an empty `ringings`; CSV and XML can be posted again and store nothing."""
    for kind in (JSON, CSV, XML):
        response = client.get("/ringings", headers={"accept": kind})
        assert response.status_code == 200
        assert media_type(response) == kind
        assert as_records(response) == []
        if kind != JSON:
            again = post(client_for(load().app), response.headers.get("content-type"), response.content)
            assert_stored(again, 0, f"Posted as it came: {kind}.")


def followed(document, part):
    """The part of the document that a reference means; everything else as it is."""
    for _ in range(9):
        reference = part.get("$ref") if isinstance(part, dict) else None
        if not isinstance(reference, str):
            break
        part = document
        for step in reference.removeprefix("#/").split("/"):
            part = part.get(step) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else {}


def test_the_docs_name_the_formats(docs):
    """The docs name the four media types of the body of `POST /ringings`, with the four fields in the schema of the JSON one, and the three media types of the 200 of `GET /ringings`."""
    request = followed(docs.document, docs.operation("post", "/ringings").get("requestBody", {}))
    taken = request.get("content", {})
    assert [kind for kind in (JSON, FORM, CSV, XML) if kind in taken] == [JSON, FORM, CSV, XML], told(
        (
            not taken,
            "The docs know of no body at all. A function that takes the bare request tells FastAPI nothing about it.",
        ),
        "Of the four media types of the body, the docs name only these.",
    )
    fields = followed(docs.document, taken[JSON].get("schema", {})).get("properties", {})
    assert sorted(fields) == sorted(NAMES), "The schema of the JSON body has other properties than a record has fields."
    responses = docs.operation("get", "/ringings").get("responses", {})
    given = followed(docs.document, responses.get("200", {})).get("content", {})
    assert [kind for kind in (JSON, CSV, XML) if kind in given] == [JSON, CSV, XML], (
        "Of the three media types of the answer, the docs name only these."
    )
