"""Plugins of the class `sql` against real databases: SQLite always, servers where they are."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.plugins import ToolFailed
from tests.fakes.secrets import InMemorySecrets
from tests.functional.plugin_results import result
from tests.servers import databases

SECRETS = InMemorySecrets({"database/password": databases.PASSWORD})
NASTY = (
    "O'Reilly",
    'say "so"',
    "'; DELETE FROM books; --",
    "' OR '1'='1",
    "{title} {0} {}",
    ":title :other ::text",
    "100% %s %(title)s %%",
    "back\\slash \\' \\",
    "semi;colon",
    "`tick` $1 $$ ?",
    "/* comment */ -- # end",
    "naïve 日本語 🙂",
    "line\nbreak\ttab\r",
)
SCHEMA = (
    "CREATE TABLE books (id INTEGER PRIMARY KEY, title VARCHAR(100), price DECIMAL(8,2))",
    "INSERT INTO books VALUES (1, 'Momo', 12.50), (2, 'Krabat', NULL), (3, 'Ronja', 9.99)",
)
WRITING_FUNCTION = {
    "postgresql": "CREATE FUNCTION put() RETURNS integer LANGUAGE sql AS "
    "'INSERT INTO books VALUES (9, ''new'', 1) RETURNING id'",
    "mysql": "CREATE FUNCTION put() RETURNS INTEGER MODIFIES SQL DATA "
    "BEGIN INSERT INTO books VALUES (9, 'new', 1); RETURN 9; END",
}
SERVERS: dict[str, Callable[..., AbstractContextManager[dict[str, Any]]]] = {
    "postgresql": databases.postgresql,
    "mysql": databases.mariadb,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mysql"])
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The settings of a database that holds three books."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("sql") / "books? 100%#.db"
        _make_file(path)
        yield {"dbEngine": "sqlite", "database": str(path)}
        return
    try:
        server = SERVERS[request.param](*SCHEMA, WRITING_FUNCTION[request.param])
        settings = server.__enter__()
    except databases.NotInstalled as missing:
        pytest.skip(str(missing))
    yield settings
    server.__exit__(None, None, None)


def _make_file(path: Path) -> None:
    with sqlite3.connect(path) as file:
        for statement in SCHEMA:
            file.execute(statement)
    file.close()


def ask(
    connection: dict[str, Any],
    query: str,
    arguments: dict[str, Any] | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    *,
    seconds: float = 10,
    **data: Any,
) -> str:
    """The tool's result; without `parameters`, the arguments are optional texts."""
    declared = parameters or tuple({"name": name} for name in arguments or {})
    plugin = Plugin(
        "books",
        "sql",
        Directive.ALWAYS,
        data={"sqlQuery": query, "parameters": declared, "connection": connection, **data},
    )
    return result(plugin, arguments or {}, SECRETS, seconds)


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(ToolFailed) as caught:
        ask(*args, **kwargs)
    return caught.value.detail


def titles(connection: dict[str, Any]) -> list[str]:
    return [
        row["title"] for row in json.loads(ask(connection, "SELECT title FROM books ORDER BY id"))
    ]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("placeholder", ["{title}", "'{title}'"])
def test_an_argument_stays_data(connection: dict[str, Any], text: str, placeholder: str) -> None:
    """Whatever the model writes is compared and returned as the text it is."""
    query = f"SELECT title FROM books WHERE title = {placeholder}"
    assert json.loads(ask(connection, query, {"title": text})) == []
    cast = "CHAR" if connection["dbEngine"] == "mysql" else "TEXT"
    echoed = json.loads(
        ask(connection, f"SELECT CAST({placeholder} AS {cast}) AS said;", {"title": text})
    )
    assert echoed == [{"said": text}]
    assert titles(connection) == ["Momo", "Krabat", "Ronja"]


def test_the_manifests_own_text_is_kept(connection: dict[str, Any]) -> None:
    """Colons, percent signs, doubled quotes and comments of the query mean what they say."""
    query = (
        "SELECT ':id % %% 100%' AS a, 'it''s' AS b, id % 2 AS c -- {title}; it's\n"
        "FROM books /* ; {x} */ WHERE title LIKE 'Mo%' AND id = {id};"
    )
    parameters = ({"name": "id", "type": "integer"},)
    assert json.loads(ask(connection, query, {"id": "1"}, parameters)) == [
        {"a": ":id % %% 100%", "b": "it's", "c": 1}
    ]


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (SELECT 1) DELETE FROM books",
        "DELETE FROM books",
        "SELECT 1; DELETE FROM books",
        "SELECT title INTO other FROM books",
    ],
)
def test_only_one_reading_statement_is_run(connection: dict[str, Any], query: str) -> None:
    """A writing or a second statement never reaches the database."""
    with pytest.raises(ValueError, match="should"):
        ask(connection, query)
    assert titles(connection) == ["Momo", "Krabat", "Ronja"]


def test_the_database_itself_refuses_to_write(
    connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What got past our reading of the text fails in the transaction that only reads."""
    monkeypatch.setattr("switchboard.domain.sql_text._check_reads", lambda plain: None)
    queries = ["DELETE FROM books", "INSERT INTO books VALUES (7, 'x', 1)", "DROP TABLE books"]
    if connection["dbEngine"] == "sqlite":
        queries += ["ATTACH 'other.db' AS other", "PRAGMA query_only = OFF", "VACUUM"]
    else:
        queries.append("SELECT put() AS id")
    for query in queries:
        told = refusal(connection, query)
        # The database's own code: it was asked, and it was the database that refused.
        assert re.fullmatch(r"The query failed \(\w+\)\.", told), query
    assert titles(connection) == ["Momo", "Krabat", "Ronja"]


def test_a_query_that_takes_too_long_is_given_up(connection: dict[str, Any]) -> None:
    """The database stops the query at the connection's timeout, and the model hears why."""
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) FROM n",
        "postgresql": "SELECT count(*) FROM generate_series(1, 100000000000)",
        "mysql": "SELECT benchmark(100000000000, md5('a')) AS n FROM books",
    }[connection["dbEngine"]]
    told = refusal({**connection, "timeout": 0.3}, endless)
    assert told == "The database did not answer in time."
    assert refusal(connection, endless, seconds=0.3) == "The database did not answer in time."
    assert refusal(connection, endless, seconds=0).startswith("There was no time left")


def test_rows_beyond_the_limit_are_not_returned(connection: dict[str, Any]) -> None:
    """A result has as many rows as the manifest allows, and says that there are more."""
    assert ask(connection, "SELECT id FROM books ORDER BY id", limit=2) == (
        '[{"id": 1}, {"id": 2}]\nThese are the first 2 rows; there are more.'
    )
    assert ask(connection, "SELECT id FROM books ORDER BY id", limit=3) == (
        '[{"id": 1}, {"id": 2}, {"id": 3}]'
    )


def test_every_type_can_be_told(connection: dict[str, Any]) -> None:
    """Numbers, exact numbers, times, bytes, NULL and what only one database has become JSON."""
    columns = {
        "sqlite": "SELECT 1.5 AS f, x'00ff' AS b, NULL AS n, 9e999 AS i, 1 AS same, 2 AS same",
        "postgresql": "SELECT 'NaN'::float8 AS f, '\\x00ff'::bytea AS b, NULL AS n, "
        "1.50::numeric AS d, DATE '2026-02-03' AS day, TIMESTAMPTZ '2026-02-03 04:05:06+00' AS at, "
        "TIME '04:05' AS t, INTERVAL '1 day' AS iv, '{\"a\": [1, null]}'::jsonb AS j, "
        "ARRAY[1,2] AS l, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, true AS yes, "
        "int4range(1,3) AS r, 1 AS same, 2 AS same, inet '192.0.2.1' AS ip",
        "mysql": "SELECT CAST(1.5 AS DOUBLE) AS f, x'00ff' AS b, NULL AS n, "
        "CAST(1.5 AS DECIMAL(4,2)) AS d, DATE '2026-02-03' AS day, "
        "TIMESTAMP '2026-02-03 04:05:06' AS at, TIME '04:05:00' AS t, 1 AS same, 2 AS same",
    }[connection["dbEngine"]]
    (row,) = json.loads(ask(connection, columns))
    assert row["n"] is None
    assert row["b"] == "AP8="
    assert (row["same"], row["same_2"]) == (1, 2)
    if connection["dbEngine"] == "sqlite":
        assert row["i"] == "inf"
    else:
        assert row["d"] == "1.50"
        assert row["day"] == "2026-02-03"
        assert row["at"].startswith("2026-02-03T04:05:06")


def test_a_huge_result_stays_json(connection: dict[str, Any]) -> None:
    """Rows are left out until the text is one that a model can read."""
    wide = " UNION ALL ".join(["SELECT '" + "x" * 3000 + "' AS text"] * 20)
    text = ask(connection, wide)
    rows, _, note = text.partition("\n")
    assert len(text) < 16_000
    assert 0 < len(json.loads(rows)) < 20
    assert note.endswith("there are more.")


def test_a_failure_names_no_place_and_no_value(connection: dict[str, Any]) -> None:
    """Errors say what kind they are; neither host, path, user, password nor arguments."""
    told = [
        refusal(connection, "SELECT nothing FROM nowhere WHERE x = {secret}", {"secret": "s3cret"}),
        refusal({**connection, "database": "/missing/library"}, "SELECT 1"),
        refusal({**connection, "port": 1, "database": "/missing/library"}, "SELECT 1"),
    ]
    for text in told:
        assert text.startswith(("The query failed", "The database could not be reached"))
        for word in ("s3cret", "127.0.0.1", "library", databases.USER, databases.PASSWORD):
            assert word not in text


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A wrong path of SQLite is an error, and no new, empty database."""
    path = tmp_path / "none.db"
    told = refusal({"dbEngine": "sqlite", "database": str(path)}, "SELECT 1")
    assert told.startswith("The database could not be reached")
    assert not path.exists()


def test_a_wrong_password_is_told_apart_from_none(connection: dict[str, Any]) -> None:
    """A secret that does not exist is named as what is missing; a wrong one is a refusal."""
    if connection["dbEngine"] == "sqlite":
        pytest.skip("SQLite has no passwords")
    told = refusal({**connection, "password": "not/there"}, "SELECT 1")
    assert told == "The password of the database is not configured."
    told = refusal({**connection, "username": "nobody"}, "SELECT 1")
    assert told.startswith("The database could not be reached")


def test_the_model_is_told_what_is_wrong_with_its_arguments(connection: dict[str, Any]) -> None:
    """Missing, unknown, mistyped and undeclared values are explained, and nothing is asked."""
    parameters = (
        {"name": "id", "type": "integer", "required": True},
        {"name": "unit", "enum": ["EUR", "USD"], "default": "EUR"},
    )
    query = "SELECT {id} AS id, {unit} AS unit"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "id is missing."),
        ({"id": "one"}, "id must be of the type integer."),
        ({"id": True}, "id must be of the type integer."),
        ({"id": 2**80}, "id must be of the type integer."),
        ({"id": 1, "unit": "GBP"}, "unit must be one of: EUR, USD."),
        ({"id": 1, "table": "books"}, "the parameters are: id, unit."),
    ]
    for arguments, told in wrong:
        assert refusal(connection, query, arguments, parameters) == told
