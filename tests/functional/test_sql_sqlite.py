"""Plugins of the class `sql` on SQLite: a file that is only read, and not for long."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from switchboard.adapters import sql_databases
from switchboard.domain.sql_text import BoundQuery
from tests.functional.test_sql_plugin import SCHEMA, ask, refusal

WRITING = (
    "WITH gone AS (SELECT 1) DELETE FROM books",
    "WITH n(i) AS (SELECT 9) INSERT INTO books SELECT i, 'x', 1 FROM n",
    "UPDATE books SET title = 'x' RETURNING id",
    "REPLACE INTO books VALUES (1, 'x', 1)",
    "CREATE TEMP TABLE other AS SELECT * FROM books",
    "CREATE TABLE other (id INTEGER)",
    "DROP TABLE books",
    "ALTER TABLE books RENAME TO other",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '{folder}/copy.db'",
    "ATTACH '{folder}/other.db' AS other",
    "DETACH main",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = WAL",
    "PRAGMA writable_schema = ON",
    "PRAGMA user_version = 7",
    "SELECT * FROM pragma_query_only",
    "SELECT load_extension('{folder}/books')",
    "SELECT writefile('{folder}/file', 'x')",
    "SAVEPOINT here",
)
STACKED = (
    "SELECT 1; DELETE FROM books",
    "SELECT 1; PRAGMA query_only = OFF",
    "COMMIT; DELETE FROM books",
    "SELECT 1;; DROP TABLE books; --",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with three books."""
    made = tmp_path / "books.db"
    with sqlite3.connect(made) as file:
        for statement in SCHEMA:
            file.execute(statement)
    file.close()
    return made


@pytest.fixture
def connection(path: Path) -> dict[str, Any]:
    return {"dbEngine": "sqlite", "database": str(path)}


@pytest.mark.parametrize("query", [*WRITING, *STACKED])
def test_nothing_is_written_even_if_the_text_is_not_read(
    connection: dict[str, Any], path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Whatever reaches SQLite, the file stays as it is, byte by byte, and no other is made."""
    monkeypatch.setattr(sql_databases, "bound_query", lambda text, _: BoundQuery(text, ()))
    before = path.read_bytes()
    told = refusal(connection, query.replace("{folder}", str(path.parent)))
    assert told.startswith("The query failed")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("query", [*WRITING[:-5], *STACKED])
def test_the_text_is_refused_before_that(connection: dict[str, Any], query: str) -> None:
    """A manifest whose query does not begin or go on like one that reads is a mistake."""
    with pytest.raises(ValueError, match="should"):
        ask(connection, query.replace("{folder}", "x"))


def test_the_time_out_ends_a_query_that_would_answer(connection: dict[str, Any]) -> None:
    """A query with an end is given up before it, and the same one is answered in time."""
    counting = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {most}) "
        "SELECT max(i) AS most FROM n"
    )
    parameters = ({"name": "most", "type": "integer"},)
    told = refusal({**connection, "timeout": 0.1}, counting, {"most": 10_000_000}, parameters)
    assert told == "The database did not answer in time."
    assert ask(connection, counting, {"most": 1_000}, parameters) == '[{"most": 1000}]'
