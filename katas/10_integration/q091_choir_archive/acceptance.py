"""Checks of q091: an API over SQL tables that others read and write as well."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool, Pool

from pytest_fastapi_kata.checks import exactly, told

COLUMNS = {
    "composers": ["id", "name"],
    "loans": ["id", "singer", "work_id"],
    "works": ["composer_id", "copies", "id", "title"],
}
KEYS = {"composers": [], "loans": [["work_id", "works.id"]], "works": [["composer_id", "composers.id"]]}
IS_THERE = (
    "SELECT w.id FROM works w JOIN composers c ON c.id = w.composer_id WHERE c.name = :composer AND w.title = :title"
)
IDS = "SELECT w.id, w.title, c.name FROM works w JOIN composers c ON c.id = w.composer_id"
ADD_COMPOSER = "INSERT INTO composers (name) VALUES (:composer)"
ADD_WORK = (
    "INSERT INTO works (title, copies, composer_id) "
    "SELECT CAST(:title AS VARCHAR(99)), CAST(:copies AS INTEGER), id FROM composers WHERE name = :composer"
)
ADD_LOAN = "INSERT INTO loans (work_id, singer) VALUES (:work, :singer)"
OPEN = "A transaction of an earlier request may still be open."


class Archive:
    """The database of this run: the treasurer's own way to it, and what the learner's app does there."""

    def __init__(self, url, rng):
        self.rng = rng
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Others wait only a moment for a lock: nobody is to hold one between requests.
        limit = {"timeout": 0.2} if self.is_sqlite else {}
        self.own = create_engine(self.url, poolclass=NullPool, connect_args=limit)
        self.statements = []
        self.held = []
        self.out = 0
        self.connects = 0
        self.at_insert = None
        self.pools = []

    def watch(self):
        """Begin to note what goes over any engine but the treasurer's."""
        hooks = (
            (Engine, "before_cursor_execute", self._before),
            (Pool, "connect", self._connect),
            (Pool, "checkout", self._checkout),
            (Pool, "checkin", self._checkin),
        )
        for target, name, hook in hooks:
            event.listen(target, name, hook)
        return hooks

    def _before(self, connection, cursor, statement, parameters, context, executemany):
        if connection.engine is self.own:
            return
        if connection.engine.pool not in self.pools:
            self.pools.append(connection.engine.pool)
        self.statements.append(statement)
        if self.at_insert is not None and statement.lstrip().upper().startswith("INSERT"):
            then, self.at_insert = self.at_insert, None
            then()

    def _connect(self, connection, record):
        self.connects += 1
        if self.is_sqlite:
            # Nobody pulls the plug during a check, so there is no need to wait for the disk.
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.close()

    def _checkout(self, connection, record, proxy):
        # Garbage collection would bring connections back sooner or later. Not these.
        self.held.append(proxy)
        self.out += 1

    def _checkin(self, connection, record):
        self.out -= 1

    def selects(self):
        """How many SELECT statements were sent since the last call."""
        count = sum(one.lstrip().upper().startswith(("SELECT", "WITH")) for one in self.statements)
        self.statements.clear()
        return count

    def sql(self, statement, rows=None, **values):
        """Run SQL as another program does, once or for each of these rows, commit, and return the rows as lists."""
        try:
            with self.own.begin() as connection:
                self.hurry(connection)
                if rows is not None:
                    connection.execute(text(statement), rows)
                    return []
                result = connection.execute(text(statement), values)
                return [list(row) for row in result] if result.returns_rows else []
        except SQLAlchemyError as error:
            locked = f" {OPEN}" if isinstance(error, OperationalError) else ""
            cause = str(getattr(error, "orig", error)).strip()
            raise AssertionError(
                f"The treasurer's `{statement}` does not work on your tables: {cause}.{locked}"
            ) from None

    def hurry(self, connection):
        if not self.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 400"))

    def work(self, title, composer, copies, singers=()):
        """Put a work into the tables by SQL, and return its id."""
        return self.fill([(title, composer, copies, singers)])[0]

    def fill(self, works):
        """Put works into the tables by SQL, and return their ids."""
        known = {name for (name,) in self.rows("composers")}
        new = dict.fromkeys(composer for _, composer, _, _ in works if composer not in known)
        if new:
            self.sql(ADD_COMPOSER, [{"composer": composer} for composer in new])
        self.sql(
            ADD_WORK, [{"title": title, "composer": composer, "copies": copies} for title, composer, copies, _ in works]
        )
        ids = {(title, name): work for work, title, name in self.sql(IDS)}
        found = [ids[title, composer] for title, composer, _, _ in works]
        loans = [
            {"work": work, "singer": singer}
            for work, (*_, singers) in zip(found, works, strict=True)
            for singer in singers
        ]
        if loans:
            self.sql(ADD_LOAN, loans)
        return found

    def id_of(self, title, composer):
        found = self.sql(IS_THERE, title=title, composer=composer)
        assert len(found) == 1, (
            f"The treasurer looks for “{title}” by {composer} in the tables and finds {len(found)} of it."
        )
        return found[0][0]

    def rows(self, table="works"):
        """What is in a table of interest: names rather than numbers, in order."""
        if table == "works":
            query = "SELECT w.title, c.name, w.copies FROM works w JOIN composers c ON c.id = w.composer_id"
        elif table == "loans":
            query = "SELECT work_id, singer FROM loans"
        else:
            query = "SELECT name FROM composers"
        return sorted(self.sql(query))

    def everything(self):
        return {table: self.rows(table) for table in COLUMNS}


def without_leftovers():
    """SQLModel keeps all tables of the process in one place; a module that is imported anew needs it empty."""
    if "sqlmodel" in sys.modules:
        base = sys.modules["sqlmodel"].SQLModel
        base.metadata.clear()
        base._sa_registry.dispose()  # noqa: SLF001


@pytest.fixture
def archive(database_url, environment, rng):
    """The database, and the ear at it, in place before the learner's app is imported."""
    environment(DATABASE_URL=database_url)
    without_leftovers()
    archive = Archive(database_url, rng)
    hooks = archive.watch()
    yield archive
    archive.at_insert = None
    for hook in hooks:
        event.remove(*hook)
    archive.held.clear()
    without_leftovers()


def shown(work_id, title, composer, copies, lent=0):
    return {"id": work_id, "title": title, "composer": composer, "copies": copies, "available": copies - lent}


def added(client, archive, title, composer, copies):
    """Add a work, which has to succeed, and return what was answered as it has to be."""
    response = client.post("/works", json={"title": title, "composer": composer, "copies": copies})
    assert response.status_code == 201, "This work is not in the archive yet."
    expected = shown(archive.id_of(title, composer), title, composer, copies)
    assert response.json() == exactly(expected), "This is the work as the tables have it."
    return expected


def lent(client, work, singers, singer):
    """Lend a copy, which has to succeed, and return what was answered as it has to be."""
    response = client.post(f"/works/{work['id']}/loans", json={"singer": singer})
    assert response.status_code == 201, "There is a copy to be lent."
    before = len(singers)
    singers.append(singer)
    expected = {**work, "available": work["copies"] - len(singers), "singers": sorted(singers)}
    assert response.json() == exactly(expected), told(
        (
            response.json() == {**expected, "available": work["copies"] - before, "singers": sorted(singers[:-1])},
            "The answer shows the work as it was before this loan.",
        ),
        "The answer is the work with this loan, as `GET /works/{id}` shows it.",
    )
    return expected


def got(client, target):
    """Ask for what has to be there."""
    response = client.get(target)
    assert response.status_code == 200
    return response.json()


def test_tables_are_made_at_start_not_on_import(archive, load, client_for, rng):
    """Importing `app.py` opens no database. Starting the app makes the tables that are missing, with the columns and foreign keys of the README; what is in them already is kept."""
    module = load()
    is_file = archive.is_sqlite and Path(archive.url.database).exists()
    touched = "opened" if archive.connects or is_file else "untouched"
    assert touched == "untouched", (
        "`app.py` was only imported, and the database is open already. Whoever imports it, a test or a tool, works on a "
        "database then. When the app starts is time enough."
    )
    client = client_for(module.app)
    inspector = inspect(archive.own)
    tables = set(inspector.get_table_names())
    columns = {
        table: sorted({one["name"] for one in inspector.get_columns(table)} & set(COLUMNS[table]))
        if table in tables
        else []
        for table in COLUMNS
    }
    assert columns == COLUMNS, "The app has started, and these are the tables and columns of the README that are there."
    keys = {
        table: sorted(
            [one["constrained_columns"][0], f"{one['referred_table']}.{one['referred_columns'][0]}"]
            for one in inspector.get_foreign_keys(table)
            if one["constrained_columns"][0] in COLUMNS[table]
        )
        for table in COLUMNS
    }
    assert keys == KEYS, "These are the foreign keys of the three tables: from where, to where."
    title, composer, singer = rng.title(), rng.title(), rng.name()
    work_id = archive.work(title, composer, 7, [singer])
    expected = {**shown(work_id, title, composer, 7, 1), "singers": [singer]}
    response = client.get(f"/works/{work_id}")
    assert response.status_code == 200, "The treasurer has put a work into the tables."
    assert response.json() == exactly(expected), "This is what the treasurer has put into the tables."
    before = archive.everything()
    without_leftovers()
    client = client_for(load().app)
    after = archive.everything()
    assert after == before, "The app was started a second time, and these are the rows of the tables."
    response = client.get(f"/works/{work_id}")
    assert response.status_code == 200, "The app was started a second time. The work is still in the tables."
    assert response.json() == exactly(expected)


def test_a_work_is_stored_with_its_composer(archive, client, rng):
    """`POST /works` stores a work and answers 201 with it. A composer that is not known is stored along with it, a known one is used again. Bad input is 422, and nothing is stored."""
    one, other = rng.names(2)
    titles = rng.names(4)
    for title, composer, copies in (
        (titles[0], one, 0),
        (titles[1], one, 500),
        (titles[0], other, rng.randint(1, 99)),
        (titles[2], other, rng.randint(1, 99)),
    ):
        before = archive.rows()
        response = client.post("/works", json={"title": title, "composer": composer, "copies": copies})
        assert response.status_code == 201, told(
            (
                response.status_code == 409 and any(row[0] == title for row in before),
                "There is a work of this title by another composer. This one is new.",
            ),
            (response.status_code == 422, "Copies may be 0 to 500, both included."),
            (
                any(row[1] == composer for row in before),
                "This composer is in the table already, by way of another work. The work is new.",
            ),
            "This work is not in the archive.",
        )
        rows = archive.rows()
        assert rows == sorted([*before, [title, composer, copies]]), told(
            (
                rows == before,
                "The answer was 201, and nothing is in the database. A session keeps to itself what nobody commits.",
            ),
            "These are the works in the tables now, each with its composer's name and its copies.",
        )
        assert response.json() == exactly(shown(archive.id_of(title, composer), title, composer, copies)), (
            "This is the work that was just stored."
        )
    composers = archive.rows("composers")
    assert composers == sorted([[one], [other]]), "Each of the two composers is in the table once."
    stored, new = archive.everything(), {"title": titles[3], "composer": rng.name(), "copies": 3}
    faults = [{key: value for key, value in new.items() if key != left_out} for left_out in new]
    faults += [{**new, "copies": -1}, {**new, "copies": 501}, {**new, "copies": rng.word()}, {**new, "title": None}]
    for bad in faults:
        response = client.post("/works", json=bad)
        assert response.status_code == 422, (
            "This is bad input: `title` and `composer` are texts, `copies` is a number from 0 to 500, and none may be missing."
        )
        after = archive.everything()
        assert after == stored, "The input was refused, and these are the rows of the tables now."


def test_answers_after_a_change_are_complete(archive, client, rng):
    """After `POST /works` and `POST /works/{id}/loans` the answers show the work as `GET /works/{id}` does, the loan included. No copy left is 409, an unknown work 404."""
    composer = rng.name()
    for copies, title in zip((2, 0), rng.names(2), strict=True):
        work = added(client, archive, title, composer, copies)
        target, singers = f"/works/{work['id']}", []
        alone = got(client, target)
        assert alone == exactly({**work, "singers": []}), "Nothing of this work is lent."
        # The same singer may have two copies at home.
        singer = rng.name()
        for name in [singer] * copies:
            expected = lent(client, work, singers, name)
            alone = got(client, target)
            assert alone == exactly(expected), "This work was lent just now. `singers` has a name for each loan."
        before = archive.rows("loans")
        response = client.post(f"{target}/loans", json={"singer": rng.name()})
        assert response.status_code == 409, f"There are {copies} copies of this work, and {copies} of them are lent."
        after = archive.rows("loans")
        assert after == before, "The loan was refused, and these are the loans in the table, as work and singer."
    first, second, third = rng.shuffled(["Ann" + rng.word(), "Bea" + rng.word(), "Cy" + rng.word()])
    work, singers = added(client, archive, rng.title(), rng.name(), 5), []
    for singer in (first, second, third):
        lent(client, work, singers, singer)
    unknown = work["id"] + rng.randint(100, 999)
    for method, target, body in (
        ("GET", f"/works/{unknown}", None),
        ("POST", f"/works/{unknown}/loans", {"singer": rng.name()}),
        ("DELETE", f"/works/{unknown}", None),
    ):
        response = client.request(method, target, json=body)
        assert response.status_code == 404, "There is no work with this id."
    response = client.post(f"/works/{work['id']}/loans", json={})
    assert response.status_code == 422, "A loan has a singer."


def test_the_list_costs_the_same_for_three_or_thirty(archive, client, rng):
    """`GET /works` answers all works by title, `?composer=` those of exactly this composer. It takes at most 3 SELECT statements, however many works there are."""
    titles = rng.shuffled(rng.names(33))
    one, other = rng.name(), rng.name()
    composers = [one, f"{one} {other}", one.upper()]
    expected, costs = [], []
    for count in (3, 30):
        works = []
        for number in range(count):
            singers = rng.names(number % 4 % 3)
            works.append((titles.pop(), composers[number % 3], len(singers) + rng.randint(number % 2, 9), singers))
        ids = archive.fill(works)
        expected += [shown(number, *work[:3], len(work[3])) for number, work in zip(ids, works, strict=True)]
        expected.sort(key=lambda work: work["title"])
        got(client, "/works")
        archive.selects()
        response = client.get("/works")
        costs.append(archive.selects())
        assert response.status_code == 200
        answer = response.json()
        missing = [work for work in expected if isinstance(answer, list) and work not in answer]
        names = ", ".join(work["title"] for work in missing[:5])
        part = isinstance(answer, list) and all(work in expected for work in answer)
        assert answer == exactly(expected), told(
            (
                part and len(answer) == len(expected) and not missing,
                "All works are there, in another order than that of their titles.",
            ),
            (
                part and bool(missing) and all(work["available"] == work["copies"] for work in missing),
                f"These are missing: {names}. Works of which no copy is lent belong to the list as well.",
            ),
            (
                part and bool(missing),
                f"These are missing: {names}. The treasurer put them into the tables before this request.",
            ),
            "This is what the treasurer put into the tables by SQL, by title.",
        )
        for composer in (one, rng.name()):
            archive.selects()
            response = client.get("/works", params={"composer": composer})
            costs.append(archive.selects())
            assert response.status_code == 200
            assert response.json() == exactly([work for work in expected if work["composer"] == composer]), (
                f"Only works of the composer whose name is exactly {composer} are asked for."
            )
    dear = max(costs)
    assert dear <= 3, told(
        (
            costs[3] > costs[0],
            f"The list of 3 works took {costs[0]} SELECT statements, the list of 33 took {costs[3]}. There is a query for each "
            "row, and the archive has eight thousand.",
        ),
        "So many SELECT statements went to the database for one list.",
    )
    pairs = [costs[0], costs[1]], [costs[3], costs[4]]
    assert pairs[1] == pairs[0], (
        "SELECT statements for the list, and for that of one composer: with 3 works in the archive, and with 33. They are to "
        "be the same."
    )


def race(client, archive, title, composer, copies):
    """Add a work while a rival adds the same one, just before the app's first INSERT."""
    outcome = []

    def rival():
        # Another program, with a connection of its own.
        try:
            with archive.own.begin() as connection:
                archive.hurry(connection)
                values = {"title": title, "composer": composer, "copies": copies + 1}
                if not list(connection.execute(text("SELECT 1 FROM composers WHERE name = :composer"), values)):
                    connection.execute(text(ADD_COMPOSER), values)
                connection.execute(text(ADD_WORK), values)
            outcome.append("came first")
        except OperationalError:
            outcome.append("was shut out")

    archive.at_insert = rival
    response = client.post("/works", json={"title": title, "composer": composer, "copies": copies})
    archive.at_insert = None
    return response, outcome


@pytest.mark.parametrize("composer", ["known", "new"])
def test_duplicates_are_409_even_in_a_race(archive, client, rng, composer):
    """A title that the composer has already is 409, also if a second writer stores it just before your INSERT. There is one of it then, nothing else has changed, and the next request works."""
    name, title, copies = rng.name(), rng.title(), rng.randint(1, 99)
    if composer == "known":
        added(client, archive, rng.title(), name, 3)
    again = added(client, archive, rng.title(), rng.name(), 4)
    before = archive.everything()
    response = client.post("/works", json={**{key: again[key] for key in ("title", "composer")}, "copies": 7})
    assert response.status_code == 409, "This composer's work is in the archive already."
    after = archive.everything()
    assert after == before, "The work was refused as a duplicate, and these are the rows of the tables."
    response, outcome = race(client, archive, title, name, copies)
    assert outcome != [], "This work is new, and the app answered without an INSERT into any table."
    first = outcome[0] == "came first"
    rows = [row for row in archive.rows() if row[0] == title]
    wanted, found = (409, copies + 1) if first else (201, copies)
    assert response.status_code == wanted, told(
        (
            response.status_code == 201 and len(rows) == 1,
            "Just before your app's INSERT, another writer stored the same work and committed, and theirs is the one in the "
            "table. The app answered 201 all the same: when its own commit failed, the answer had already been given.",
        ),
        (
            response.status_code == 201,
            "Just before your app's INSERT, another writer stored the same work and committed. The app answered 201 all the "
            "same. Looking first does not help against whoever comes after the look; who sees both writers?",
        ),
        (
            response.status_code == 500,
            "Just before your app's INSERT, another writer stored the same work and committed. The database refused the "
            "second one, as it should, and nobody made an answer of that.",
        ),
    )
    assert rows == [[title, name, found]], (
        "Two writers wanted to store the same work at once. These are the rows of it, with composer and copies."
    )
    composers = [row for row in archive.rows("composers") if row[0] == name]
    assert composers == [[name]], "And these are the rows of its composer."
    added(client, archive, rng.title(), name, 5)


def test_lent_works_stay(archive, client, rng):
    """`DELETE /works/{id}` is 204, and the work is gone. While copies are lent it is 409, and the work and its loans stay as they are."""
    work, singers = added(client, archive, rng.title(), rng.name(), 5), rng.names(2)
    other = archive.work(rng.title(), work["composer"], 3, rng.names(2))
    archive.sql(ADD_LOAN, [{"work": work["id"], "singer": singer} for singer in singers])
    before = archive.everything()
    target = f"/works/{work['id']}"
    response = client.delete(target)
    after = archive.everything()
    assert after == before, told(
        (
            any(row[0] is None for row in after["loans"]),
            "Two copies of this work are lent. It was deleted, and the loans belong to no work any more.",
        ),
        (
            len(after["loans"]) < len(before["loans"]),
            "Two copies of this work are lent. It was deleted, and the list of its borrowers along with it.",
        ),
        "Two copies of this work are lent, so nothing is to be deleted. These are the rows of the tables.",
    )
    assert response.status_code == 409, told(
        (
            response.status_code == 500,
            "Two copies of this work are lent. Nothing was deleted, since an exception came in between, and nobody made an "
            "answer of it.",
        ),
        "Two copies of this work are lent.",
    )
    archive.sql("DELETE FROM loans WHERE work_id = :work AND singer = :singer", work=work["id"], singer=singers[0])
    response = client.delete(target)
    assert response.status_code == 409, "One copy of this work is still lent."
    archive.sql("DELETE FROM loans WHERE work_id = :work", work=work["id"])
    response = client.delete(target)
    assert response.status_code == 204, "No copy of this work is lent any more."
    response = client.get(target)
    assert response.status_code == 404, "This work was deleted."
    left = archive.everything()
    expected = {
        "works": [row for row in before["works"] if row[0] != work["title"]],
        "loans": [row for row in before["loans"] if row[0] == other],
    }
    assert {table: left[table] for table in expected} == expected, "These are the works and loans that are left."


def test_every_connection_goes_back(archive, client, rng):
    """Once a request is answered, its connection is back in the pool, whatever the answer, and the next request uses that pool. What other programs have changed meanwhile shows at the next request."""
    archive.pools.clear()
    work = added(client, archive, rng.title(), rng.name(), 2)
    assert archive.held != [], "The work was stored without a connection of any engine of SQLAlchemy's."
    target = f"/works/{work['id']}"
    new = {"title": rng.title(), "composer": work["composer"], "copies": 1}
    for method, path, body, wanted in (
        ("GET", "/works", None, 200),
        ("POST", "/works", new, 201),
        ("POST", "/works", new, 409),
        ("POST", f"{target}/loans", {"singer": rng.name()}, 201),
        ("DELETE", target, None, 409),
        ("GET", f"/works/{work['id'] + 999}", None, 404),
        ("POST", "/works", {**new, "copies": 501}, 422),
        ("GET", target, None, 200),
    ):
        response = client.request(method, path, json=body)
        out = archive.out
        assert out == 0, (
            "So many connections are still out of the pool, with the request being over. It has a handful of them; when all "
            "are gone, requests wait for one in vain."
        )
        assert response.status_code == wanted
    pools = len(archive.pools)
    # One for reading and another for writing would do as well.
    assert pools <= 2, (
        "So many pools of connections were used for these few requests. A pool is made with its engine, and when each request "
        "makes an engine of its own, connections come back into a pool that nobody will use again. They stay open."
    )
    for title in rng.names(2):
        archive.sql("UPDATE works SET title = :title WHERE id = :work", title=title, work=work["id"])
        response = client.get(target)
        assert response.status_code == 200
        answer = response.json()
        assert (answer.get("title") if isinstance(answer, dict) else answer) == title, (
            "The treasurer has just changed the title by SQL, and the app still shows the old one. What it read for an earlier "
            "request was kept."
        )
        response = client.get("/works")
        titles = [one.get("title") for one in response.json()] if response.status_code == 200 else []
        assert title in titles, "The treasurer has just changed a title by SQL, and the list does not show it."
