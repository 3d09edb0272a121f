# ruff: noqa: BLE001, E501, EM101, TRY003
"""Hidden tests: a day at the tool library."""

import pytest
from db import Loan, Tool
from db_watch import (
    add,
    commit,
    do,
    expect,
    leftovers,
    lend,
    lent,
    listed,
    loans_stored,
    put,
    require,
    roll_back,
    stored,
    word,
)
from sqlalchemy import text

DRILL, LADDER, MEMBER = word(), word(), word()


def wants_empty(client=None, session=None):
    if client is not None:
        found = listed(client)
        require(not found, f"At the beginning of a test `GET /tools` listed {leftovers(found)}")
        found = lent(client, MEMBER)
        require(not found, f"At the beginning of a test `GET /loans/{MEMBER}` listed {leftovers(found)}")
    if session is not None:
        found = stored(session)
        require(not found, f"At the beginning of a test `session` found the tools {leftovers(found)}")
        found = loans_stored(session)
        require(not found, f"At the beginning of a test `session` found loans to {leftovers(found)}")


def by_client(client):
    wants_empty(client=client)
    add(client, DRILL)
    lend(client, [DRILL], MEMBER, 201)
    found = lent(client, MEMBER)
    require(found == [DRILL], f"A test lent the tool {DRILL} to {MEMBER}, and `GET /loans/{MEMBER}` gave {found}.")


def test_by_client_once(client):
    by_client(client)


def test_by_client_twice(client):
    by_client(client)


def by_session(session):
    wants_empty(session=session)
    tool = Tool(name=DRILL)
    session.add(tool)
    commit(session)
    do("`session.add(…)`", lambda: session.add(Loan(tool_id=tool.id, member=MEMBER)))
    commit(session)
    found = stored(session)
    require(found == [DRILL], f"A test added and committed the tool {DRILL} by `session`, which found {found} then.")


def test_by_session_once(session):
    by_session(session)


def test_by_session_twice(session):
    by_session(session)


def by_both(client, session):
    wants_empty(client, session)
    add(client, DRILL)
    put(session, LADDER)
    commit(session)


def test_by_both_once(client, session):
    by_both(client, session)


def test_by_both_twice(session, client):
    by_both(client, session)


def test_committed_by_session(session, client):
    name = word()
    put(session, name)
    commit(session)
    found = listed(client, name)
    require(found == [name], f"`session` had added and committed the tool {name}, and `GET /tools` did not list it.")


def test_flushed_by_session(client, session):
    name = word()
    put(session, name)
    found = listed(client, name)
    require(
        found == [name],
        f"`session` had added and flushed the tool {name} (no commit), and `GET /tools` did not list it: the app works on another connection.",
    )


def test_committed_by_client(client, session):
    name = word()
    add(client, name)
    found = stored(session, name)
    require(
        found == [name],
        f"The app had answered 201 to `POST /tools` with the name {name}, and `session` found no such row.",
    )


def test_rolled_back_by_session(session, client):
    kept, undone = word(), word()
    put(session, kept)
    commit(session)
    put(session, undone)
    roll_back(session)
    found = listed(client, kept, undone)
    require(
        found == [kept],
        f"`session` had committed the tool {kept}, then flushed the tool {undone} and rolled back. Of the two `GET /tools` listed {found}, where {[kept]} is right.",
    )


def test_duplicate(session, client):
    first, second, third = word(), word(), word()
    put(session, first)
    commit(session)
    add(client, second)
    for name in (first, second):
        expect(client, "POST", "/tools", {"name": name}, 409, "There was a tool of that name: ")
        found = sorted(listed(client, first, second))
        require(
            found == sorted((first, second)),
            f"`session` had committed the tool {first} and the app the tool {second}; then the app refused a second {name} with 409 and rolled back. Of the two `GET /tools` listed {found} after that: the app's rollback has undone more than its own request.",
        )
    add(client, third, "After a refused request, ")
    found = sorted(stored(session, first, second, third))
    require(
        found == sorted((first, second, third)),
        f"Of the committed tools {first}, {second} and {third}, `session` found {found}.",
    )


def half_a_loan(client, tool, other, status, why):
    add(client, tool)
    member = word()
    lend(client, [tool, other], member, status, f"There was a tool {tool}, and {why} {other}: ")
    found = lent(client, member)
    require(
        found == [],
        f"The app refused to lend {tool} and {other} ({status}) and rolled back, and yet `GET /loans/{member}` gave {found}: its rollback has not undone what the request had flushed.",
    )
    found = listed(client, tool)
    require(
        found == [tool],
        f"The app had committed the tool {tool}; then it refused a loan ({status}) and rolled back, and `GET /tools` did not list the tool any more: the app's rollback has undone more than its own request.",
    )
    lend(client, [tool], member, 201, "After a refused loan, ")
    found = lent(client, member)
    require(
        found == [tool], f"After a refused loan, {tool} was lent to {member}, and `GET /loans/{member}` gave {found}."
    )


def test_half_a_loan(client):
    half_a_loan(client, word(), word(), 404, "none of the name")


def test_half_a_loan_of_a_lent_tool(session, client):
    taken, holder = word(), word()
    put(session, taken)
    commit(session)
    lend(client, [taken], holder, 201)
    half_a_loan(client, word(), taken, 409, "somebody else had")
    found = lent(client, holder)
    require(
        found == [taken],
        f"{taken} had been lent to {holder}; then the app refused another loan and rolled back, and `GET /loans/{holder}` gave {found}.",
    )


def ends_badly(client, session):
    wants_empty(client, session)
    add(client, DRILL)
    expect(client, "POST", "/tools", {"name": DRILL}, 409)
    lend(client, [DRILL, LADDER], MEMBER, 404)
    put(session, LADDER)
    pytest.xfail("A test of a colleague's that fails.")


def test_ends_badly_once(client, session):
    ends_badly(client, session)


def test_ends_badly_twice(session, client):
    ends_badly(client, session)


def test_flush_refused(session, client):
    wants_empty(client, session)
    put(session, DRILL)
    commit(session)
    session.add(Tool(name=DRILL))
    try:
        session.flush()
    except Exception:
        return
    raise AssertionError("`session` had committed a tool, and could flush a second one of the same name.")


def test_clean_after_failures(session, client):
    wants_empty(client, session)
    add(client, DRILL)


def test_in_memory(session):
    rows = do("a query of `session`", lambda: session.execute(text("PRAGMA database_list")).all())
    files = [file.replace("\\", "/").rpartition("/")[2] for _, _, file in rows if file]
    require(not files, f"The database of `session` is in the file {' and '.join(files)}, not in memory.")
