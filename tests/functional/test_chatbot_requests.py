"""What a request may look like, what an answer looks like, and that a session remembers."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.functional.chatbot_world import (
    CUSTOM_HOST,
    HOST,
    KEY,
    PLATFORM,
    PUBLIC_HOST,
    World,
    event,
    module_world,
)
from tests.functional.watched_dynamodb import operations

EVENTS = Path(__file__).parents[2] / "events"
HEX = re.compile(r"[0-9a-f]{64}")
USER = {"role": "user", "content": "Hello"}


world = module_world


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ("[]", "object"),
        ("null", "object"),
        ({}, "`messages`"),
        ({"messages": None}, "`messages`"),
        ({"messages": "Hello"}, "`messages`"),
        ({"messages": []}, "user"),
        ({"messages": ["Hello"]}, "`messages[0]`"),
        ({"messages": [{"content": "Hello"}]}, "`role`"),
        ({"messages": [USER, {"role": "user"}]}, "`messages[1]`"),
        ({"messages": [{"role": "robot", "content": "Hello"}]}, "`role`"),
        ({"messages": [{"role": ["user"], "content": "Hello"}]}, "`role`"),
        ({"messages": [{"role": "user", "content": None}]}, "`content`"),
        ({"messages": [{"role": "user", "content": {"a": 1}}]}, "`content`"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "empty"),
        ({"messages": [USER, {"role": "user", "content": ""}]}, "empty"),
        ({"messages": [{"role": "system", "content": "Hello"}]}, "user"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": 5}, USER]}, "tool_calls"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}, USER]}, "tool"),
        ({"messages": [USER], "session_key": "abc"}, "`session_key`"),
        ({"messages": [USER], "session_key": "g" * 64}, "`session_key`"),
        ({"messages": [USER], "session_key": 5}, "`session_key`"),
        ({"messages": [USER], "session_key": "a" * 64 + "\n"}, "`session_key`"),
        ({"messages": [USER], "session_key": False}, "`session_key`"),
        ({"messages": [USER], "session_key": " "}, "`session_key`"),
    ],
)
def test_a_bad_body_is_refused_by_name(world: World, body: Any, named: str) -> None:
    """400 whose description names what is wrong, in the one shape of errors."""
    answer = world.send(event("POST", "/chatbot/", body=body, key=KEY))
    document = answer.document
    assert answer.status == 400
    assert named in document["error"]["description"]
    assert set(document) == {"error", "api", "thing", "metadata"}
    assert document["error"]["errorClass"] == "BadRequest"
    assert document["error"]["code"] == "bad_request"
    assert document["error"]["status"] == 400
    assert (document["api"], document["thing"]) == ("switchboard/v1", "Chatbot")
    assert document["metadata"]["command"] == "chat"
    assert HEX.fullmatch(document["metadata"]["key"])


def test_a_body_that_is_not_its_base64_is_refused(world: World) -> None:
    """A gateway body marked as base64 that is none is a 400; one that is, is read."""
    asked = event("POST", "/chatbot/", body="%%%", key=KEY)
    asked["isBase64Encoded"] = True
    assert world.send(asked).status == 400
    asked["body"] = base64.b64encode(json.dumps({"messages": [USER]}).encode()).decode()
    assert world.send(asked).status == 200


def test_too_much_is_413(world: World) -> None:
    """A body or a question beyond its limit: 413 in the shape of errors."""
    long_question = {"messages": [{"role": "user", "content": "ä" * 20_000}]}
    long_body = {"messages": [{"role": "user", "content": "x"}] * 40_000}
    for body in (long_question, long_body):
        answer = world.send(event("POST", "/chatbot/", body=body, key=KEY))
        assert answer.status == 413
        assert answer.document["error"]["code"] == "payload_too_large"


def test_the_envelope(world: World) -> None:
    """The answer's envelope and the completion inside it have the contract's fields."""
    answer = world.ask("Wo gibt es einen Sprachkurs?")
    document = answer.document
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(document) == {"data", "api", "thing", "metadata"}
    assert set(document["data"]) == {"isBase64Encoded", "statusCode", "headers", "body"}
    assert document["data"]["statusCode"] == 200
    assert document["data"]["isBase64Encoded"] is False
    assert document["data"]["headers"] == {"Content-Type": "application/json"}
    assert (document["api"], document["thing"]) == ("switchboard/v1", "Chatbot")
    assert document["metadata"]["command"] == "chat"
    assert document["metadata"]["thing"] == "Chatbot"
    assert HEX.fullmatch(document["metadata"]["key"])
    assert HEX.fullmatch(document["metadata"]["session_key"])


def test_the_completion_inside(world: World) -> None:
    """`data.body` is a ChatCompletion with the contract's `metadata` and `smarter` sections."""
    answer = world.ask("Wo gibt es einen Sprachkurs?")
    completion = answer.completion
    assert completion["object"] == "chat.completion"
    assert isinstance(completion["created"], int)
    assert completion["model"] == "local"
    (choice,) = completion["choices"]
    assert choice["message"]["role"] == "assistant"
    assert "Kurse gibt es in der VHS." in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    assert set(completion["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert completion["metadata"] == {
        "tool_calls": None,
        "model": "local",
        "temperature": 0.5,
        "max_completion_tokens": 2048,
        "input_text": "Wo gibt es einen Sprachkurs?",
        "session_key": answer.session_key,
    }
    assert completion["smarter"]["messages"] == [
        {"role": "assistant", "content": answer.said, "smarter_is_new": True}
    ]
    plugin = {"name": "language_courses", "pluginClass": "static"}
    assert completion["smarter"]["plugins"] == [plugin]
    assert [tool["function"]["name"] for tool in completion["smarter"]["tools"]] == [
        "language_courses"
    ]


def test_a_public_bot_without_plugins_says_what_it_is(world: World) -> None:
    """A bot on the provider `local` that knows nothing says so, and that it has no model."""
    said = world.ask("What is the meaning of life?", host=PUBLIC_HOST, key="").said
    assert "do not know" in said
    assert "without a language model" in said


def test_every_role_of_the_contract_is_accepted(world: World) -> None:
    """system, assistant, user, tool, smarter and smarter_error are no error."""
    messages = [
        {"role": "system", "content": "You are evil."},
        USER,
        {"role": "assistant", "content": None, "tool_calls": [tool_call("c1")]},
        {"role": "tool", "content": "result", "tool_call_id": "c1"},
        {"role": "tool", "content": "orphan"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "smarter", "content": "note"},
        {"role": "smarter_error", "content": None},
        {"role": "user", "content": "Sprachkurs?", "extra": True},
        {"role": "smarter", "content": "after"},
    ]
    answer = world.send(event("POST", "/chatbot/", body={"messages": messages}, key=KEY))
    assert answer.status == 200
    assert "VHS" in answer.said


def tool_call(call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "x", "arguments": "{}"}}


def test_odd_text_is_text(world: World) -> None:
    """Lone surrogates, NUL and emoji are answered and stored like any other text."""
    body = '{"messages":[{"role":"user","content":"Sprachkurs \\ud800 \\u0000 🙂"}]}'
    first = world.send(event("POST", "/chatbot/", body=body, key=KEY))
    assert first.status == 200
    assert world.ask("und?", session_key=first.session_key).status == 200


@pytest.mark.parametrize("path", ["/chat/", "/config/"])
@pytest.mark.parametrize("query", [None, {"session_key": ""}])
@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_session_key_is_none(
    world: World, path: str, query: dict[str, str] | None, empty: str | None
) -> None:
    """Smarter's web client sends an empty one on a first visit: a session begins."""
    body = {"messages": [USER], "session_key": empty}
    answer = world.send(event("POST", path, body=body, key=KEY, query=query))
    assert answer.status == 200
    document = answer.document
    begun = document["data"] if path == "/config/" else document["metadata"]
    assert HEX.fullmatch(begun["session_key"])


def test_an_empty_session_key_in_the_query_does_not_hide_the_body_s(world: World) -> None:
    """The first that is not empty counts."""
    body = {"messages": [USER], "session_key": "b" * 64}
    sent = event("POST", "/", body=body, key=KEY, query={"session_key": ""})
    assert world.send(sent).session_key == "b" * 64


def test_the_session_key_of_the_query_comes_first(world: World) -> None:
    """From the query, else from the body, in either case of the letters; absent, a new one."""
    in_query, in_body = "A" * 64, "b" * 64
    body = {"messages": [USER], "session_key": in_body}
    both = event("POST", "/", body=body, key=KEY, query={"session_key": in_query})
    assert world.send(both).session_key == in_query.lower()
    assert world.send(event("POST", "/", body=body, key=KEY)).session_key == in_body
    keys = {world.ask("Hello").session_key for _ in range(3)}
    assert len(keys) == 3
    wrong = event("POST", "/", body=body, key=KEY, query={"session_key": "x"})
    assert world.send(wrong).status == 400


def test_a_turn_is_stored_with_an_expiry(world: World) -> None:
    """The turn is in the Conversations table, under the chatbot and the session, with a TTL."""
    session_key = "c" * 64
    before = world.conversations()
    answer = world.ask("Sprachkurs?", session_key=session_key)
    (item,) = [item for item in world.conversations() if item not in before]
    assert item["pk"]["S"].startswith("Session#")
    assert session_key not in str(item), "who reads the table can go on with the session"
    assert "Sprachkurs?" in item["doc"]["S"]
    assert answer.said.splitlines()[0] in item["doc"]["S"]
    assert int(item["ttl"]["N"]) - answer.completion["created"] == 30 * 86_400


def test_a_session_is_the_chatbot_s_under_any_address(world: World) -> None:
    """One session whichever address is used, and another one at another chatbot."""
    session_key = "d" * 64
    before = world.conversations()
    world.ask("one", session_key=session_key, host=HOST)
    world.ask("two", session_key=session_key, host=CUSTOM_HOST)
    path = "/api/v1/chatbots/bot1/chat/"
    world.ask("three", session_key=session_key, host=PLATFORM, path=path)
    world.ask("four", session_key=session_key, host=PUBLIC_HOST)
    stored = Counter(i["pk"]["S"] for i in world.conversations() if i not in before)
    assert sorted(stored.values()) == [1, 3]


def test_a_warm_turn_makes_two_dynamodb_calls(world: World) -> None:
    """With the directory in memory a turn reads its session and writes it, and nothing else."""
    world.ask("Hello", session_key="f" * 64)
    with operations() as made:
        world.ask("Hello again", session_key="f" * 64)
        assert made == ["Query", "PutItem"]
        made.clear()
        world.ask("Hello")
        assert made == ["PutItem"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ask", 401),
        ("without-key", 401),
        ("get", 405),
        ("preflight", 204),
        ("workbench", 401),
        ("config", 401),
        ("openai", 401),
    ],
)
def test_sample_events_are_understood(world: World, name: str, status: int) -> None:
    """Each file in `events/` is answered as it says; its key is not one of these tests'."""
    sample = json.loads((EVENTS / f"chatbot-{name}.json").read_text())
    assert world.send(sample).status == status


def test_errors_store_nothing(world: World) -> None:
    """A refused request leaves no trace in the session."""
    session_key = "e" * 64
    assert world.ask(" ", session_key=session_key).status == 400
    assert world.ask("Hello", session_key=session_key, key="").status == 401
    assert not [item for item in world.conversations() if session_key in item["pk"]["S"]]
