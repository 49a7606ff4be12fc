"""Turns with model servers that answer oddly: what can be made good is, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchboard.domain.directory import Directive, Plugin
from tests.functional.chatbot_world import Answer, World, bot_at
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    message_reply,
    text_reply,
    tool_reply,
)

HOURS = Plugin("hours", "static", Directive.ALWAYS, data={"staticData": {"weekdays": "9 to 12"}})


@pytest.fixture
def world(world: World, server: OpenAiServer) -> World:
    world.put(bot_at(server.url, plugins=(HOURS,)))
    return world


def ask(world: World, host: str = "model.localhost") -> Answer:
    return world.ask("Hello", host=host)


def told(error: Any, status: int = 400) -> Reply:
    return Reply(status, json.dumps(error))


def test_no_field_is_sent_without_a_value(world: World, server: OpenAiServer) -> None:
    """Some servers refuse a null, so that nothing is ever sent as one."""
    world.put(bot_at(server.url, model="", plugins=(HOURS,)))
    server.script(
        tool_reply(("c1", "hours", '{"inquiry_type": "weekdays"}'), ("c2", "hours", "{")),
        text_reply("9 to 12."),
    )
    assert ask(world).status == 200
    first, second = server.requests
    assert "model" not in first
    assert len(second["messages"]) == 5
    assert "null" not in json.dumps([first, second])


def test_a_call_s_odd_parts_are_made_good(world: World, server: OpenAiServer) -> None:
    """One id twice is two calls; a name that is none is no call; arguments may be an object."""
    given = {"inquiry_type": "weekdays"}
    call = {"id": "c", "function": {"name": "hours", "arguments": given}}
    nameless = {"id": "d", "function": {"name": "", "arguments": "{}"}}
    none = {"id": "e", "function": {"name": "hours", "arguments": None}}
    server.script(message_reply({"tool_calls": [call, call, nameless, none]}), text_reply("Yes."))
    assert ask(world).said == "Yes."
    calls = server.requests[1]["messages"][-4]["tool_calls"]
    results = server.requests[1]["messages"][-3:]
    assert [json.loads(one["function"]["arguments"]) for one in calls] == [given, given, {}]
    assert [one["id"] for one in calls] == [result["tool_call_id"] for result in results]
    assert len({one["id"] for one in calls}) == 3
    assert [result["content"] for result in results[:2]] == ["9 to 12", "9 to 12"]


def test_a_refusal_of_the_model_s_is_its_answer(world: World, server: OpenAiServer) -> None:
    """OpenAI's models say no in a field of its own; a reason to end may be missing."""
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    document = json.loads(message_reply(message).body)
    del document["choices"][0]["finish_reason"]
    server.script(Reply(body=json.dumps(document)))
    answer = ask(world)
    assert answer.said == "I will not."
    assert answer.completion["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 2}, (7, 2, 9)),
        ({"prompt_tokens": 7, "completion_tokens": -2, "total_tokens": 7}, (7, 0, 7)),
        ({"prompt_tokens": 7, "completion_tokens": None, "total_tokens": "x"}, (7, 0, 7)),
    ],
)
def test_odd_usage_is_counted_as_far_as_it_goes(
    world: World, server: OpenAiServer, usage: Any, counted: tuple[int, int, int]
) -> None:
    """A sum that is missing is made; what is no number of tokens is none."""
    server.script(text_reply("Hi.", **usage))
    assert tuple(ask(world).completion["usage"].values()) == counted


def test_an_overloaded_server_is_asked_again(
    world: World, server: OpenAiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """529 passes, as 503 does."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    server.script(Reply(529, "{}"), text_reply("Here I am."))
    assert ask(world).said == "Here I am."


def test_half_a_character_is_replaced(world: World, server: OpenAiServer) -> None:
    """A lone surrogate can be written in JSON and nowhere else."""
    server.script(text_reply("Hm \ud83d"))
    answer = ask(world)
    assert answer.said == "Hm ?"
    assert world.ask("And?", host="model.localhost", session_key=answer.session_key).status == 200
