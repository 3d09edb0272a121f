"""Checks of q093: two instances of the app, one Redis, one ledger; the check steps in before any command it likes."""

import contextlib
import re
import socket
import socketserver
import threading
from urllib.parse import quote, urlsplit

import pytest
import redis
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.pool import NullPool, Pool

from pytest_fastapi_kata.checks import exactly, told

STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
SHORTEST, LONGEST = 23 * 3600, 24 * 3600
GREETINGS = {"HELLO", "CLIENT", "AUTH", "SELECT", "PING", "QUIT", "INFO", "COMMAND"}
NO_WRITES = """
GET MGET EXISTS TTL PTTL TYPE KEYS SCAN STRLEN GETRANGE EXPIRETIME PEXPIRETIME HGET HGETALL HMGET HKEYS HVALS HLEN HEXISTS
HSCAN SMEMBERS SISMEMBER SCARD LRANGE LLEN ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZSCORE ZMSCORE ZCARD ZRANK
ZREVRANK ZCOUNT ZSCAN TIME WATCH UNWATCH MULTI EXEC DISCARD JSON.GET JSON.MGET JSON.TYPE JSON.OBJKEYS JSON.OBJLEN
"""
NO_WRITES = GREETINGS.union(NO_WRITES.split())
READONLY = b"-READONLY You can't write against a read only replica.\r\n"
ABORTED = b"-EXECABORT Transaction discarded because of previous errors.\r\n"
MOST_ROUNDS = 25
RIVAL_SECONDS = 4
END_SECONDS = 10


def reply_of(stream):
    """Read one reply of Redis's protocol, whatever its type, and return its bytes."""
    head = stream.readline()
    if not head:
        raise ConnectionError
    kind, size = head[:1], head[1:].strip()
    if kind in b"$=!" and size != b"-1":
        return head + stream.read(int(size) + 2)
    if kind in b"*~>%|" and size != b"-1":
        count = int(size) * (2 if kind in b"%|" else 1) + (kind == b"|")
        return head + b"".join(reply_of(stream) for _ in range(count))
    return head


def command_of(stream):
    """Read one command, and return its words and its bytes; no words at the end of the connection."""
    head = stream.readline()
    if not head.startswith(b"*"):
        return [], head
    words, raw = [], head
    for _ in range(int(head[1:])):
        size = stream.readline()
        body = stream.read(int(size[1:]) + 2)
        words.append(body[:-2])
        raw += size + body
    return words, raw


class Line:
    """An instance's line to Redis. It tells ``before`` of each command, and refuses writes if it is told to."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self.before = None
        self.refuses = False
        self.refused = 0
        self.made = 0
        self.sockets = set()
        self.changed = threading.Condition()
        line = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                # However a connection ends, it has ended.
                with contextlib.suppress(OSError, ValueError):
                    line.serve(self.request)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{self.server.server_address[1]}").geturl()

    def serve(self, near):
        with socket.create_connection(self.target) as far:
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                self.made += 1
                self.sockets |= {near, far}
            try:
                self.pass_on(near, far)
            finally:
                with self.changed:
                    self.sockets -= {near, far}
                    self.changed.notify_all()

    def pass_on(self, near, far):
        commands, replies = near.makefile("rb"), far.makefile("rb")
        in_transaction = is_spoilt = False
        while True:
            words, raw = command_of(commands)
            if not words:
                return
            name = words[0].decode("ascii", "replace").upper()
            if self.before is not None and name not in GREETINGS:
                self.before(name, words)
            if self.refuses and name not in NO_WRITES:
                self.refused += 1
                is_spoilt = in_transaction
                near.sendall(READONLY)
                continue
            in_transaction = name == "MULTI" or (in_transaction and name not in ("EXEC", "DISCARD"))
            is_aborted = is_spoilt and name == "EXEC"
            far.sendall(b"*1\r\n$7\r\nDISCARD\r\n" if is_aborted else raw)
            reply = reply_of(replies)
            if not in_transaction:
                is_spoilt = False
            near.sendall(ABORTED if is_aborted else reply)

    @property
    def open(self):
        return len(self.sockets) // 2

    def none_left(self):
        """Say how many connections are open; they get a while to end."""
        with self.changed:
            self.changed.wait_for(lambda: not self.sockets, 5)
            return self.open

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        with self.changed:
            left = list(self.sockets)
        for one in left:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Rival:
    """Somebody who acts at one moment of the app's, and is waited for, unless he waits for the app himself."""

    def __init__(self, act, line):
        self.act = act
        self.line = line
        self.came_at = None
        self.response = None
        self.fault = None
        self.asked = {}
        self.thread = None
        self.settled = threading.Event()

    def comes(self, where):
        """Act now, in a thread of his own: the one that is stopped here may hold what he needs."""
        if self.thread is not None:
            return
        self.came_at = where
        self.line.before = self.listen
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.settled.wait(RIVAL_SECONDS)

    def listen(self, name, words):
        # Who asks for the same again and again waits for a lock.
        asked = (name, *words[1:2])
        self.asked[asked] = self.asked.get(asked, 0) + 1
        if name not in ("MULTI", "EXEC", "UNWATCH", "ZINCRBY") and self.asked[asked] >= 6:
            self.settled.set()

    def run(self):
        try:
            self.response = self.act()
        except Exception as error:
            self.fault = error
        finally:
            self.settled.set()

    def done(self):
        """Wait for the end of his request, and return its answer; None if he never came."""
        if self.thread is None:
            return None
        self.thread.join(END_SECONDS)
        self.line.before = None
        assert not self.thread.is_alive(), (
            f"One of two requests that came at the same time was not answered within {END_SECONDS} seconds."
        )
        assert self.fault is None, f"One of two requests that came at the same time failed: {self.fault!r}"
        return self.response


class Shop:
    """Two instances, a and b, with a line to Redis each, and the check's own way to both stores."""

    def __init__(self, database_url, redis_url, start):
        self.url = make_url(database_url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.own = create_engine(self.url, poolclass=NullPool)
        self.redis = redis.Redis.from_url(redis_url, decode_responses=True)
        self.lines = [Line(redis_url), Line(redis_url)]
        self.start = start
        self.statements = []
        self.sql_connects = 0
        self.at_insert = None
        self.breaks = None
        self.hooks = (
            (Engine, "before_cursor_execute", self.hear),
            (Engine, "do_execute", self.fail),
            (Engine, "do_executemany", self.fail),
            (Pool, "connect", self.connected),
        )
        for hook in self.hooks:
            event.listen(*hook)

    def open(self):
        """Start both instances."""
        self.a, self.b = (self.start(line.url) for line in self.lines)
        return self.a, self.b

    def hear(self, connection, cursor, statement, parameters, context, executemany):
        if connection.engine is self.own:
            return
        self.statements.append(statement)
        if self.at_insert is not None and statement.lstrip().upper().startswith("INSERT"):
            then, self.at_insert = self.at_insert, None
            then()

    def fail(self, cursor, statement, parameters, context):
        if context.engine is not self.own and self.breaks is not None and self.breaks in statement.upper():
            raise context.dialect.loaded_dbapi.OperationalError("disk I/O error")

    def connected(self, connection, record):
        self.sql_connects += 1
        if self.is_sqlite:
            # Nobody pulls the plug during a check, so there is no need to wait for the disk.
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.close()

    def close(self):
        self.at_insert = self.breaks = None
        for hook in self.hooks:
            event.remove(*hook)
        for line in self.lines:
            line.close()
        self.redis.close()

    def sql(self, statement, **values):
        with self.own.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def orders(self, basket=None):
        """What the ledger has of one basket, or of all: customer and lines of each order."""
        found = self.sql("SELECT id, basket, customer FROM orders ORDER BY id")
        lines = self.sql("SELECT order_id, article, pieces FROM lines")
        return [
            {
                "order": number,
                "customer": customer,
                "lines": {article: pieces for order, article, pieces in lines if order == number},
            }
            for number, of, customer in found
            if basket in (None, of)
        ]

    def all_keys(self, part=""):
        return sorted(key for key in self.redis.keys("*") if part in key)

    def left(self, basket):
        """The seconds that each key of a basket has left; -1 for one that stays for ever."""
        return {key: self.redis.ttl(key) for key in self.all_keys(basket)}

    @contextlib.contextmanager
    def rival_at(self, number, act):
        """Let somebody act by way of instance b before the nth command that instance a sends."""
        rival, line, sent = Rival(act, self.lines[1]), self.lines[0], []

        def before(name, words):
            sent.append(name)
            if len(sent) == number:
                rival.comes(f"`{name}`, command {number} of this request")

        line.before = before
        try:
            yield rival
        finally:
            line.before = None


@pytest.fixture
def shop(database_url, redis_url, environment, given, load, client_for):
    """Both stores, in place before the app is imported; nothing is started yet."""

    def start(url):
        # An instance has a ledger of its own, and both lie in the same database.
        given("ledger")
        return client_for(load(REDIS_URL=url).app)

    environment(DATABASE_URL=database_url)
    shop = Shop(database_url, redis_url, start)
    yield shop
    shop.close()


def tag_of(response):
    """The tag of an answer with a basket, which has to be a strong one."""
    tag = response.headers.get("etag")
    shown = tag or "(no ETag)"
    assert STRONG.fullmatch(shown), told(
        (tag is None, "An answer with a basket carries its `ETag`."),
        "This is the `ETag`. A strong one is a text in double quotes, without `W/`.",
    )
    return tag


def made(client, customer):
    """Make a basket, which has to succeed; its answer and its tag."""
    response = client.post("/baskets", json={"customer": customer})
    assert response.status_code == 201, "A customer wants a basket."
    answer = response.json()
    basket_id = answer.get("id") if isinstance(answer, dict) else None
    kind = type(basket_id).__name__
    assert kind == "str", "This is the type of the new basket's `id`."
    assert answer == exactly({"id": basket_id, "customer": customer, "lines": {}}), "A new basket is empty."
    return answer, tag_of(response)


def seen(client, basket, which="The basket"):
    """Read a basket, which has to be this one; its tag."""
    response = client.get(f"/baskets/{basket['id']}")
    assert response.status_code == 200, f"{which} has to be there: it was made and has not been ordered."
    assert response.json() == exactly(basket), f"{which}, as it has to be by now."
    return tag_of(response)


def known(client, basket):
    """See that an instance knows a basket that another one has made."""
    response = client.get(f"/baskets/{basket['id']}")
    assert response.status_code == 200, told(
        (
            response.status_code == 404,
            "Another instance of the app made this basket a moment ago, and this one does not know it. All that two processes "
            "share is Redis.",
        ),
    )


def put(client, basket_id, article, pieces, tag):
    headers = {} if tag is None else {"If-Match": tag}
    return client.put(f"/baskets/{basket_id}/lines/{quote(article, safe='')}", json={"pieces": pieces}, headers=headers)


def with_line(basket, article, pieces):
    lines = {name: count for name, count in basket["lines"].items() if name != article}
    return {**basket, "lines": {**lines, article: pieces} if pieces else lines}


def changed(client, basket, article, pieces, tag):
    """Change a line, which has to succeed; the basket after it, and its tag."""
    response = put(client, basket["id"], article, pieces, tag)
    assert response.status_code == 200, told(
        (response.status_code == 412, "Nobody has changed the basket since the answer that this tag is from."),
        "The change is based on the basket's present tag.",
    )
    after = with_line(basket, article, pieces)
    assert response.json() == exactly(after), "The basket with this line changed."
    return after, tag_of(response)


def filled(client, rng, lines=2):
    """Make a basket with a few lines in it."""
    basket, tag = made(client, rng.name())
    for article in rng.names(lines):
        basket, tag = changed(client, basket, article, rng.randint(1, 99), tag)
    return basket, tag


def order(client, basket):
    return client.post(f"/baskets/{basket['id']}/order")


def ordered(shop, client, basket):
    """Order a basket, which has to succeed; the answer."""
    response = order(client, basket)
    assert response.status_code == 201, "There is something in the basket, and it has not been ordered yet."
    in_ledger = shop.orders(basket["id"])
    wanted = [{"customer": basket["customer"], "lines": basket["lines"]}]
    stored = [{key: one[key] for key in ("customer", "lines")} for one in in_ledger]
    assert stored == wanted, "The order was answered with 201. This is what the ledger has of this basket."
    assert response.json() == exactly(in_ledger[0]), "The answer is the order as the ledger has it."
    return in_ledger[0]


def gone(shop, client, basket):
    """See that an ordered basket has left Redis."""
    left = shop.all_keys(basket["id"])
    assert left == [], "The basket was ordered, and these keys of it are still in Redis."
    response = client.get(f"/baskets/{basket['id']}")
    assert response.status_code == 404, "The basket was ordered, so it is gone."


def test_baskets_are_shared_by_all_instances(shop, rng):
    """A basket that one instance has made is read and changed by another one, with the same content and the same tag. Bad input is 422, an unknown basket 404, and an id gives away no other one."""
    a, b = shop.open()
    one, two, three = rng.name(), rng.title(), f"{rng.word()} {rng.randint(1, 9)}:{rng.randint(1, 9)}"
    basket, tag = made(a, rng.title())
    other, _ = made(b, basket["customer"])
    known(b, basket)
    found = seen(b, basket)
    assert found == tag, "Two instances were asked for the same basket. These are its tags."
    counts = [1, 99, rng.randint(2, 98)]
    for client, reader, article, pieces in ((b, a, one, counts[0]), (a, b, two, counts[1]), (b, a, three, counts[2])):
        basket, tag = changed(client, basket, article, pieces, tag)
        found = seen(reader, basket, "The basket that another instance has just changed")
        assert found == tag, "Two instances were asked for the same basket. These are its tags."
    for article, pieces in ((one, 0), (two, 17), (three, 0)):
        basket, tag = changed(a, basket, article, pieces, tag)
        seen(b, basket, "The basket that another instance has just changed")
    seen(a, other, "Another basket of the same customer, in which nothing was ever put,")
    for bad in (-1, 100, rng.word()):
        response = put(a, basket["id"], two, bad, tag)
        assert response.status_code == 422, "`pieces` is a whole number from 0 to 99."
    response = a.post("/baskets", json={"customer": None})
    assert response.status_code == 422, "A customer is a text."
    found = seen(b, basket, "The basket, after changes that were refused,")
    assert found == tag, "The changes were refused, so the tag is the same."
    response = a.get(f"/baskets/{rng.word(8)}")
    assert response.status_code == 404, "No basket has this id."
    ids = [basket["id"], other["id"], *(made(client, basket["customer"])[0]["id"] for client in (a, a, b, b))]
    nearest = min(
        sum(x != y for x, y in zip(left, right, strict=False)) + abs(len(left) - len(right))
        for number, left in enumerate(ids)
        for right in ids[:number]
    )
    is_guessable = nearest < 4
    assert not is_guessable, (
        f"{', '.join(ids[:4])}: these are ids of baskets. Some differ in hardly anything. Whoever has one guesses the next, and opens a "
        "stranger's basket."
    )


def test_changes_need_the_version_they_are_based_on(shop, rng):
    """A change without `If-Match` is 428, with another tag than the basket has now 412, and nothing changes. A tag never comes back, not even when the content does. An unknown basket is 404."""
    a, b = shop.open()
    article, other = rng.names(2)
    basket, first = made(a, rng.name())
    known(b, basket)
    response = put(b, basket["id"], article, 3, None)
    assert response.status_code == 428, "The change has no `If-Match`, so nobody knows what it is based on."
    response = put(b, basket["id"], article, 3, f'"{rng.word(6)}"')
    assert response.status_code == 412, "The basket has never had this tag."
    found = seen(a, basket, "The basket, after changes that were refused,")
    assert found == first, "The changes were refused, so the tag is the same."
    tags = [first]
    empty = basket
    for step in ((article, 3), (other, 5), (article, 4), (article, 3), (other, 0), (article, 0)):
        client = rng.choice((a, b))
        basket, tag = changed(client, basket, *step, tags[-1])
        is_known = tag in tags
        assert not is_known, told(
            (
                tag == tags[-1],
                "The basket has changed, and its tag has not. Whoever saw it before may now change what they have not seen.",
            ),
            "The basket has the tag of an earlier version. Its content is that of then, and yet it is another version: whoever "
            "still has that tag has missed the changes in between.",
        )
        old = rng.choice(tags)
        response = put(b, basket["id"], other, 9, old)
        assert response.status_code == 412, "This tag is from an earlier answer. The basket has changed since."
        tags.append(tag)
        found = seen(a, basket, "The basket, after a change that was refused,")
        assert found == tag, "This is the basket's tag, after a change that was refused."
    assert basket == empty, "All lines were taken out again."
    response = put(b, basket["id"], article, 3, first)
    assert response.status_code == 412, (
        "The basket is as empty as it was when it had this tag, but it was filled and emptied in between."
    )
    response = put(a, rng.word(8), article, 3, first)
    assert response.status_code == 404, "No basket has this id."
    seen(b, basket)


def test_two_writers_at_once_one_wins(shop, rng):
    """Another instance changes the basket from the same tag, just before the first, the second, … command that a change sends to Redis. Each time one of the two is 200, the other one 412, and the basket is the winner's. With an order in place of the other change, the basket does not come back."""
    a, b = shop.open()
    article, mine, theirs = rng.names(3)
    for number in range(1, MOST_ROUNDS):
        basket, tag = made(a, rng.name())
        known(b, basket)
        basket, tag = changed(b, basket, article, 7, tag)
        with shop.rival_at(number, lambda basket=basket, tag=tag: put(b, basket["id"], theirs, 2, tag)) as rival:
            response = put(a, basket["id"], mine, 1, tag)
        other = rival.done()
        if other is None:
            break
        moment = f"Another instance changed the basket from the same tag, just before {rival.came_at}."
        statuses = sorted([response.status_code, other.status_code])
        assert statuses == [200, 412], told(
            (
                statuses == [200, 200],
                f"{moment} Both were answered 200. Whoever wrote second did not know of the first, and one line is lost.",
            ),
            (statuses == [412, 412], f"{moment} Both were refused, though one of them has to win."),
            (
                statuses[0] == 412 and statuses[1] >= 500,
                f"{moment} The other one was refused, and so nothing was lost, but this one ended with an error.",
            ),
            f"{moment} These are the two statuses.",
        )
        winner = response if response.status_code == 200 else other
        after = with_line(basket, *((mine, 1) if winner is response else (theirs, 2)))
        assert winner.json() == exactly(after), f"{moment} This is the answer to the one that was 200."
        found = seen(b, after, f"{moment} What is in the basket afterwards")
        assert found == tag_of(winner), (
            f"{moment} This is the basket's tag afterwards, and that of the winner's answer."
        )
    assert number > 1, "A basket was changed without a single command to Redis."
    for number in range(1, MOST_ROUNDS):
        basket, tag = made(a, rng.name())
        known(b, basket)
        basket, tag = changed(b, basket, article, 7, tag)
        with shop.rival_at(number, lambda basket=basket: order(b, basket)) as rival:
            response = put(a, basket["id"], mine, 1, tag)
        other = rival.done()
        if other is None:
            break
        moment = f"Another instance took the order for this basket, just before {rival.came_at}."
        assert other.status_code == 201, "There is something in the basket, and it has not been ordered yet."
        left = shop.all_keys(basket["id"])
        assert left == [], f"{moment} The change brought a basket back that had been ordered and was gone."
        taken = other.json()
        # A change that was through by then belongs to what was ordered.
        is_in_time = isinstance(taken, dict) and taken.get("lines") == {**basket["lines"], mine: 1}
        wanted = (200,) if is_in_time else (404, 412)
        assert response.status_code in wanted, told(
            (is_in_time, f"{moment} The change was part of what was ordered."),
            (
                response.status_code == 200,
                f"{moment} The change was not part of what was ordered, and was answered 200.",
            ),
            f"{moment} The change came too late.",
        )


def test_baskets_expire_a_day_after_the_last_change(shop, rng):
    """All keys begin with `shop:`. Those of a basket contain its id and live for 23 to 24 hours after each change. Reading prolongs nothing. After the order there is none of them."""
    a, b = shop.open()
    article = rng.name()
    basket, tag = made(a, rng.name())
    for step in (None, (article, 5), (rng.name(), 2), (article, 6), (article, 0)):
        if step is not None:
            # Nobody waits here: the check takes time away from the keys.
            for key in shop.all_keys(basket["id"]):
                shop.redis.expire(key, 100)
            basket, tag = changed(b, basket, *step, tag)
        what = "A basket was made" if step is None else f"A line was set to {step[1]} pieces"
        left = shop.left(basket["id"])
        assert left != {}, f"{what}, and no key in Redis contains the basket's id."
        wrong = {key: seconds for key, seconds in left.items() if not SHORTEST <= seconds <= LONGEST}
        assert wrong == {}, told(
            (
                -1 in wrong.values(),
                f"{what}, and these keys of the basket stay in Redis for ever: a -1 stands for no expiry.",
            ),
            f"{what}. These keys of the basket have so many seconds left, and 23 to 24 hours are {SHORTEST} to {LONGEST}.",
        )
    for key in shop.all_keys(basket["id"]):
        shop.redis.expire(key, 100)
    seen(a, basket)
    response = put(a, basket["id"], article, 3, f'"{rng.word(6)}"')
    assert response.status_code == 412, "The basket has never had this tag."
    longest = max(shop.left(basket["id"]).values(), default=0)
    assert longest <= 100, (
        "The basket was about to expire and was then only read, and a change to it was refused. Now it has so many seconds left."
    )
    strangers = [key for key in shop.all_keys() if not key.startswith("shop:")]
    assert strangers == [], "Others use this Redis as well. These keys do not begin with `shop:`."
    ordered(shop, a, basket)
    gone(shop, b, basket)
    strangers = [key for key in shop.all_keys() if not key.startswith("shop:")]
    assert strangers == [], "Others use this Redis as well. These keys do not begin with `shop:`."


def test_an_order_moves_the_basket_into_the_ledger(shop, rng):
    """An order is 201 and stands in the ledger, the basket is gone, and nothing was written to Redis before the ledger had it. The same again is 200 with the same body. An empty basket is 409, an unknown one 404."""
    a, b = shop.open()
    empty, _ = made(a, rng.name())
    known(b, empty)
    response = order(b, empty)
    assert response.status_code == 409, "There is nothing in this basket."
    seen(a, empty, "The empty basket, of which the order was refused,")
    response = order(a, {"id": rng.word(8)})
    assert response.status_code == 404, "No basket has this id, and no order was made from one that had."
    assert shop.orders() == [], "Nothing was ordered yet, and this is in the ledger."
    receipts = []
    for lines in (1, 3):
        basket, tag = filled(a, rng, lines)
        too_early = []

        def before(name, words, basket=basket, too_early=too_early):
            if name not in NO_WRITES and not shop.orders(basket["id"]):
                too_early.append(name)

        shop.lines[0].before = before
        receipt = ordered(shop, a, basket)
        shop.lines[0].before = None
        assert too_early == [], (
            "The app sent these commands to Redis while the order was not yet in the ledger. If the ledger fails then, what "
            "they did cannot be taken back."
        )
        gone(shop, b, basket)
        response = put(b, basket["id"], rng.name(), 1, tag)
        assert response.status_code == 404, "The basket was ordered, so it is gone."
        receipts.append((basket, receipt))
    for client in (a, b, b):
        for basket, receipt in receipts:
            response = order(client, basket)
            assert response.status_code == 200, told(
                (
                    response.status_code == 404,
                    "This basket was ordered some time ago, and the customer clicks once more. The basket is gone from Redis. "
                    "Somebody else still knows it.",
                ),
                "This basket was ordered some time ago, and the customer clicks once more.",
            )
            assert response.json() == exactly(receipt), "The second click is answered as the first one was."
    stored = shop.orders()
    assert stored == [receipt for _, receipt in receipts], "Two baskets were ordered, several times each."


def test_a_failing_database_keeps_the_basket(shop, rng):
    """If the ledger fails, at its last INSERT or altogether, the answer is 503. Nothing is stored, nothing is counted, and the basket has its content and its tag. Later the order succeeds."""
    a, b = shop.open()
    for breaks, what in (("INTO LINES", "The INSERT into `lines` failed"), ("", "The ledger was out of order")):
        basket, tag = filled(a, rng)
        known(b, basket)
        ranking = b.get("/articles/top?limit=50").json()
        shop.breaks = breaks
        response = order(a, basket)
        assert response.status_code == 503, told(
            (
                response.status_code == 500,
                f"{what}, and its exception became a server error of the app's. It is not the app that is to blame, and trying again later will help.",
            ),
            f"{what} while the order was taken.",
        )
        shop.breaks = None
        stored = shop.orders(basket["id"])
        assert stored == [], f"{what}, and the answer was 503. This is in the ledger."
        response = b.get(f"/baskets/{basket['id']}")
        assert response.status_code == 200, (
            f"{what}, there is no order, and the basket is gone as well. The customer has to begin anew."
        )
        found = seen(b, basket, f"{what}, and the basket")
        assert found == tag, f"{what}. This is the basket's tag now, and the one it had before."
        response = b.get("/articles/top?limit=50")
        assert response.json() == ranking, f"{what}. There is no order, so nothing is to be counted."
        ordered(shop, rng.choice((a, b)), basket)
        gone(shop, b, basket)


def test_an_order_stands_when_redis_fails_over(shop, rng):
    """Redis refuses to write (`READONLY`) while an order is taken: it is in the ledger, and the answer is 201. Ordered again, it is 200 with the same body, whether Redis writes by then or not."""
    a, b = shop.open()
    for _ in range(2):
        basket, _ = filled(b, rng)
        known(a, basket)
        shop.lines[0].refuses = True
        before = shop.lines[0].refused
        response = order(a, basket)
        stored = shop.orders(basket["id"])
        found = len(stored)
        assert found == 1, (
            "Redis refused to write while an order was taken. So many orders of this basket are in the ledger."
        )
        assert response.status_code == 201, told(
            (
                response.status_code >= 500,
                "The order is in the ledger. Then Redis refused to write, and the customer was told that the order had failed. It has not.",
            ),
            "The order is in the ledger. Then Redis refused to write.",
        )
        assert response.json() == exactly(stored[0]), "The answer is the order as the ledger has it."
        refused = shop.lines[0].refused - before
        assert refused > 0, (
            "The order was taken, and nothing was to be written to Redis: no basket removed, nothing counted."
        )
        response = order(a, basket)
        assert response.status_code == 200, "The same basket is ordered again, while Redis still refuses to write."
        assert response.json() == exactly(stored[0]), "The second click is answered as the first one was."
        shop.lines[0].refuses = False
        for client in (a, b):
            response = order(client, basket)
            assert response.status_code == 200, told(
                (
                    response.status_code == 201,
                    "This basket has been ordered. Redis refused to remove it then, and now it was ordered a second time.",
                ),
                "This basket has been ordered. Redis refused to remove it then, so it may still be there.",
            )
            assert response.json() == exactly(stored[0]), "The second click is answered as the first one was."
        again = shop.orders(basket["id"])
        assert again == stored, "This basket was ordered several times. These are its orders in the ledger."


def clicked_twice(shop, client, basket, response, other, moment):
    """Compare what two clicks at once have brought."""
    stored = shop.orders(basket["id"])
    found = len(stored)
    assert found == 1, f"{moment} So many orders of this basket are in the ledger."
    statuses = sorted([response.status_code, other.status_code])
    assert statuses == [200, 201], told(
        (
            statuses[-1] == 404,
            f"{moment} The order is made, and the one who came second was told that there is no such basket.",
        ),
        (
            statuses[-1] == 500,
            f"{moment} The other order was first. That this one is too many was noticed, and nobody made an answer of that.",
        ),
        (
            statuses[-1] == 503,
            f"{moment} The ledger refused to take it twice, and that is not a failure: there is an order, and it is this customer's.",
        ),
        (statuses == [201, 201], f"{moment} One order was made, and both were told that it was theirs."),
        f"{moment} These are the two statuses.",
    )
    for one in (response, other):
        assert one.json() == exactly(stored[0]), f"{moment} Both are answered with the order as the ledger has it."
    gone(shop, client, basket)
    response = client.get("/articles/top?limit=50")
    answer = response.json()
    counted = (
        {one.get("article"): one.get("pieces") for one in answer if isinstance(one, dict)}
        if isinstance(answer, list)
        else answer
    )
    counted = (
        {article: counted.get(article, 0) for article in basket["lines"]} if isinstance(counted, dict) else counted
    )
    assert counted == basket["lines"], f"{moment} These pieces of it were counted for `/articles/top`."


def test_two_clicks_make_one_order(shop, rng):
    """Another instance orders the same basket just before the first INSERT, and before the first, the second, … command to Redis: one order, counted once, one 201, one 200, with the same body."""
    a, b = shop.open()
    basket, _ = filled(a, rng)
    known(b, basket)
    rival = Rival(lambda: order(b, basket), shop.lines[1])
    shop.at_insert = lambda: rival.comes("the first INSERT")
    response = order(a, basket)
    shop.at_insert = None
    other = rival.done()
    assert other is not None, (
        f"A basket was ordered (the answer was {response.status_code}), without an INSERT into the ledger."
    )
    moment = "Another instance took the same order, just before the first INSERT of this one."
    clicked_twice(shop, b, basket, response, other, moment)
    for number in range(1, MOST_ROUNDS):
        basket, _ = filled(b, rng)
        with shop.rival_at(number, lambda basket=basket: order(b, basket)) as rival:
            response = order(a, basket)
        other = rival.done()
        if other is None:
            break
        moment = f"Another instance took the same order, just before {rival.came_at}."
        clicked_twice(shop, b, basket, response, other, moment)


def test_best_sellers_are_counted_in_redis(shop, rng):
    """`GET /articles/top` lists the most ordered articles with the sum of their pieces, at most `limit` (3 if left out), without a look into the ledger. An order counts once, and not less if others come at the same time."""
    a, b = shop.open()
    response = a.get("/articles/top")
    assert response.status_code == 200, "Nothing was ordered yet."
    assert response.json() == exactly([]), "Nothing was ordered yet."
    articles = rng.names(5)
    sums = dict.fromkeys(articles, 0)

    def with_lines(lines):
        basket, tag = made(a, rng.name())
        for article, pieces in lines.items():
            basket, tag = changed(a, basket, article, pieces, tag)
        known(b, basket)
        return basket

    def counts(limit, what):
        shop.statements.clear()
        for client in (a, b):
            response = client.get("/articles/top" if limit is None else f"/articles/top?limit={limit}")
            best = sorted(((pieces, article) for article, pieces in sums.items() if pieces), reverse=True)
            wanted = [{"article": article, "pieces": pieces} for pieces, article in best[: limit or 3]]
            assert response.json() == exactly(wanted), what
        asked = len(shop.statements)
        assert asked == 0, "So many SQL statements were sent for `/articles/top`. The ranking lies in Redis."

    # No two sums are ever equal.
    for number, article in enumerate(articles):
        lines = {article: 10 + 10 * number + rng.randint(0, 3), articles[-1]: 5}
        if article == articles[-1]:
            lines = {article: 9}
        basket = with_lines(lines)
        ordered(shop, rng.choice((a, b)), basket)
        for name, pieces in lines.items():
            sums[name] += pieces
        for client in (a, b):
            response = order(client, basket)
            assert response.status_code == 200, "This basket has been ordered."
    counts(
        5,
        "Five baskets were ordered, each of them three times. An order counts once, however often it is sent and whichever instance takes it.",
    )
    for limit in (2, 1, None):
        counts(limit, "The first of the ranking, at most `limit` of them, or 3.")
    for number in range(1, MOST_ROUNDS):
        mine, theirs = (with_lines({articles[0]: pieces}) for pieces in (40, 50))
        with shop.rival_at(number, lambda theirs=theirs: order(b, theirs)) as rival:
            response = order(a, mine)
        other = rival.done()
        statuses = [response.status_code, *([] if other is None else [other.status_code])]
        assert set(statuses) == {201}, "Two baskets were ordered at the same time, each for the first time."
        sums[articles[0]] += 40 + (0 if other is None else 50)
        if other is None:
            break
        counts(
            1,
            f"An order of {theirs['lines'][articles[0]]} pieces of the same article came to another instance, just before {rival.came_at}. "
            "Both orders count.",
        )


def test_nothing_connects_on_import(shop, given, load, client_for, rng):
    """Importing `app.py` connects neither to Redis nor to the database. Starting it creates the ledger's tables. After the shutdown, no connection to Redis is open."""
    line = shop.lines[0]
    given("ledger")
    module = load(REDIS_URL=line.url)
    made_on_import = {"Redis": line.made, "the database": shop.sql_connects}
    assert made_on_import == {"Redis": 0, "the database": 0}, (
        "`app.py` was only imported, and these are the connections that were opened by it. Whoever imports it, a test or a tool, needs both "
        "servers then."
    )
    client = client_for(module.app, lifespan=False)
    with client:
        names = sorted(inspect(shop.own).get_table_names())
        assert names == ["lines", "orders"], "The app has started. These are the tables in the database."
        basket, _ = filled(client, rng)
        ordered(shop, client, basket)
        used = line.made
        assert used > 0, "A basket was filled and ordered without a connection to `REDIS_URL`."
    left = line.none_left()
    assert left == 0, (
        "The app has shut down, and so many connections to Redis are still open. Whoever opens them closes them in the end."
    )
