"""Turns with Amazon Bedrock: botocore's own client against a server that speaks Converse."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from switchboard.adapters.dynamodb_journal import DynamoDbJournal
from switchboard.domain.directory import Limits
from tests.functional.chatbot_world import HOURS, Answer, World, bot_at
from tests.servers.bedrock_replies import (
    converse_blocks,
    converse_error,
    converse_text,
    converse_tools,
)
from tests.servers.openai_server import OpenAiServer, Reply

HOST = "model.localhost"
MODEL = "eu.anthropic.claude-test-v1:0"
WEEKDAYS = {"inquiry_type": "weekdays"}


@pytest.fixture
def server(server: OpenAiServer, monkeypatch: pytest.MonkeyPatch) -> OpenAiServer:
    server.script(converse_text("Hello."))
    address = server.url.removesuffix("/v1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", address)
    return server


@pytest.fixture
def world(server: OpenAiServer, world: World) -> World:
    put(world)
    return world


def put(world: World, **fields: Any) -> None:
    about = {"provider": "bedrock", "model_key": None, "model": MODEL, "plugins": (HOURS,)}
    world.put(bot_at("", **{"base_url": None, **about, **fields}))


def ask(world: World, text: str = "Hello", session_key: str | None = None) -> Answer:
    return world.ask(text, host=HOST, session_key=session_key)


def test_a_model_of_bedrock_answers(world: World, server: OpenAiServer) -> None:
    """System text, question, limit and temperature are Converse's; the role signs, no key goes."""
    server.script(converse_text("We open at 9.", inputTokens=20, outputTokens=5, totalTokens=25))
    answer = ask(world, "When do you open?")
    (sent,) = server.requests
    assert unquote(server.paths[0]) == f"/model/{MODEL}/converse"
    assert server.headers[0]["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert sent["system"] == [{"text": "You are the city's assistant.\n\nQuote the hours."}]
    assert sent["messages"] == [{"role": "user", "content": [{"text": "When do you open?"}]}]
    assert sent["inferenceConfig"] == {"maxTokens": 2048, "temperature": 0.0}
    assert answer.said == "We open at 9."
    assert answer.completion["usage"]["total_tokens"] == 25
    assert answer.completion["metadata"]["model"] == MODEL


def test_tools_run_in_parallel_and_over_several_rounds(world: World, server: OpenAiServer) -> None:
    """Results of one round are one message of the user's, each with its call; usage is summed."""
    server.script(
        converse_blocks(
            {"text": "Let me see."},
            {"toolUse": {"toolUseId": "x", "name": "opening_hours", "input": WEEKDAYS}},
            {"toolUse": {"toolUseId": "y", "name": "opening_hours", "input": {}}},
            stop="tool_use",
        ),
        converse_tools(("x", "opening_hours", {"inquiry_type": "price"})),
        converse_text("9 to 12, 1.50."),
    )
    answer = ask(world)
    first, second, third = server.requests
    (tool,) = first["toolConfig"]["tools"]
    assert tool["toolSpec"]["name"] == "opening_hours"
    schema = tool["toolSpec"]["inputSchema"]["json"]
    assert schema["properties"]["inquiry_type"]["enum"] == ["weekdays", "price"]
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    results = [block["toolResult"] for block in second["messages"][-1]["content"]]
    uses = [block["toolUse"] for block in second["messages"][1]["content"][1:]]
    assert [r["toolUseId"] for r in results] == [u["toolUseId"] for u in uses]
    assert results[0]["content"] == [{"text": "9 to 12"}]
    ids = [
        block["toolUse"]["toolUseId"]
        for message in third["messages"]
        for block in message["content"]
        if "toolUse" in block
    ]
    assert len(ids) == len(set(ids)) == 3
    assert answer.said == "9 to 12, 1.50."
    assert answer.completion["usage"]["total_tokens"] == 15


def test_a_thread_with_calls_goes_on_without_tools(world: World, server: OpenAiServer) -> None:
    """The last round offers no tools, which Converse refuses with tool blocks: results are text."""
    put(world, max_iterations=2)
    server.script(converse_tools(("x", "opening_hours", WEEKDAYS)), converse_text("9 to 12."))
    assert ask(world).said == "9 to 12."
    last = server.requests[-1]
    assert "toolConfig" not in last
    assert "tool" not in json.dumps([list(b) for m in last["messages"] for b in m["content"]])
    assert "9 to 12" in last["messages"][-1]["content"][-1]["text"]
    assert [message["role"] for message in last["messages"]] == ["user"]


def test_a_session_goes_on(world: World, server: OpenAiServer) -> None:
    """The next turn holds the first one's call and result, user and assistant in turn."""
    server.script(
        converse_tools(("x", "opening_hours", WEEKDAYS)),
        converse_text("9 to 12."),
        converse_text("You are welcome."),
    )
    session_key = ask(world).session_key
    ask(world, "Thanks", session_key)
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("guardrail_intervened", "content_filter"),
    ],
)
def test_the_reason_to_end_is_told(
    world: World, server: OpenAiServer, stop: str, reason: str
) -> None:
    """Converse's stop reasons are given in the words of chat completions."""
    server.script(converse_text("So far.", stop=stop))
    assert ask(world).completion["choices"][0]["finish_reason"] == reason


def test_throttling_is_retried_and_then_the_client_s(
    world: World, server: OpenAiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passing throttle is waited out; one that lasts is a 429 with the wish of the server."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    throttled = converse_error(429, "ThrottlingException", **{"Retry-After": "7"})
    server.script(throttled, converse_text("Here I am."))
    assert ask(world).said == "Here I am."
    server.requests.clear()
    server.script(throttled)
    answer = ask(world)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert len(server.requests) == 3


def test_the_journal_says_why_bedrock_refused(world: World, server: OpenAiServer) -> None:
    """Its code and words, as when the role may not use the model; the client is told neither."""
    server.script(converse_error(403, "AccessDeniedException", "You don't have access."))
    answer = ask(world)
    assert "access" not in answer.text
    entry = DynamoDbJournal(world.dynamodb, "Conversations").find(
        answer.document["metadata"]["key"]
    )
    assert entry is not None
    assert entry.reason == "403 AccessDeniedException: You don't have access."


@pytest.mark.parametrize(
    ("reply", "status", "requests"),
    [
        (converse_error(403, "AccessDeniedException"), 502, 1),
        (converse_error(400, "ValidationException", "secret detail"), 502, 1),
        (converse_error(404, "ResourceNotFoundException"), 502, 1),
        (converse_error(424, "ModelErrorException"), 502, 1),
        (converse_error(408, "ModelTimeoutException"), 504, 1),
        (converse_error(500, "InternalServerException"), 502, 3),
        (converse_error(503, "ServiceUnavailableException"), 502, 3),
        (Reply(503, "<html>secret detail</html>", {"Content-Type": "text/html"}), 502, 3),
        (Reply(200, "<html>secret detail</html>", {"Content-Type": "text/html"}), 502, 1),
        (Reply(200, "null"), 502, 1),
        (Reply(200, "[]"), 502, 1),
        (Reply(200, '{"output": {"message": null}}'), 502, 1),
        (converse_blocks(stop="end_turn"), 502, 1),
        (Reply(cut=True), 502, 3),
    ],
)
def test_whatever_goes_wrong_is_an_error_of_ours(
    world: World,
    server: OpenAiServer,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    status: int,
    requests: int,
) -> None:
    """Refused: asked once. Passing: three times. Nothing of theirs is told, the session goes on."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    session_key = ask(world).session_key
    server.requests.clear()
    server.script(reply)
    answer = ask(world, "Hello", session_key)
    assert answer.status == status
    assert "secret detail" not in answer.text
    assert len(server.requests) == requests
    server.script(converse_text("Back."))
    assert ask(world, "Again", session_key).said == "Back."


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(200, "{", drip=True)])
def test_a_slow_model_is_a_504_at_the_deadline(
    world: World, server: OpenAiServer, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    """A server that hangs, or sends a byte now and then, is left at the deadline, asked once."""
    ask(world)  # makes the client, which may take its time on a busy machine
    server.requests.clear()
    monkeypatch.setattr("chatbot.invoke.TURN_MS", 1500)
    server.script(reply)
    assert ask(world).status == 504
    assert len(server.requests) == 1


def test_a_model_that_knows_no_tools_is_asked_without(world: World, server: OpenAiServer) -> None:
    """What a model refuses to know is left out, at once in the turns after."""
    refusal = converse_error(400, "ValidationException", "This model doesn't support tool use.")
    server.script(refusal, converse_text("Hi."))
    assert ask(world).said == "Hi."
    assert ask(world).said == "Hi."
    assert ["toolConfig" in sent for sent in server.requests] == [True, False, False]


def test_bedrock_needs_the_name_of_a_model(world: World) -> None:
    """Without `defaultModel` there is nothing to ask: 502, not a crash."""
    put(world, model="")
    assert ask(world).status == 502


def test_usage_counts_towards_the_limits(world: World, server: OpenAiServer) -> None:
    """What Converse counted is what is spent of `tokensPerDay`."""
    put(world, limits=Limits(tokens_per_day=10_000))
    server.script(converse_text("Hi.", inputTokens=9000, outputTokens=990, totalTokens=9990))
    assert ask(world).status == 200
    assert ask(world).status == 402
