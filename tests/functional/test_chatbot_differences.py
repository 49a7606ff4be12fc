"""Turns with model servers that know less than others: what they refuse is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from switchboard.domain.directory import Directive, Plugin
from switchboard.domain.ids import ChatbotId
from tests.functional.chatbot_world import Answer, World, bot_at
from tests.servers.openai_server import OpenAiServer, Reply, openai_server, text_reply, tool_reply

HOURS = Plugin(
    "opening_hours",
    "static",
    Directive.ALWAYS,
    data={"staticData": {"weekdays": "9 to 12"}},
)


@pytest.fixture
def world(server: OpenAiServer, world: World) -> World:
    world.put(bot_at(server.url, plugins=(HOURS,)))
    return world


def ask(world: World, text: str = "Hello", session_key: str | None = None) -> Answer:
    return world.ask(text, host="model.localhost", session_key=session_key)


def reply(error: Any, status: int = 400) -> Reply:
    return Reply(status, json.dumps(error))


def refusal(message: str, status: int = 400) -> Reply:
    return reply({"error": {"message": message}}, status)


def fields(server: OpenAiServer, *names: str) -> list[list[str]]:
    """Which of these fields each request had."""
    return [[name for name in names if name in sent] for sent in server.requests]


def extra_field(name: str) -> Reply:
    told = {"loc": ["body", name], "msg": "Extra inputs are not permitted", "input": ["role"]}
    return Reply(422, json.dumps({"detail": [told]}))


@pytest.mark.parametrize(
    "told",
    [
        refusal("registry.example.org/library/tiny does not support tools"),
        refusal('"auto" tool choice requires --enable-auto-tool-choice'),
        refusal("No endpoints found that support tool use.", 404),
        Reply(400, json.dumps({"error": "function calling is not supported by this model"})),
        Reply(400, "tools param requires --jinja flag"),
        extra_field("tools"),
    ],
)
def test_a_server_without_tools_is_asked_without(
    world: World, server: OpenAiServer, told: Reply
) -> None:
    """A server that refuses tools answers without them, in later turns at once."""
    server.script(told, text_reply("Hi."))
    assert ask(world).said == "Hi."
    assert ask(world).said == "Hi."
    assert fields(server, "tools") == [["tools"], [], []]


def test_results_are_told_as_text_where_no_tools_are_known(
    world: World, server: OpenAiServer
) -> None:
    """A thread with calls and results goes to such a server as plain messages, in turn."""
    calls = tool_reply(("c1", "opening_hours", '{"inquiry_type": "weekdays"}'))
    server.script(calls, text_reply("9 to 12."))
    session_key = ask(world).session_key
    server.script(refusal("tools are not supported"), text_reply("As I said."))
    assert ask(world, "Again?", session_key).said == "As I said."
    sent = server.requests[-1]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert all("tool_calls" not in message for message in sent)
    assert "9 to 12" in sent[1]["content"]


def test_a_model_with_another_limit_and_no_temperature(world: World, server: OpenAiServer) -> None:
    """One refusal after the other is followed; the next turn asks right at once."""
    server.script(
        refusal(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        ),
        refusal("Unsupported value: 'temperature' does not support 0.0 with this model."),
        text_reply("Hi."),
    )
    names = ("temperature", "max_tokens", "max_completion_tokens", "tools")
    assert ask(world).said == "Hi."
    assert ask(world).said == "Hi."
    assert fields(server, *names) == [
        ["temperature", "max_tokens", "tools"],
        ["temperature", "max_completion_tokens", "tools"],
        ["max_completion_tokens", "tools"],
        ["max_completion_tokens", "tools"],
    ]
    assert server.requests[-1]["max_completion_tokens"] == 2048


@pytest.mark.parametrize(
    "message",
    [
        "Invalid schema for tool 'opening_hours': unknown type",
        "This model's maximum context length is 4096 tokens; unexpected max_tokens",
        "An assistant message with 'tool_calls' must be followed by messages of role 'tool'",
        "max_tokens is too large: this model supports at most 1024 completion tokens",
        "Invalid model",
        "",
    ],
)
def test_a_fault_of_ours_is_not_taken_for_a_difference(
    world: World, server: OpenAiServer, message: str
) -> None:
    """Other refusals are refusals: asked once, and nothing is left out of later turns."""
    server.script(refusal(message))
    assert ask(world).status == 502
    assert len(server.requests) == 1
    server.script(text_reply("Hi."))
    assert ask(world).status == 200
    assert fields(server, "tools", "temperature", "max_tokens")[-1] == [
        "tools",
        "temperature",
        "max_tokens",
    ]


def test_a_server_that_refuses_everything_is_left(world: World, server: OpenAiServer) -> None:
    """There is an end to asking again: each thing can be left out once."""
    server.script(refusal("tools, temperature, max_tokens: not supported"))
    assert ask(world).status == 502
    assert len(server.requests) == 4


def test_servers_and_models_do_not_share_what_was_learned(
    world: World, server: OpenAiServer
) -> None:
    """What one model does not know is offered to the next one all the same."""
    server.script(refusal("tools are not supported"), text_reply("Hi."))
    ask(world)
    world.put(bot_at(server.url, plugins=(HOURS,), model="other", hostnames=("other.localhost",)))
    world.ask("Hello", host="other.localhost")
    assert fields(server, "tools") == [["tools"], [], ["tools"]]


@pytest.mark.parametrize("message", ["Invalid value for tools[0].function.name", "tools: no"])
def test_a_refusal_that_is_not_of_something_unknown_changes_nothing(
    world: World, server: OpenAiServer, message: str
) -> None:
    """That a field is named does not mean that the server cannot do with it."""
    server.script(reply({"error": {"message": message}}))
    assert ask(world).status == 502
    assert len(server.requests) == 1


def test_two_servers_of_one_model_do_not_share_what_was_learned(
    world: World, server: OpenAiServer
) -> None:
    """The same model behind another address may know what it did not here."""
    with openai_server() as other:
        server.script(reply({"error": {"message": "tools are not supported"}}), text_reply("Hi."))
        other.script(text_reply("Hi."))
        world.put(
            bot_at(other.url, id=ChatbotId("b2"), hostnames=("b2.localhost",), plugins=(HOURS,))
        )
        ask(world)
        world.ask("Hello", host="b2.localhost")
        assert "tools" in other.requests[0]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"error": {"message": "Unsupported parameter.", "param": "tools"}}),
        (400, {"error": "tools are not supported"}),
        (400, {"message": "tools are not supported"}),
        (404, {"error": {"message": "tools are not supported"}}),
        (422, {"detail": [{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}]}),
        (422, {"detail": "tools are not supported"}),
        (501, {"error": {"message": "tools are not supported"}}),
    ],
)
def test_a_refusal_may_be_told_in_many_ways(
    world: World, server: OpenAiServer, status: int, error: Any
) -> None:
    """Each status and each place in which servers name what they do not know."""
    server.script(reply(error, status), text_reply("Hi."))
    assert ask(world).said == "Hi."
    assert ["tools" in sent for sent in server.requests] == [True, False]


@pytest.mark.parametrize("arguments", ["{not json", "[]", '"x"', "", "[" * 5000])
def test_bad_arguments_are_not_sent_back(
    world: World, server: OpenAiServer, arguments: str
) -> None:
    """A model's broken JSON goes back as an empty object: servers parse it, and would refuse."""
    server.script(tool_reply(("c1", "opening_hours", arguments)), text_reply("Sorry."))
    assert ask(world).status == 200
    call = server.requests[-1]["messages"][-2]["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {}


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        (lambda now: format_datetime(now + timedelta(seconds=9), usegmt=True), 5, 10),
        (lambda now: format_datetime(now - timedelta(hours=1), usegmt=True), 0, 0),
        (lambda now: "soon", 0.1, 1),
        (lambda now: "-3", 0.1, 1),
        (lambda now: "²", 0.1, 1),
    ],
)
def test_a_wish_to_wait_may_be_a_date_or_nonsense(
    world: World,
    server: OpenAiServer,
    monkeypatch: pytest.MonkeyPatch,
    wish: Any,
    least: float,
    most: float,
) -> None:
    """`Retry-After` may be a date, also a past one; what is neither form is not followed."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    header = wish(datetime.now(UTC)).encode().decode("latin-1")
    server.script(Reply(429, "{}", {"Retry-After": header}), text_reply("Here I am."))
    assert ask(world).said == "Here I am."
    assert least <= pauses[0] <= most
