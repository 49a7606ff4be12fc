"""A plugin's query on PostgreSQL, MySQL, MariaDB or SQLite: read-only, bounded in time and rows.

Arguments are bind values; the text is the manifest's. Each database is told itself that nothing
is written and when to give up. Neither a driver's message nor where the database is goes into an
error, because the model reads those. Imports SQLAlchemy: only what runs a query imports this
module; a driver is imported when its database is asked.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from switchboard.adapters.plugin_kinds import Resources
from switchboard.adapters.sql_rows import rows_as_text
from switchboard.domain.plugins import ToolFailed
from switchboard.domain.sql_text import bound_query

SECONDS = 10.0
"""What a query may take where the connection's manifest does not say."""
ROWS = 100
"""What a query may return where the plugin's manifest does not say."""
SQLITE_VALUE_BYTES = 4_000_000
SQLITE_STEPS = 1000
"""Instructions of SQLite between two looks at the clock."""


class Database(Protocol):
    """One kind of database. `percent` is how its driver wants the operator `%` written."""

    dialect: str
    percent: str

    def connect(self, place: Place) -> Any:
        """A connection of the driver."""
        ...

    def run(self, connection: Connection, query: str, values: Any, place: Place) -> Any:
        """The result of the query, in a transaction that only reads."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask, and within what: `seconds` from `started`, which is monotonic; `rows`."""

    settings: Mapping[str, Any]
    password: str
    seconds: float
    rows: int
    started: float

    @property
    def milliseconds(self) -> int:
        """What is left, never nothing, because for databases 0 means without end."""
        return max(int((self.started + self.seconds - time.monotonic()) * 1000), 1)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.started + self.seconds

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Certificates are always checked, against the manifest's authority if it names one."""
        if not self.settings.get("useSsl", True):
            return None
        return ssl.create_default_context(cadata=self.settings.get("sslCa") or None)


def query(
    data: Mapping[str, Any], values: Mapping[str, Any], resources: Resources, until: int
) -> str:
    """The rows as JSON text. Raises `ToolFailed` with what the model may know of a failure."""
    settings = data["connection"]
    seconds = min(float(settings.get("timeout") or SECONDS), resources.seconds_left(until))
    if seconds <= 0:
        raise ToolFailed("There was no time left to ask the database.")
    place = Place(
        settings=settings,
        password=resources.secret(settings.get("password"), "password of the database"),
        seconds=seconds,
        rows=int(data.get("limit") or ROWS),
        started=time.monotonic(),
    )
    database = DATABASES[str(settings["dbEngine"])]
    bound = bound_query(str(data["sqlQuery"]), database.percent)
    return _ask(database, place, bound.text, {name: values.get(name) for name in bound.names})


def _ask(database: Database, place: Place, written: str, values: Mapping[str, Any]) -> str:
    engine = create_engine(
        f"{database.dialect}://",
        creator=lambda: database.connect(place),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        connection = engine.connect()
    except (SQLAlchemyError, OSError) as error:
        raise _failure(place, error, "The database could not be reached") from None
    try:
        with connection:
            result = database.run(connection, written, values, place)
            names, rows = list(result.keys()), result.fetchmany(place.rows + 1)
    except (SQLAlchemyError, OSError, OverflowError) as error:
        raise _failure(place, error, "The query failed") from None
    return rows_as_text(names, rows, place.rows)


def _failure(place: Place, error: Exception, what: str) -> ToolFailed:
    code = _code(getattr(error, "orig", None) or error)
    if place.is_over or code in TIMEOUTS:
        return ToolFailed("The database did not answer in time.")
    return ToolFailed(f"{what} ({code})." if code else f"{what}.")


def _code(error: BaseException) -> str:
    """The database's own code of an error, which names no value: SQLSTATE, number or name."""
    if name := getattr(error, "sqlite_errorname", ""):
        return str(name)
    known = error.args[0] if error.args else None
    if isinstance(known, dict):
        return str(known.get("C", ""))
    return str(known) if isinstance(known, int) and known else ""


TIMEOUTS = {"57014", "3024", "1969", "SQLITE_INTERRUPT"}
"""Of PostgreSQL, MySQL, MariaDB and SQLite."""


class _PostgreSql:
    """A cursor on the server: it reads no further than the rows wanted, and only ever one query."""

    dialect = "postgresql+pg8000"
    percent = "%%"

    def connect(self, place: Place) -> Any:
        import pg8000.dbapi  # type: ignore[import-untyped]

        return pg8000.dbapi.connect(
            user=str(place.settings["username"]),
            host=str(place.settings["hostname"]),
            port=int(place.settings.get("port") or 5432),
            database=str(place.settings["database"]),
            password=place.password,
            timeout=place.milliseconds / 1000,
            ssl_context=place.tls or False,
            application_name="switchboard",
        )

    def run(self, connection: Connection, query: str, values: Any, place: Place) -> Any:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {place.milliseconds}")
        connection.execute(text(f"DECLARE answer NO SCROLL CURSOR FOR {query}"), values)
        return connection.exec_driver_sql(f"FETCH FORWARD {place.rows + 1} FROM answer")


class _MySql:
    """MySQL and MariaDB, which have different names for the time limit."""

    dialect = "mysql+pymysql"
    percent = "%"

    def connect(self, place: Place) -> Any:
        import pymysql  # type: ignore[import-untyped]

        seconds = max(place.milliseconds / 1000, 1)
        return pymysql.connect(
            user=str(place.settings["username"]),
            host=str(place.settings["hostname"]),
            port=int(place.settings.get("port") or 3306),
            database=str(place.settings["database"]),
            password=place.password,
            charset="utf8mb4",
            connect_timeout=int(seconds),
            read_timeout=seconds,
            write_timeout=seconds,
            ssl=place.tls,
        )

    def run(self, connection: Connection, query: str, values: Any, place: Place) -> Any:
        limit, left = f"sql_select_limit = {place.rows + 1}", place.milliseconds
        if getattr(connection.dialect, "is_mariadb", False):
            limit += f", max_statement_time = {left / 1000}"
        else:
            limit += f", max_execution_time = {left}"
        connection.exec_driver_sql(f"SET SESSION {limit}")
        # Of the session, not of one transaction: DROP and its like would end that first.
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        return connection.execute(text(query), values)


class _Sqlite:
    """A file, opened so that nothing can be written, attached or switched."""

    dialect = "sqlite"
    percent = "%"

    def connect(self, place: Place) -> Any:
        import sqlite3

        path = quote(str(place.settings["database"]))
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=place.seconds)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def run(
        self, connection: Connection, query: str, values: Any, place: Place
    ) -> CursorResult[Any]:
        import sqlite3

        reads = {
            sqlite3.SQLITE_SELECT,
            sqlite3.SQLITE_READ,
            sqlite3.SQLITE_FUNCTION,
            sqlite3.SQLITE_RECURSIVE,
            sqlite3.SQLITE_TRANSACTION,
        }
        driver: Any = connection.connection.driver_connection
        driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SQLITE_VALUE_BYTES)
        driver.set_progress_handler(lambda: place.is_over, SQLITE_STEPS)
        driver.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in reads else sqlite3.SQLITE_DENY
        )
        return connection.execute(text(query), values)


DATABASES: Mapping[str, Database] = {
    "postgresql": _PostgreSql(),
    "mysql": _MySql(),
    "sqlite": _Sqlite(),
}
