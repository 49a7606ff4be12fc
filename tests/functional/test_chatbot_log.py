"""What a request to a chatbot leaves in the log, and what it looks up before it is served."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.functional.chatbot_world import (
    CUSTOM_HOST,
    HOST,
    KEY,
    PLATFORM,
    World,
    event,
)
from tests.functional.watched_dynamodb import operations


def lines(caplog: pytest.LogCaptureFixture, message: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == message]


def field(record: logging.LogRecord, name: str) -> Any:
    return vars(record)[name]


def test_a_turn_is_two_lines(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """One line for the turn, one for the request; both carry the key that the client is told."""
    key = world.ask("Wo finde ich einen Sprachkurs?").document["metadata"]["key"]
    (turn,), (request,) = lines(caplog, "turn"), lines(caplog, "request")
    assert {field(turn, "key"), field(request, "key")} == {key}
    assert {field(turn, "chatbot"), field(request, "chatbot")} == {"bot1"}
    assert field(turn, "plugins") == ["language_courses"]
    assert (field(request, "method"), field(request, "route")) == ("POST", "/chatbot")
    assert (field(request, "status"), field(request, "code")) == (200, "")
    assert field(request, "request_id") == "JKJaXmPLvHcESHA="
    assert field(request, "ms") > 0


@pytest.mark.parametrize(
    ("host", "path", "status", "mode", "route"),
    [
        (HOST, "/chat/", 200, "default", "/chat"),
        (CUSTOM_HOST, "/", 200, "custom", "/"),
        (PLATFORM, "/workbench/customer_support/chat/", 200, "sandbox", "/workbench/{name}/chat"),
        (PLATFORM, "/api/v1/chatbots/bot1/chat/", 200, "sandbox", "/api/v1/chatbots/{id}/chat"),
        (f"{PLATFORM}.example.org", "/chat/", 404, "unknown", "/chat"),
    ],
)
def test_the_log_says_how_a_chatbot_was_addressed(
    world: World,
    caplog: pytest.LogCaptureFixture,
    host: str,
    path: str,
    status: int,
    mode: str,
    route: str,
) -> None:
    """Default host, custom host or platform, equal as a whole; the route without id or name."""
    assert world.ask("Hello", host=host, path=path).status == status
    (request,) = lines(caplog, "request")
    assert (field(request, "mode"), field(request, "route")) == (mode, route)


def test_a_refused_request_is_logged_with_its_code(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a key there is no turn, and the request's line says why."""
    world.ask("Hello", key="")
    (request,) = lines(caplog, "request")
    assert (field(request, "status"), field(request, "code")) == (401, "unauthorized")
    assert lines(caplog, "turn") == []


def test_a_request_looks_its_chatbot_up_once(world: World) -> None:
    """Chatbot, plugins and key are one read of the first request; then the session is."""
    with operations() as made:
        world.ask("Wo finde ich einen Sprachkurs?", session_key="a" * 64)
    assert made == ["BatchGetItem", "Query", "PutItem"]


def test_another_sites_page_gains_nothing_by_a_browser(world: World) -> None:
    """There is nothing to forge: only the key counts, cookies are neither set nor read."""
    foreign = {"origin": "https://evil.example", "cookie": "session=1; csrftoken=2"}
    question = {"messages": [{"role": "user", "content": "Hello"}]}
    for key, status in ((KEY, 200), ("", 401)):
        answer = world.send(event("POST", "/chat/", body=question, key=key, headers=foreign))
        assert answer.status == status
        assert "set-cookie" not in {name.lower() for name in answer.headers}
        assert "Access-Control-Allow-Origin" not in answer.headers
