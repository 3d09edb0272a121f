"""Checks of q057: basic credentials, and what a refusal gives away."""

import base64
import hmac
import secrets
import unicodedata

import pytest

from pytest_fastapi_kata.checks import WatchedText, exactly, told

CHALLENGE = 'Basic realm="kitchen"'
INVALID = {"detail": "Invalid credentials"}


class Comparisons:
    """Stands in for `compare_digest` and notes what it was called with; on demand it says no to everything."""

    def __init__(self, monkeypatch):
        self.calls = []
        self.says_no = False
        self.compare = hmac.compare_digest
        for module in (hmac, secrets):
            monkeypatch.setattr(module, "compare_digest", self)

    def __call__(self, one, other, /):
        self.calls.append((one, other))
        return self.compare(one, other) and not self.says_no

    def taken(self):
        """The calls since the last time that they were taken."""
        taken, self.calls = self.calls, []
        return taken


class Kitchen:
    """The printers of this run."""

    def __init__(self, given, rng, comparisons):
        self.rng = rng
        self.comparisons = comparisons
        self.printers = {}
        self.queues = {}
        self.waiting = {}
        for name in rng.words(3):
            self.hang_up(name)
        self.colons, _ = self.hang_up(rng.word(4), ":".join(rng.words(3)))
        self.long, _ = self.hang_up(rng.word(5), "-".join(rng.words(20)))
        given("printers", printers=self.printers, queues=self.queues)

    def secret(self):
        return "-".join([*self.rng.words(2, 2), self.rng.digits(3)])

    def fill(self, name):
        """Put tickets into a queue, and note them."""
        self.waiting[name] = [
            f"table {self.rng.randint(2, 40)}: {self.rng.word()}" for _ in range(self.rng.randint(1, 3))
        ]
        self.queues[name] = list(self.waiting[name])

    def hang_up(self, name, secret=None):
        """Add a printer with a queue and return its name and secret."""
        secret = self.secret() if secret is None else secret
        self.printers[name] = WatchedText(secret)
        self.fill(name)
        return name, secret

    @property
    def pairs(self):
        """Names and secrets of the printers whose secrets are short and have no colon."""
        odd = {self.colons, self.long}
        return [(name, str(secret)) for name, secret in self.printers.items() if name not in odd]

    def any(self):
        """Some printer: its name and secret."""
        return self.rng.choice(self.pairs)

    def stranger(self):
        """A name that no printer has, of which a queue is left over."""
        name = self.rng.word(4)
        self.fill(name)
        return name


@pytest.fixture
def comparisons(monkeypatch):
    return Comparisons(monkeypatch)


@pytest.fixture
def kitchen(given, rng, comparisons):
    """The kitchen and the noted comparisons, in place before the learner's app is imported."""
    return Kitchen(given, rng, comparisons)


def encoded(name, secret, encoding="ascii"):
    return base64.b64encode(f"{name}:{secret}".encode(encoding)).decode()


def basic(name, secret, encoding="ascii"):
    return {"Authorization": f"Basic {encoded(name, secret, encoding)}"}


def is_served(response, kitchen, name, what):
    """Assert that a printer got its tickets."""
    assert response.status_code == 200, told(
        (response.status_code in (401, 403), f"{what}. Name and secret are right, and the printer was refused."),
        (response.status_code == 404, "There seems to be no route for `GET /tickets`."),
        (
            response.status_code == 422,
            f"{what}. FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your "
            "function wants and FastAPI is not told how to make, it asks of the caller.",
        ),
        f"{what}.",
    )
    got = response.json()
    assert got == exactly({"printer": name, "tickets": kitchen.waiting[name]}), told(
        (
            kitchen.queues[name] != kitchen.waiting[name],
            f"{what}. It has asked before, and that changed the queue. Asking leaves the tickets where they are.",
        ),
        (
            isinstance(got, dict) and got.get("printer") not in (None, name),
            f"{what}, and was taken for another.",
        ),
    )


def is_refused(response, what, danger="Whoever sends this reads a kitchen's tickets."):
    """Assert that a request was answered 401; ``danger`` is what follows if it was let through."""
    assert response.status_code == 401, told(
        (response.status_code < 300, f"{what}: this went through. {danger}"),
        (
            response.status_code == 403,
            f"{what}: nobody knows who this is, and that is 401. 403 is for somebody who is known and may not.",
        ),
        (
            response.status_code == 500,
            f"{what}: an exception ended this request; it is shown below. What comes from outside may be anything, and a "
            "crash also tells an attacker which way the code went.",
        ),
        (
            response.status_code in (400, 422),
            f"{what}: credentials that are missing, malformed or wrong are 401. {response.status_code} does not ask for any.",
        ),
        (
            response.status_code == 404,
            f"{what}: 404 says that there is no such route or thing. This is to be 401.",
        ),
        f"{what}: this is to be 401.",
    )


def test_a_printer_gets_its_own_tickets(kitchen, client):
    """`GET /tickets` with the name and secret of a printer answers 200 with its name and its queue, whether the scheme is written `Basic`, `basic` or `BASIC`; asking does not change the queue."""
    for name, secret in kitchen.pairs:
        for scheme in ("Basic", "basic", "BASIC"):
            response = client.get("/tickets", headers={"Authorization": f"{scheme} {encoded(name, secret)}"})
            is_served(response, kitchen, name, f"A printer asks for its tickets and writes the scheme as `{scheme}`")


def test_a_secret_may_contain_colons(kitchen, client):
    """Only the first colon separates name and secret. A secret with several of them opens; its first part alone, or what stands behind its first colon, does not."""
    name, secret = kitchen.colons, str(kitchen.printers[kitchen.colons])
    first, second, third = secret.split(":")
    response = client.get("/tickets", headers=basic(name, secret))
    is_served(
        response, kitchen, name, f"The secret of `{name}` is `{secret}`, and the first colon is the one that separates"
    )
    for part in (first, f"{first}:{second}", f"{second}:{third}", third):
        response = client.get("/tickets", headers=basic(name, part))
        is_refused(
            response,
            f"The secret is `{secret}`, and `{part}` was sent",
            "Secrets are cut at a colon, and what is left is easier to guess.",
        )


def test_every_refusal_asks_for_basic_credentials(kitchen, client):
    """Credentials that are missing, malformed, of another scheme or wrong are answered 401 with exactly `WWW-Authenticate: Basic realm="kitchen"`."""
    name, secret = kitchen.any()
    good = encoded(name, secret)
    # One character more than a multiple of four stands for no byte at all, with padding or without.
    cut = good.rstrip("=")
    cut = cut[: len(cut) - (len(cut) - 1) % 4]
    only_name = base64.b64encode(name.encode()).decode()
    long = str(kitchen.printers[kitchen.long])
    more = "A good name with something more behind its secret"
    tail = "A good name with another end of its secret, which is very long"
    blank = {f"A good name with a blank {where} its secret" for where in ("before", "behind")}
    bad = {
        "No `Authorization` header": {},
        "`Basic` with nothing behind it": {"Authorization": "Basic"},
        "Good credentials with the scheme `Bearer`": {"Authorization": f"Bearer {good}"},
        "Good credentials with the scheme `Digest`": {"Authorization": f"Digest {good}"},
        "Good credentials without a scheme": {"Authorization": good},
        "`***`, which is no base64": {"Authorization": "Basic ***"},
        "Good credentials in base64 that is cut off": {"Authorization": f"Basic {cut}"},
        "A name and a secret that are not put into base64": {"Authorization": f"Basic {name}:{secret}"},
        "A good name without a colon behind it": {"Authorization": f"Basic {only_name}"},
        "A good name with a wrong secret": basic(name, kitchen.secret()),
        "A good name with a secret that is almost right": basic(name, secret[:-1]),
        "A good name with its secret in capital letters": basic(name, secret.upper()),
        more: basic(name, f"{secret}{kitchen.rng.digits(2)}"),
        tail: basic(kitchen.long, f"{long[:-6]}{kitchen.rng.digits(6)}"),
        "A good name with a blank before its secret": basic(name, f" {secret}"),
        "A good name with a blank behind its secret": basic(name, f"{secret} "),
        "A good name with an empty secret": basic(name, ""),
        "An unknown name": basic(kitchen.stranger(), secret),
        "An empty name": basic("", secret),
        "An empty name with an empty secret": basic("", ""),
        "A name with a letter outside ASCII": basic(f"{name}é", secret, "utf-8"),
    }
    for what, headers in bad.items():
        response = client.get("/tickets", headers=headers)
        is_refused(
            response,
            what,
            told(
                (what == more, "Not all of what was sent had to be right, so there are many secrets that open."),
                (what == tail, f"It has {len(long)} characters, of which the last ones make no difference."),
                (what in blank, "Something tidied the text that was sent before it was compared."),
                "Whoever sends this reads a kitchen's tickets.",
            ),
        )
        challenge = response.headers.get("www-authenticate")
        assert challenge == CHALLENGE, told(
            (
                challenge is None,
                f'{what}: refused, but without `WWW-Authenticate: Basic realm="kitchen"`. Without it no browser and no '
                "printer knows what to try next.",
            ),
            (
                (challenge or "").strip().lower() == "basic",
                f"{what}: refused, and asked for basic credentials without a realm, so nobody knows whose. Who made this "
                "answer, your code or FastAPI's?",
            ),
            f"{what}: refused, with another `WWW-Authenticate` than the contract wants.",
        )
    for one, right in ((name, secret), (kitchen.long, long)):
        response = client.get("/tickets", headers=basic(one, right))
        is_served(response, kitchen, one, "After all these, the right credentials")


def face(response):
    """All that can be seen of an answer."""
    return {"status": response.status_code, "headers": dict(response.headers), "body": response.text}


def test_wrong_name_and_wrong_secret_look_the_same(kitchen, client):
    """A known name with a wrong secret and an unknown name with whatever secret are answered 401 `{"detail": "Invalid credentials"}`, and nothing in status, headers and body tells one from the other."""
    name, secret = kitchen.any()
    first = client.get("/tickets", headers=basic(name, kitchen.secret()))
    is_refused(first, "A known name with a wrong secret")
    assert first.json() == exactly(INVALID)
    unknown = {
        "an unknown name with some secret": (kitchen.stranger(), kitchen.secret()),
        "an unknown name with a secret that is somebody's": (kitchen.stranger(), secret),
        "a name in capital letters, with the right secret": (name.upper(), secret),
        "a name with a blank behind it, and the right secret": (f"{name} ", secret),
        "an unknown name that has no queue": (kitchen.rng.word(4), secret),
    }
    for what, pair in unknown.items():
        response = client.get("/tickets", headers=basic(*pair))
        is_refused(response, what[0].upper() + what[1:], "It opens under a name that no printer has.")
        assert face(response) == face(first), (
            f"This is the answer to {what}, compared with the one to a known name with a wrong secret. They differ, so an "
            "attacker tries names until the answer changes, and then has to guess only secrets."
        )


def text_of(sent):
    """What was given to `compare_digest`, as a secret that could be sent, or None."""
    try:
        text = sent if isinstance(sent, str) else bytes(sent).decode()
    except (TypeError, ValueError):
        return None
    return str(text) if text.isascii() else None


def test_an_unknown_name_with_an_empty_secret_stays_out(kitchen, client):
    """A name that is not in `printers` is answered 401 whatever the secret, also if it is empty, and also if a queue is left over for that name. So is an empty name."""
    name, secret = kitchen.any()
    response = client.get("/tickets", headers=basic(name, secret))
    is_served(response, kitchen, name, "A printer asks for its tickets")
    for stranger in (kitchen.stranger(), kitchen.stranger(), ""):
        who = "An unknown name" if stranger else "An empty name"
        for sent in ("", "None", "null", "False", stranger, "secret", "dummy"):
            response = client.get("/tickets", headers=basic(stranger, sent))
            empty = "Nothing equals nothing, so `compare_digest` says yes. " if sent == "" else ""
            is_refused(
                response,
                f"{who} with {f'the secret `{sent}`' if sent else 'an empty secret'}",
                f"{empty}Anybody who thinks of it gets in under a name that does not exist.",
            )
        # Whatever the secret was compared with in place of a stored one: what if an attacker sends just that?
        kitchen.comparisons.taken()
        client.get("/tickets", headers=basic(stranger, kitchen.secret()))
        for stand_in in {text_of(one) for call in kitchen.comparisons.taken() for one in call} - {None}:
            response = client.get("/tickets", headers=basic(stranger, stand_in))
            is_refused(
                response,
                f"{who}, with a secret (`{stand_in}`) that your code itself compares with if a name is unknown",
                f"That is the secret of a printer, and it opens under {who[0].lower()}{who[1:]}, which no printer has."
                if stand_in in {str(one) for one in kitchen.printers.values()}
                else "The stand-in has become a master key: whoever knows your code gets in under any unknown name.",
            )


def test_the_secret_of_one_printer_does_not_open_another(kitchen, client):
    """Each secret opens the queue of its own printer and of no other."""
    for name, _own in kitchen.pairs:
        for owner, secret in kitchen.pairs:
            response = client.get("/tickets", headers=basic(name, secret))
            if owner == name:
                is_served(response, kitchen, name, "A printer asks for its tickets")
            else:
                is_refused(
                    response,
                    f"`{name}` with the secret of `{owner}`",
                    "Any restaurant reads along in any other kitchen: its own secret is enough.",
                )


def test_secrets_are_compared_in_constant_time(kitchen, client):
    """A stored secret, or a digest of it, is compared by `compare_digest`, and never by `==`, `!=`, `in` or as a key. For an unknown name `compare_digest` is called as many times as for a wrong secret, and at least once."""
    stored = kitchen.printers.items()
    name, secret = kitchen.any()
    wrong = kitchen.secret()
    response = client.get("/tickets", headers=basic(name, secret))
    is_served(response, kitchen, name, "A printer asks for its tickets")

    count = {}
    for what, pair in {
        "a wrong secret": (name, wrong),
        "an unknown name": (kitchen.stranger(), wrong),
    }.items():
        kitchen.comparisons.taken()
        response = client.get("/tickets", headers=basic(*pair))
        is_refused(response, f"Credentials with {what}")
        count[what] = len(kitchen.comparisons.taken())
    sent = {wrong, secret}
    hashed = [owner for owner, one in stored if one.hashed]
    assert hashed == [], (
        "The stored secrets of these printers were used as keys, of a dict, a set or a cache. A search by key compares with "
        "`==` in the end, and takes as long as that takes."
    )
    compared = [other for _owner, one in stored for other in one.compared if type(other) is str and other in sent]
    assert compared == [], (
        "A stored secret was compared by `==`, `!=` or `in` with these texts, which came from outside. That stops at the "
        "first letter that differs, so a better guess takes longer: by measuring, an attacker finds a secret letter by letter."
    )
    assert count["a wrong secret"] > 0, (
        "So many times `compare_digest` of `secrets` or `hmac` was called for a wrong secret. What else compared it does not "
        "promise to take equally long wherever the difference is."
    )
    assert count == dict.fromkeys(count, count["a wrong secret"]), told(
        (
            count["an unknown name"] < count["a wrong secret"],
            "So many times `compare_digest` was called for each. Unknown names are refused with less work, and so a little "
            "sooner: by measuring, an attacker finds out which printers exist.",
        ),
        "So many times `compare_digest` was called for each. More work takes longer: by measuring, an attacker tells these "
        "refusals from each other.",
    )

    kitchen.comparisons.says_no = True
    response = client.get("/tickets", headers=basic(name, secret))
    assert response.status_code == 401, told(
        (
            response.status_code == 200,
            "For this request, `compare_digest` answered False to everything, and the printer got in all the same. It is "
            "called, but something else has the last word.",
        ),
        "For this request, `compare_digest` answered False to everything. That is a refusal like any other.",
    )


def test_letters_outside_ascii_are_refused_and_no_crash(kitchen, client):
    """Credentials with letters outside ASCII are answered 401, in UTF-8 as in Latin-1. A printer whose stored secret has such letters is refused like any wrong secret, and the others are served; nothing is answered 500."""
    plain, plain_secret = kitchen.any()
    odd, odd_secret = kitchen.hang_up(
        kitchen.rng.word(4),
        f"{kitchen.rng.word()}-{kitchen.rng.choice(['grün', 'crème', 'olá'])}-{kitchen.rng.digits(2)}",
    )
    response = client.get("/tickets", headers=basic(plain, plain_secret))
    is_served(response, kitchen, plain, f"Another printer's secret is `{odd_secret}`. `{plain}` asks for its tickets")
    for what, pair in {
        "A wrong secret in ASCII": (odd, kitchen.secret()),
        "An empty secret": (odd, ""),
        "What is left if the other letters are dropped": (odd, odd_secret.encode("ascii", "ignore").decode()),
        "The secret with question marks": (odd, odd_secret.encode("ascii", "replace").decode()),
        "The secret without its accents": (
            odd,
            unicodedata.normalize("NFKD", odd_secret).encode("ascii", "ignore").decode(),
        ),
        "The secret with numbers for the other letters": (
            odd,
            odd_secret.encode("ascii", "xmlcharrefreplace").decode(),
        ),
    }.items():
        response = client.get("/tickets", headers=basic(*pair))
        is_refused(response, f"The stored secret is `{odd_secret}`. {what}")
        assert response.json() == exactly(INVALID)
    for encoding in ("utf-8", "latin-1"):
        for what, pair in {
            "The secret itself": (odd, odd_secret),
            "A good name with a wrong secret": (plain, odd_secret),
            "An unknown name": (f"{odd}-ñ", plain_secret),
        }.items():
            response = client.get("/tickets", headers=basic(*pair, encoding))
            is_refused(
                response,
                f"{what}, `{pair[0]}:{pair[1]}`, sent in {encoding.upper()}",
                "The contract takes ASCII only: in which encoding a printer sends other letters, nobody knows.",
            )
    response = client.get("/tickets", headers={"Authorization": f"Basic {odd_secret}".encode("latin-1")})
    is_refused(response, "Letters outside ASCII where base64 should be")


def test_secrets_can_change_while_the_service_runs(kitchen, client):
    """When a secret is changed, the new one opens from the next request on and the old one does not. A printer that is added gets in, one that is removed is refused."""
    name, old = kitchen.any()
    response = client.get("/tickets", headers=basic(name, old))
    is_served(response, kitchen, name, "A printer asks for its tickets")
    _, new = kitchen.hang_up(name)
    response = client.get("/tickets", headers=basic(name, old))
    is_refused(
        response,
        "The secret of a printer was changed, and the old one was sent",
        "Secrets are changed because somebody has learnt them; this one still opens.",
    )
    response = client.get("/tickets", headers=basic(name, new))
    is_served(response, kitchen, name, "The secret of a printer was changed, and the new one was sent")
    added, secret = kitchen.hang_up(kitchen.rng.word(4))
    response = client.get("/tickets", headers=basic(added, secret))
    is_served(response, kitchen, added, "A printer was added while the service was running")
    del kitchen.printers[name]
    response = client.get("/tickets", headers=basic(name, new))
    is_refused(
        response,
        "A printer was removed, and asks for its tickets",
        "A printer that was sold or stolen goes on reading.",
    )


def test_the_docs_know_the_scheme(docs):
    """The docs have exactly one security scheme, of type `http` with scheme `basic`, and `GET /tickets` requires it."""
    needs = docs.operation("get", "/tickets").get("security") or []
    known = docs.document.get("components", {}).get("securitySchemes", {})
    kinds = sorted(
        f"{one.get('type')} {one.get('scheme') or one.get('in') or ''}".strip().lower() for one in known.values()
    )
    assert kinds == ["http basic"], told(
        (
            kinds == [],
            "The docs know no security scheme, so `/docs` has no “Authorize” button, and clients do not learn what to send. A "
            "class of `fastapi.security` that reads the header also writes itself into the docs.",
        ),
        "These are the types of the schemes in the docs. Name and secret in the header are of type `http`, scheme `basic`.",
    )
    required = [sorted(need) for need in needs]
    assert required == [sorted(known)], "This is what the docs say `GET /tickets` requires."
