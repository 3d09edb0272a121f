"""Checks of q054: a key, whose it is, and what a refusal gives away."""

import hmac
import secrets

import pytest

from pytest_fastapi_kata.checks import WatchedText, exactly, told

INVALID = {"detail": "Invalid station key"}
POST = "POST"
GET = "GET"


class Comparisons:
    """Stands in for `compare_digest` and counts its calls; on demand it says no to everything."""

    def __init__(self, monkeypatch):
        self.count = 0
        self.says_no = False
        self.compare = hmac.compare_digest
        for module in (hmac, secrets):
            monkeypatch.setattr(module, "compare_digest", self)

    def __call__(self, one, other, /):
        self.count += 1
        return self.compare(one, other) and not self.says_no


class Network:
    """The stations of this run; stored keys are noted as plain text beside their entries."""

    def __init__(self, given, rng, comparisons):
        self.rng = rng
        self.comparisons = comparisons
        self.stations = []
        self.readings = []
        self.module = given("stations", stations=self.stations, readings=self.readings)
        self.numbers = iter(rng.shuffled([number for number in range(-250, 390) if number % 10]))
        self.names = iter(rng.shuffled(rng.words(12)))
        self.entry()
        self.entry(active=False)
        self.entry()
        # Not filled in yet; the last one, so that a search does not stop here.
        self.entry(key="")

    def key(self):
        return f"k-{self.rng.word()}-{self.rng.word(2)}-{self.rng.digits(4)}"

    def entry(self, name=None, key=None, *, active=True):
        """Add an entry and return it together with its key."""
        key = self.key() if key is None else key
        entry = self.module.Station(next(self.names) if name is None else name, WatchedText(key), active)
        self.stations.append(entry)
        return entry, key

    @property
    def active(self):
        """Two entries that are active, each with its key; which one is first differs."""
        pairs = [(one, str(one.key)) for one in self.stations if one.active and str(one.key)]
        return self.rng.shuffled(pairs)[:2]

    @property
    def inactive(self):
        """The key of an entry that is not active."""
        return next(str(one.key) for one in self.stations if not one.active)

    def degrees(self):
        """A number that was not there before, and is no whole one, so that it stays a float in JSON."""
        return next(self.numbers) / 10

    def stored(self):
        """The readings so far, as lists; what is no pair is left as it is."""
        return [list(one) if isinstance(one, tuple | list) else one for one in self.readings]


@pytest.fixture
def comparisons(monkeypatch):
    return Comparisons(monkeypatch)


@pytest.fixture
def network(given, rng, comparisons):
    """The stations and the counted comparisons, in place before the learner's app is imported."""
    return Network(given, rng, comparisons)


def with_key(key):
    return {"X-Station-Key": key}


def is_known(response, status, what):
    """Assert the status that a station with a good key gets."""
    assert response.status_code == status, told(
        (response.status_code in (401, 403), f"{what}. The key is that of an active entry, and it was refused."),
        (response.status_code == 404, f"{what}. There seems to be no route for this method and path."),
        (response.status_code == 405, f"{what}. The path is known, but not with this method."),
        (
            response.status_code == 422,
            f"{what}. FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        f"{what}.",
    )


def uploads(client, network, entry, key, what="A station uploads a reading"):
    """Upload a made-up number, and assert that it was filed."""
    degrees, before = network.degrees(), network.stored()
    response = client.post("/readings", json={"celsius": degrees}, headers=with_key(key))
    is_filed(response, network, entry, degrees, before, what)
    return degrees


def is_filed(response, network, entry, degrees, before, what):
    """Assert that an upload was answered and stored."""
    is_known(response, 201, what)
    assert response.json() == exactly({"station": entry.name, "celsius": degrees})
    assert network.stored() == [*before, [entry.name, degrees]], (
        f"{what}, and was answered 201. These are the `readings` of `stations.py` after it; one has to be appended."
    )


def is_refused(response, what, danger="Whoever sends this speaks for a station."):
    """Assert that a request was answered 401 with a challenge; ``danger`` is what follows if it was let through."""
    assert response.status_code == 401, told(
        (response.status_code < 300, f"{what}: this went through. {danger}"),
        (
            response.status_code == 403,
            f"{what}: 403 answers the wrong question. It is for somebody who is known and may not; here nobody is known, and "
            "that is 401.",
        ),
        (
            response.status_code == 422,
            f"{what}: 422 says that the request is malformed, as if the key were a plain parameter. A credential that is "
            "missing or no good is 401.",
        ),
        (
            response.status_code == 500,
            f"{what}: an exception ended this request; it is shown below. What comes in a header may be anything.",
        ),
        (
            response.status_code in (404, 405),
            f"{what}: {response.status_code} says that there is no such route. This is to be 401.",
        ),
        f"{what}: this is to be 401.",
    )
    challenge = response.headers.get("www-authenticate")
    words = (challenge or "").replace(",", " ").split()
    scheme = "APIKey" if words and words[0].lower() == "apikey" else challenge
    assert scheme == "APIKey", told(
        (
            scheme is None,
            f"{what}: refused, but without the header `WWW-Authenticate`. A 401 has to say in which way one can prove who "
            "one is.",
        ),
        f"{what}: refused, and the header `WWW-Authenticate` has to ask for `APIKey`.",
    )


def refused_on_both(client, network, headers, what, danger="Whoever sends this speaks for a station.", **request):
    """Assert that `POST` and `GET` are refused and that nothing was stored; return both answers."""
    before, answers = network.stored(), []
    for method in (POST, GET):
        body = {"json": {"celsius": network.degrees(), **request.get("body", {})}} if method == POST else {}
        response = client.request(method, "/readings", headers=headers, params=request.get("query"), **body)
        is_refused(response, f"{method} /readings with {what}", danger)
        assert network.stored() == before, f"With {what} the request was refused, and yet `readings` has changed."
        answers.append(response)
    return answers


def test_a_reading_is_filed_under_the_station_of_the_key(network, client):
    """`POST /readings` with a known key answers 201 with the name of the key's entry and the number, and appends both to `readings`."""
    (first, first_key), (second, second_key) = network.active
    for entry, key in ((first, first_key), (second, second_key), (first, first_key)):
        uploads(client, network, entry, key)


def test_a_station_sees_only_its_own_readings(network, client):
    """`GET /readings` answers 200 with a list of the numbers that `readings` has of the key's station, in their order, and with no others."""
    (first, first_key), (second, second_key) = network.active
    longer, _longer_key = network.entry(f"{first.name}-{network.rng.word()}")
    expected = {first.name: [], second.name: [], longer.name: []}
    for entry in (first, longer, second, first):
        # Uploaded before the service was started.
        network.readings.append((entry.name, network.degrees()))
        expected[entry.name].append(network.readings[-1][1])
    for entry, key in ((first, first_key), (second, second_key), (second, second_key), (first, first_key)):
        expected[entry.name].append(uploads(client, network, entry, key))
    everybody = [celsius for _name, celsius in network.readings]
    for entry, key in ((first, first_key), (second, second_key)):
        response = client.get("/readings", headers=with_key(key))
        is_known(response, 200, "A station asks for its readings")
        got, own = response.json(), expected[entry.name]
        assert got == exactly(own), told(
            (
                got == everybody,
                "These are the readings of all stations. With a single key, be it stolen from the smallest of them, one sees "
                "what everybody measures: that a key is good is not yet an answer to whose it is.",
            ),
            (
                isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, own)),
                "These are the right numbers, in another order than they arrived in.",
            ),
            (
                isinstance(got, list) and got == own[len(own) - 2 :],
                "Some are missing: those that stood in `readings` before your app was started.",
            ),
            (
                entry is first
                and set(map(str, expected[longer.name])) <= set(map(str, got if isinstance(got, list) else [])),
                f"The station is `{entry.name}`, and sees readings of `{longer.name}`, whose name only begins in the same way.",
            ),
            "The readings of this station in `readings` are to be answered, as a list of numbers.",
        )


def test_no_key_and_no_known_key_are_refused(network, client):
    """Without a key, with an empty one, and with one that is not exactly a stored one, both routes answer 401 with `WWW-Authenticate: APIKey`, and nothing is stored."""
    (entry, key), _other = network.active
    uploads(client, network, entry, key)
    nothing = "An entry that has no key yet, or none at all, is spoken for by anybody who sends nothing."
    refused_on_both(client, network, {}, "no key", nothing)
    refused_on_both(client, network, with_key(""), "an empty key", nothing)
    guess = "A key that nobody was given opens."
    for what, unknown in {
        "a made-up key": network.key(),
        "a key with one letter too many": f"{key}0",
        "a key that lacks its last letter": key[:-1],
        "the first letters of a key": key[:4],
        "a key in capital letters": key.upper(),
        "the name of a station": entry.name,
    }.items():
        refused_on_both(client, network, with_key(unknown), f"{what} (`{unknown}`)", guess)


def face(response):
    """All that can be seen of an answer."""
    return {"status": response.status_code, "headers": dict(response.headers), "body": response.text}


def test_an_inactive_station_looks_like_an_unknown_key(network, client):
    """The key of an entry that is not active is answered 401 `{"detail": "Invalid station key"}`, exactly like an unknown one. An entry that is switched off between two requests is refused, and one that is switched on again is not."""
    key = network.inactive
    (on, on_key), _other = network.active
    works = "A stolen or broken station is switched off, and its key goes on working."
    uploads(client, network, on, on_key, "Before anything is switched, an active station uploads a reading")

    def same_as_unknown(key, what):
        unknown = refused_on_both(client, network, with_key(network.key()), "an unknown key")
        refused = refused_on_both(client, network, with_key(key), what, works)
        for first, response in zip(unknown, refused, strict=True):
            assert first.json() == exactly(INVALID), (
                "An unknown key is refused, with another body than the contract wants."
            )
            assert face(response) == face(first), (
                f"This is the answer to {what}, compared with the one to an unknown key. They differ, so an attacker who "
                "tries keys learns that this one was good once, and which to try on other doors."
            )

    same_as_unknown(key, "the key of an inactive entry")
    on.active = False
    same_as_unknown(on_key, "the key of an entry that was switched off after an earlier request")
    on.active = True
    uploads(client, network, on, on_key, "An entry is switched on again, and its station uploads a reading")


def test_both_keys_work_while_a_key_is_replaced(network, client):
    """A station with two entries is known by both keys, and sees the same readings with both. When one entry is switched off or removed, or another station is added, that counts from the next request on."""
    works = "A key was replaced because somebody had learnt it, and the old one goes on working."
    for end in ("switched off", "removed"):
        (old, old_key), (other, other_key) = network.active
        new, new_key = network.entry(old.name)
        uploads(client, network, other, other_key, "Another station uploads a reading")
        own = [celsius for name, celsius in network.readings if name == old.name]
        own.append(uploads(client, network, old, old_key, "A station has two entries and uploads with the old key"))
        own.append(uploads(client, network, new, new_key, "A station has two entries and uploads with the new key"))
        for which, key in (("old", old_key), ("new", new_key)):
            response = client.get("/readings", headers=with_key(key))
            is_known(response, 200, f"A station has two entries and asks for its readings with the {which} key")
            assert response.json() == exactly(own), "Both keys are those of one station, and so are the readings."
        if end == "removed":
            # By place: `remove` would compare the entries, and with them their keys.
            del network.stations[[one is old for one in network.stations].index(True)]
        else:
            old.active = False
        refused_on_both(client, network, with_key(old_key), f"the old key after its entry was {end}", works)
        uploads(client, network, new, new_key, f"The entry with the old key was {end}, and the station has the new one")
    added, key = network.entry()
    uploads(client, network, added, key, "A station was added while the service was running, and uploads a reading")


def test_keys_are_compared_in_constant_time(network, client):
    """A stored key, or a digest of it, is compared by `compare_digest`, and never by `==`, `!=`, `in` or as a key of a dict. An unknown key is compared with every active entry."""
    (entry, key), _other = network.active
    uploads(client, network, entry, key)
    unknown = network.key()
    close = key[:-1] + network.rng.choice([digit for digit in "0123456789" if digit != key[-1]])
    counts = {}
    for sent in (unknown, f"{unknown}{network.rng.digits(3)}", close):
        network.comparisons.count = 0
        response = client.get("/readings", headers=with_key(sent))
        is_refused(response, f"GET /readings with an unknown key (`{sent}`)")
        counts[sent] = network.comparisons.count
    sent = {key, *counts}
    hashed = [one.name for one in network.stations if one.key.hashed]
    assert hashed == [], (
        "The stored keys of these stations were hashed, as a dict, a set, a cache or `hash` does it. That was made to find "
        "things quickly, and not to keep a secret: how long it takes depends on what is there, and `==` decides in the end."
    )
    compared = [other for one in network.stations for other in one.key.compared if type(other) is str and other in sent]
    assert compared == [], (
        "A stored key was compared by `==`, `!=` or `in` with these texts, which came from outside. That stops at the first "
        "letter that differs, so a better guess takes longer: by measuring, an attacker finds a key letter by letter."
    )
    active = sum(one.active and str.__len__(one.key) > 0 for one in network.stations)
    enough = {sent: max(count, active) for sent, count in counts.items()}
    assert counts == enough, told(
        (
            not any(counts.values()),
            "`compare_digest` of `secrets` or `hmac` was called for none of these unknown keys, of which the last one differs "
            "from a stored key in one digit. What else compared them does not promise to take equally long wherever the "
            "difference is.",
        ),
        f"So many times `compare_digest` was called for these unknown keys; {active} entries are active and have a key. "
        "Something sorted some of them out before, and by the time that it takes, an attacker learns what it looks at.",
    )

    network.comparisons.says_no = True
    response = client.get("/readings", headers=with_key(key))
    assert response.status_code == 401, told(
        (
            response.status_code == 200,
            "For this request, `compare_digest` answered False to everything, and the station got in all the same. It is "
            "called, but something else has the last word.",
        ),
        "For this request, `compare_digest` answered False to everything. That is a refusal like any other.",
    )


def lookalikes(key):
    """A key with accents, and one with raised digits and letters; Latin-1 has all of them."""
    made = (key.translate(str.maketrans("aeiou", "áéíóú")), key.translate(str.maketrans("123ao", "¹²³ªº")))
    return [text for text in made if text != key]


async def test_a_key_with_odd_letters_is_refused_and_no_crash(network, async_client):
    """A key with letters outside ASCII is unknown, whatever the encoding that it was sent in: 401, and no 500. Stations with good keys are served as before."""
    (entry, key), _other = network.active
    for letters in ("é", "grün", "ø-ß"):
        for encoding in ("utf-8", "latin-1"):
            for text in (f"{key}{letters}", f"{letters}-{network.rng.digits(3)}", *lookalikes(key)):
                before = network.stored()
                headers = {b"X-Station-Key": text.encode(encoding)}
                what = f"the key `{text}` in {encoding.upper()}"
                for method, body in ((POST, {"json": {"celsius": network.degrees()}}), (GET, {})):
                    response = await async_client.request(method, "/readings", headers=headers, **body)
                    is_refused(
                        response,
                        f"{method} /readings with {what}",
                        f"The stored key is `{key}`. Something made other letters disappear before the two were compared."
                        if text.startswith(key)
                        else f"The stored key is `{key}`. Something took these letters for those of the key, which only look "
                        "like them."
                        if text in lookalikes(key)
                        else "Whoever sends this speaks for a station.",
                    )
                    assert response.json() == exactly(INVALID), "This is an unknown key like any other."
                assert network.stored() == before, (
                    f"With {what} the request was refused, and yet `readings` has changed."
                )
    degrees, before = network.degrees(), network.stored()
    response = await async_client.post("/readings", json={"celsius": degrees}, headers=with_key(key))
    is_filed(response, network, entry, degrees, before, "A station uploads a reading after all that")


def test_the_sender_cannot_name_another_station(network, client):
    """Names in the body, in the query and in other headers never change which station a reading is filed under, or whose readings are answered. They are ignored, or refused with 422 and nothing stored."""
    (entry, key), (victim, victim_key) = network.active
    # Before the tries: a good upload, and a reading of the other station that is not for this one to see.
    own = [uploads(client, network, entry, key)]
    uploads(client, network, victim, victim_key)
    names = ("station", "name", "station_name", "stationName", "Station", "station_id")
    claims = dict.fromkeys(names, victim.name)
    headers = dict.fromkeys(("X-Station", "X-Station-Name", "Station", "X-Name"), victim.name)
    tries = {
        "in the body": {"json": claims},
        "in the query": {"params": claims},
        "in other headers": {"headers": headers},
    }
    forged = (
        f"The key is that of `{entry.name}`, and the sender wrote `{victim.name}` {{}}. Any station, or whoever has got hold "
        "of its key, forges the readings of all others."
    )
    for where, extra in tries.items():
        degrees, before = network.degrees(), network.stored()
        body = {"celsius": degrees, **extra.get("json", {})}
        rest = {"params": extra.get("params"), "headers": {**with_key(key), **extra.get("headers", {})}}
        response = client.post("/readings", json=body, **rest)
        assert response.status_code in (201, 422), f"The name of another station was sent {where}."
        if response.status_code == 422:
            assert network.stored() == before, f"The name {where} was refused, and yet `readings` has changed."
        else:
            own.append(degrees)
            assert response.json() == exactly({"station": entry.name, "celsius": degrees}), forged.format(where)
            assert network.stored() == [*before, [entry.name, degrees]], forged.format(where)
        response = client.get("/readings", **rest)
        assert response.status_code in (200, 422), f"The name of another station was sent {where}."
        if response.status_code == 200:
            assert response.json() == exactly(own), (
                f"The key is that of `{entry.name}`, and the sender wrote `{victim.name}` {where}. One station reads what "
                "another has measured."
            )


def test_a_key_in_the_url_or_the_body_does_not_count(network, client):
    """A good key in the query, in the body, in a cookie, in `Authorization` or in a header of another name is no key: 401, and nothing is stored."""
    (entry, key), (_other, other_key) = network.active
    uploads(client, network, entry, key)
    names = ("X-Station-Key", "x_station_key", "station_key", "key", "api_key", "apikey", "token", "access_token")
    url = "URLs end up in logs, in histories and with proxies, and whoever reads them there has the key."
    further = "There is one place for the key. Every further one has to be watched, logged and kept secret like it."
    cookie = "Browsers send cookies along whoever made them ask, and any page could upload readings."
    refused_on_both(client, network, {}, "a good key in the query", url, query=dict.fromkeys(names, key))
    refused_on_both(client, network, {}, "a good key in the body", further, body=dict.fromkeys(names, key))
    cookies = {"Cookie": "; ".join(f"{name}={key}" for name in names)}
    refused_on_both(client, network, cookies, "a good key in a cookie", cookie)
    for scheme in ("Bearer ", "APIKey ", "ApiKey ", "Token ", ""):
        headers = {"Authorization": f"{scheme}{key}"}
        refused_on_both(client, network, headers, f"a good key in `Authorization: {scheme}…`", further)
    others = dict.fromkeys(("X-API-Key", "X-Key", "Station-Key", "API-Key"), key)
    refused_on_both(client, network, others, "a good key in headers of other names", further)
    wrong = with_key(network.key())
    refused_on_both(
        client,
        network,
        wrong,
        "an unknown key in the header and a good one in the query",
        url,
        query=dict.fromkeys(names, key),
    )
    response = client.get("/readings", headers=with_key(key), params=dict.fromkeys(names, other_key))
    assert response.status_code in (200, 422), "The header has a good key, and the query the one of another station."
    if response.status_code == 200:
        own = [celsius for name, celsius in network.readings if name == entry.name]
        assert response.json() == exactly(own), (
            "The header has the key of one station, the query that of another, and the header is what counts."
        )


def test_the_docs_name_the_header(docs):
    """The docs have exactly one security scheme, of type `apiKey`, in `header`, with the name `X-Station-Key`, and both operations require it."""
    operations = {"POST /readings": ("post", "/readings"), "GET /readings": ("get", "/readings")}
    needs = {name: docs.operation(*operation).get("security") or [] for name, operation in operations.items()}
    known = docs.document.get("components", {}).get("securitySchemes", {})
    kinds = [
        " ".join(str(one.get(part)) for part in ("type", "in", "scheme", "name") if part in one).lower()
        for one in known.values()
    ]
    assert kinds == ["apikey header x-station-key"], told(
        (
            kinds == [],
            "The docs know no security scheme, so `/docs` has no “Authorize” button, and clients do not learn where the key "
            "goes. A class of `fastapi.security` that reads it also writes itself into the docs.",
        ),
        (
            "apikey header x-station-key" in kinds,
            "There are more schemes than the one that the contract knows; these are type, place and name of each. If two of "
            "them are one and the same, they have different names in the docs.",
        ),
        "These are type, place and name of the schemes in the docs.",
    )
    got = {name: [sorted(need) for need in listed] for name, listed in needs.items()}
    assert got == {name: [sorted(known)] for name in operations}, (
        "This is what the docs say each operation requires. FastAPI finds the scheme where an operation depends on it, itself "
        "or by way of another dependency."
    )
