"""SQL and API plugins, their connections and secrets: from manifests to what a chatbot is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switchboard import adapters
from switchboard.adapters import plugin_kinds
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.domain.directory import Plugin
from switchboard.domain.plugins import tools_of
from tests.fakes.clock import HandClock
from tests.fakes.secrets import InMemorySecrets
from tests.functional import apply_desk
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    Desk,
    chatbot,
    lines,
    plugin,
    region,
)

ALWAYS = {"directive": "always"}


desk = apply_desk.desk


def manifest(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def database(**fields: Any) -> dict[str, Any]:
    server = {"dbEngine": "postgresql", "hostname": "db.example.org", "username": "reader"}
    connection = {**server, "database": "library", "password": {"secret": "db_password"}, **fields}
    return manifest("SqlConnection", "library", connection=connection)


def service(**fields: Any) -> dict[str, Any]:
    connection = {"baseUrl": "https://api.example.org/v1", **fields}
    return manifest("ApiConnection", "weather", connection=connection)


def sql(**data: Any) -> dict[str, Any]:
    fields = {
        "sqlQuery": "SELECT title FROM books WHERE id = {id}",
        "parameters": [{"name": "id", "type": "integer", "required": True}],
        **data,
    }
    return manifest("SqlPlugin", "books", selector=ALWAYS, connection="library", sqlData=fields)


def api(**data: Any) -> dict[str, Any]:
    fields = {"endpoint": "/now/{city}", "parameters": [{"name": "city"}], **data}
    return manifest("ApiPlugin", "forecast", selector=ALWAYS, connection="weather", apiData=fields)


def secret(value: str, name: str = "db_password") -> dict[str, Any]:
    return manifest("Secret", name, value=value)


def plugins(desk: Desk) -> tuple[Plugin, ...]:
    bot = desk.at(HOST)
    assert bot is not None
    return bot.plugins


def test_a_chatbot_holds_all_that_its_plugins_need(desk: Desk) -> None:
    """Query, endpoint, parameters and connection are in the chatbot's one record."""
    bot = chatbot(plugins=("books", "forecast"))
    changes = desk.apply(
        ACCOUNT, secret("hush"), database(), service(), sql(limit=5), api(method="POST"), bot
    )
    assert lines(changes)[1:4] == [
        "created Secret city/db_password",
        "created SqlConnection city/library",
        "created ApiConnection city/weather",
    ]
    books, forecast = plugins(desk)
    assert (books.plugin_class, forecast.plugin_class) == ("sql", "api")
    assert books.data["limit"] == 5
    assert books.data["parameters"][0]["type"] == "integer"
    assert books.data["connection"]["hostname"] == "db.example.org"
    assert desk.secret(books.data["connection"]["password"]) == "hush"
    assert forecast.data["endpoint"] == "/now/{city}"
    assert forecast.data["connection"]["baseUrl"] == "https://api.example.org/v1"
    assert forecast.data["connection"]["allowPrivateAddresses"] is False
    assert "hush" not in json.dumps(list(desk.records.values()))


def test_a_new_value_of_a_secret_reaches_all_that_name_it(desk: Desk) -> None:
    """Applying the `Secret` alone is enough: plugins, regions and models get the new value."""
    named = {"secret": "db_password"}
    bot = chatbot(plugins=("books",), provider="openai", modelKey=named)
    desk.apply(ACCOUNT, secret("old"), database(), sql(), bot, region(token=named))
    assert lines(desk.apply(secret("old"))) == ["unchanged Secret city/db_password"]
    desk.apply(secret("new"))
    assert desk.secret(plugins(desk)[0].data["connection"]["password"]) == "new"
    found, helper = desk.directory.regions()[0], desk.at(HOST)
    assert found.zammad is not None
    assert helper is not None
    assert desk.secret(found.zammad.token) == "new"
    assert desk.secret(helper.model_key) == "new"


def test_a_password_never_stands_in_a_file(desk: Desk) -> None:
    """A connection names its secret; text in its place is refused and not repeated."""
    errors = desk.errors(ACCOUNT, database(password="hunter2"))
    assert errors == ["spec.connection.password: should be {secret: NAME} or {env: NAME}"]
    assert desk.errors(ACCOUNT, database()) == [
        "spec.connection.password: there is no secret named db_password"
    ]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (sql(sqlQuery="DELETE FROM books"), "sqlData.sqlQuery: should be a query, which begins"),
        (sql(sqlQuery="SELECT 1; SELECT 2"), "sqlData.sqlQuery: should be one statement"),
        (sql(sqlQuery="SELECT {other}"), "sqlData.sqlQuery: there is no parameter named other"),
        (sql(sqlQuery="SELECT '%{id}%'"), "sqlData.sqlQuery: has a placeholder within quotes"),
        (sql(sqlQuery="SELECT 'open"), "sqlData.sqlQuery: has a quote that is not closed"),
        (sql(testValues=[{"name": "id", "value": "x"}]), "sqlData.testValues: id must be of the"),
        (sql(testValues=[{"name": "no", "value": 1}]), "sqlData.testValues: the parameters are"),
        (sql(parameters=[{"name": "id", "type": "list"}]), "sqlData.parameters[0].type: should"),
        (api(endpoint="https://evil.example/"), "apiData.endpoint: should be a path"),
        (api(endpoint="/a/../b"), "apiData.endpoint: should have no . or .."),
        (api(endpoint="/{town}"), "apiData.endpoint: there is no parameter named town"),
        (api(headers=[{"name": "Host", "value": "x"}]), "apiData.headers[0].name: is no header"),
        (api(body={"a": ["{x}"]}), "apiData.body: there is no parameter named x"),
    ],
)
def test_a_plugin_that_cannot_work_is_refused(
    desk: Desk, made: dict[str, Any], expected: str
) -> None:
    """Queries, endpoints, placeholders and test values are checked before anything is stored."""
    errors = desk.errors(ACCOUNT, secret("hush"), database(), service(), made)
    assert [error for error in errors if error.startswith(f"spec.{expected}")]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (service(baseUrl="http://api.example.org"), "baseUrl should be an https address"),
        (service(baseUrl="https://u:p@api.example.org"), "should be an http or https address"),
        (service(authMethod="bearer"), "apiKey and an authMethod other than none belong together"),
        (database(hostname=""), "hostname and username are missing"),
        (database(dbEngine="oracle"), "should be 'postgresql', 'mysql' or 'sqlite'"),
        (database(timeout=60), "should be less than or equal to 25"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    desk: Desk, made: dict[str, Any], expected: str
) -> None:
    """Addresses, engines, keys and time limits are checked."""
    (error,) = desk.errors(ACCOUNT, secret("hush"), made)
    assert expected in error


def test_references_and_names_are_checked_over_all_kinds(desk: Desk) -> None:
    """A plugin needs its connection; no two plugins have one name, whatever their kinds."""
    assert desk.errors(ACCOUNT, sql()) == [
        "spec.connection: there is no SqlConnection named library in account city"
    ]
    (error,) = desk.errors(ACCOUNT, secret("hush"), database(), sql(), plugin("books"))
    assert "the plugin name books is already used by" in error


ECHO = """
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.plugins import Tool


def tool(plugin, name, resources):
    text = plugin.data["text"]
    return Tool(ToolOffer(name, "", {}), lambda arguments, until: text, plugin.name, "echo")


def faults(data):
    if "text" not in data:
        yield ("text",), "is missing"
"""


def test_a_new_kind_is_one_new_file(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module beside the others is enough: its plugins are checked, applied and offered."""
    folder = tmp_path / "adapters"
    folder.mkdir()
    (folder / "echo_plugin.py").write_text(ECHO)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(folder)])
    plugin_kinds.module_beside.cache_clear()
    echo = manifest("Plugin", "mirror", selector=ALWAYS, data={})
    echo["metadata"]["pluginClass"] = "echo"
    assert desk.errors(ACCOUNT, echo) == ["spec.data.text: is missing"]
    echo["spec"]["data"] = {"text": "hello"}
    desk.apply(ACCOUNT, echo, chatbot(plugins=("mirror",)))
    kinds = LoadedKinds(Resources(InMemorySecrets(), HandClock()))
    (tool,) = tools_of(plugins(desk), kinds).values()
    assert tool.run({}, 0) == "hello"
    echo["metadata"]["pluginClass"] = "unheard_of"
    assert "metadata.pluginClass: should be 'static'" in desk.errors(echo)
