"""A chatbot whose model asks a database and a service, through the handler as Lambda runs it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from switchboard.domain.directory import Directive, Plugin
from tests.functional.chatbot_world import MODEL_KEY, World, bot_at
from tests.servers.openai_server import OpenAiServer, text_reply, tool_reply

HOST = "model.localhost"


def books(path: Path, **connection: Any) -> Plugin:
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE books (title TEXT, shelf TEXT)")
        file.execute("INSERT INTO books VALUES ('Momo', 'E 7')")
        file.commit()
    data = {
        "sqlQuery": "SELECT shelf FROM books WHERE title = {title}",
        "parameters": [{"name": "title", "required": True, "description": "The title"}],
        "connection": {"dbEngine": "sqlite", "database": str(path), **connection},
    }
    return Plugin("books", "sql", Directive.ALWAYS, description="Where books are", data=data)


def prices(**connection: Any) -> Plugin:
    data = {
        "endpoint": "/prices/{title}",
        "parameters": [{"name": "title"}],
        "connection": {"baseUrl": "https://127.0.0.1:9", "timeout": 5, **connection},
    }
    return Plugin("prices", "api", Directive.ALWAYS, data=data)


def test_a_model_asks_databases_and_services(
    world: World, server: OpenAiServer, tmp_path: Path
) -> None:
    """Rows reach the model, failures do as results, and the journal names the plugins used."""
    plugins = (books(tmp_path / "library.db"), prices())
    world.put(bot_at(server.url, plugins=plugins))
    calls = [
        ("c1", "books", '{"title": "Momo"}'),
        ("c2", "books", '{"title": "\' OR 1=1 --"}'),
        ("c3", "prices", '{"title": "Momo"}'),
    ]
    server.script(tool_reply(*calls), text_reply("On shelf E 7."))
    answer = world.ask("Where is Momo?", host=HOST)
    assert answer.said == "On shelf E 7."
    offered = {tool["function"]["name"]: tool["function"] for tool in server.requests[0]["tools"]}
    assert offered["books"]["description"] == "Where books are"
    assert offered["books"]["parameters"]["required"] == ["title"]
    results = [m["content"] for m in server.requests[1]["messages"] if m["role"] == "tool"]
    assert results[:2] == ['[{"shelf": "E 7"}]', "[]"]
    assert results[2].startswith("The service was not reached")
    used = [call["smarter_plugin"] for call in answer.completion["metadata"]["tool_calls"]]
    assert [plugin["pluginClass"] for plugin in used] == ["sql", "sql", "api"]


def test_neither_place_nor_secret_of_a_plugin_leaves_the_chatbot(
    capfd: pytest.CaptureFixture[str],
    world: World,
    server: OpenAiServer,
    tmp_path: Path,
) -> None:
    """No query, address, path or secret is in an answer, a prompt or the log."""
    broken: Any = {"dbEngine": "postgresql", "hostname": "127.0.0.1", "port": 9}
    broken |= {"username": "canary-user", "password": "models/key", "useSsl": False}
    keys = {"authMethod": "bearer", "apiKey": "models/key"}
    plugins = (books(tmp_path / "canary.db", **broken), prices(**keys))
    world.put(bot_at(server.url, plugins=plugins))
    calls = [("c1", "books", '{"title": "Momo"}'), ("c2", "prices", '{"title": "Momo"}')]
    server.script(tool_reply(*calls), text_reply("I do not know."))
    answer = world.ask("Where is Momo?", host=HOST)
    assert answer.said == "I do not know."
    seen = answer.text + json.dumps(server.requests) + "".join(capfd.readouterr())
    for word in (MODEL_KEY, "canary", "FROM books", "127.0.0.1:9", "models/key"):
        assert word not in seen
