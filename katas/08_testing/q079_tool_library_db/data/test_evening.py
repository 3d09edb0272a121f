# ruff: noqa: E501
"""Hidden tests: what the day has left in the books. They run after all others."""

from pathlib import Path

from db_watch import book, require


def test_tables_made_once():
    require(
        book.tables == 1, f"In the whole run the table `tools` was created {book.tables} times, where once is right."
    )


def test_nothing_committed():
    require(book.writes, "No test has been able to add a row yet.")
    if book.commits:
        how, last = book.commits[0]
        after = f" The first came after `{last}`." if last else ""
        if how == "RELEASE":
            what = f"Nobody had begun a transaction around the outermost SAVEPOINT, so that its RELEASE was a commit ({len(book.commits)} in all after the tables were made)."
        else:
            what = f"After the tables were made, COMMIT reached the database ({len(book.commits)} in all)."
        raise AssertionError(what + after)


def test_real_database_untouched():
    require(
        not book.real_connections,
        "`db.engine`, the engine of the real database, was asked for a connection.",
    )
    require(not Path("tool_library.db").exists(), "`tool_library.db` has appeared beside the tests.")
    require(book.writes, "No test has been able to add a row yet.")
