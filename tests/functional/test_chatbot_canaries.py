"""Nothing that is not a caller's own leaves through an answer, an error or a log, by any route."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.ids import SecretName, hex_digest
from tests.functional.chatbot_world import (
    EXPIRED_KEY,
    KEY,
    MODEL_KEY,
    OTHER_KEY,
    PLATFORM,
    REVOKED_KEY,
    SCOPED_KEY,
    Answer,
    World,
    bot_at,
    chatbot_world,
    event,
)
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    message_reply,
    openai_server,
    text_reply,
    tool_reply,
)

HOST = "model.localhost"
ROLE = "canary-system-role"
PLUGIN_ROLE = "canary-plugin-role"
OTHERS_TEXT = "canary-of-another-session"
OWN_TEXT = "canary-of-my-own"
OWN_SESSION, OTHERS_SESSION = "5" * 64, "6" * 64
KEYS = (KEY, SCOPED_KEY, EXPIRED_KEY, REVOKED_KEY, OTHER_KEY)
INNER = (
    ROLE,
    PLUGIN_ROLE,
    OTHERS_TEXT,
    OTHERS_SESSION,
    MODEL_KEY,
    "models/key",
    "models/missing",
    *KEYS,
    *map(hex_digest, KEYS),
    "Traceback",
)
GUIDE = Plugin("guide", "static", Directive.ALWAYS, system_role=PLUGIN_ROLE, data={})
BODY = {
    "messages": [{"role": "user", "content": OWN_TEXT}],
    "session_key": OWN_SESSION,
    "message": OWN_TEXT,
    "language": "de",
    "source_language": "en",
    "target_language": "de",
}
BAD_BODIES: tuple[Any, ...] = (
    f'{{"messages": "{OWN_TEXT}',
    f'"{OWN_TEXT}"',
    {**BODY, "messages": [{"role": OWN_TEXT, "content": OWN_TEXT}]},
    {**BODY, "messages": [{"role": "user", "content": [OWN_TEXT]}], "message": [OWN_TEXT]},
    {**BODY, "session_key": OWN_TEXT},
    {**BODY, "tools": [OWN_TEXT], "language": OWN_TEXT, "target_language": OWN_TEXT},
    {**BODY, "messages": [{"role": "user", "content": OWN_TEXT * 5000}]},
)
ECHO = f"{MODEL_KEY} {ROLE} {PLUGIN_ROLE}"
REPLIES = {
    "answers": [text_reply("Fine.")],
    "calls tools that are not there": [tool_reply(("c", "vault", "{}")), text_reply("Fine.")],
    "refuses and quotes": [Reply(401, f'{{"error": "{ECHO}"}}')],
    "breaks and quotes": [Reply(500, f"<html>{ECHO}</html>")],
    "is full and quotes": [Reply(429, ECHO, {"Retry-After": "60"})],
    "quotes and is no JSON": [Reply(200, ECHO)],
    "quotes in a field that nobody reads": [message_reply({"content": None, "error": ECHO})],
    "hangs up": [Reply(cut=True)],
}


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAiServer]:
    with openai_server() as running:
        yield running


@pytest.fixture(scope="module")
def world(server: OpenAiServer) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as monkeypatch, chatbot_world(monkeypatch) as made:
        monkeypatch.setattr("switchboard.adapters.model_retries.ATTEMPTS", 1)
        made.put(bot_at(server.url, system_role=ROLE, plugins=(GUIDE,)))
        unready = {"id": "bot11", "hostnames": ("unready.localhost",), "system_role": ROLE}
        made.put(bot_at(server.url, model_key=SecretName("models/missing"), **unready))
        assert made.ask(OTHERS_TEXT, host=HOST, session_key=OTHERS_SESSION).status == 200
        yield made


def routes() -> list[tuple[str, str]]:
    """Every method and path that the function has an operation for."""
    operations = importlib.import_module("chatbot.handler").edge.operations
    found = [(method, tail + "/") for tail, methods in operations.items() for method in methods]
    assert ("POST", "/v1/chat/completions/") in found
    assert ("GET", "/config/") in found
    return found


def ask_everything(
    world: World, body: Any = BODY, *, key: str = KEY, host: str = HOST, base: str = ""
) -> list[Answer]:
    return [
        answer
        for route in routes()
        for answer in ask(world, route, body, key=key, host=host, base=base)
    ]


def ask(
    world: World,
    route: tuple[str, str],
    body: Any,
    *,
    key: str = KEY,
    host: str = HOST,
    base: str = "",
) -> list[Answer]:
    """With the session key in the query, and without one there."""
    method, path = route
    return [
        world.send(event(method, base + path, host=host, body=body, key=key, query=query))
        for query in ({"session_key": OWN_SESSION}, None)
    ]


def assert_kept(answers: list[Answer], caplog: pytest.LogCaptureFixture) -> None:
    """No canary but the caller's own text in the answers, and none at all in the log."""
    logged = "\n".join(
        f"{vars(record)} {logging.Formatter().format(record)}" for record in caplog.records
    )
    assert logged.count("'route'") >= len(answers)
    for canary in INNER:
        assert all(canary not in f"{answer.text}{answer.headers}" for answer in answers), canary
    for canary in (*INNER[:-1], OWN_TEXT, OWN_SESSION):
        assert canary not in logged, canary


@pytest.mark.parametrize("does", REPLIES)
def test_whatever_the_model_does(
    world: World, server: OpenAiServer, caplog: pytest.LogCaptureFixture, does: str
) -> None:
    """An answer, and every failure of a model server that quotes what it was sent, tells nothing
    of keys, prompts or other sessions."""
    answers = []
    for body in (BODY, {**BODY, "stream": True}):
        for route in routes():
            server.script(*REPLIES[does])
            answers += ask(world, route, body)
    assert all(answer.status in (200, 404, 429, 502, 503) for answer in answers)
    assert_kept(answers, caplog)


@pytest.mark.parametrize("key", [*KEYS, "", "nonsense", f"{KEY}x"])
def test_whatever_the_key(
    world: World, server: OpenAiServer, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    """A key is in no answer and no log, good or bad, at any kind of address."""
    server.script(text_reply("Fine."))
    answers = [
        answer
        for host, base in (
            (HOST, ""),
            (PLATFORM, "/api/v1/chatbots/bot9"),
            (PLATFORM, "/workbench/model_bot"),
            ("nobody.localhost", ""),
        )
        for answer in ask_everything(world, key=key, host=host, base=base)
    ]
    assert_kept(answers, caplog)


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_whatever_the_body(world: World, caplog: pytest.LogCaptureFixture, body: Any) -> None:
    """A request that is refused is in no log."""
    assert_kept(ask_everything(world, body), caplog)


def test_a_missing_secret_is_not_named(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The operator's fault is a 5xx that does not tell which secret is missing."""
    assert_kept(ask_everything(world, host="unready.localhost"), caplog)


@contextmanager
def broken_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    genuine = BaseClient._make_api_call  # type: ignore[attr-defined]

    def failing(client: BaseClient, operation: str, parameters: Any) -> Any:
        if parameters.get("TableName") == "Conversations":
            error = {"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}
            raise ClientError(error, operation)  # type: ignore[arg-type]
        return genuine(client, operation, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", failing)
        yield


def test_whatever_breaks_inside(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage that fails and a defect of our own are a 500 without a word of the reason."""

    def defect(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a defect")

    with broken_sessions(monkeypatch):
        answers = ask_everything(world)
    assert 500 in [answer.status for answer in answers]
    monkeypatch.setattr("switchboard.usecases.take_turn.system_text", defect)
    broken = ask_everything(world)
    assert 500 in [answer.status for answer in broken]
    assert all("defect" not in a.text and "AccessDenied" not in a.text for a in answers + broken)
    assert_kept(answers + broken, caplog)


def test_diagnostics_show_prompts_but_no_key(
    world: World, server: OpenAiServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Only a manifest that asks for diagnostics shows its prompts, and only in our own protocol."""
    server.script(text_reply("Fine."))
    world.put(
        bot_at(
            server.url,
            id="bot12",
            hostnames=("open.localhost",),
            system_role=ROLE,
            diagnostics=True,
        )
    )
    seen = {
        path
        for method, path in routes()
        for answer in ask(world, (method, path), BODY, host="open.localhost")
        if ROLE in answer.text
    }
    assert seen == {"/", "/chat/", "/chatbot/"}
    answers = ask_everything(world, host="open.localhost")
    assert all(MODEL_KEY not in answer.text for answer in answers)
    assert ROLE not in str([vars(record) for record in caplog.records])
