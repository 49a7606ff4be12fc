"""Turns of a chatbot with a second model, for when the first one cannot answer."""

from __future__ import annotations

from typing import Any

import pytest

from switchboard.domain.directory import Chatbot, Directive, Fallback, Limits, Plugin
from switchboard.domain.ids import SecretName
from tests.functional.chatbot_world import KEY, Answer, World, bot_at, event
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    message_reply,
    text_reply,
    tool_reply,
)

HOST = "model.localhost"
HOURS = Plugin(
    "opening_hours",
    "static",
    Directive.ALWAYS,
    data={"staticData": {"weekdays": "9 to 12"}},
)
CALL = tool_reply(("c1", "opening_hours", '{"inquiry_type": "weekdays"}'))
DOWN = Reply(500, "{}")


@pytest.fixture
def world(
    first: OpenAiServer, second: OpenAiServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    second.script(text_reply("From the second.", prompt_tokens=5, completion_tokens=2))
    world.put(bot(first, second))
    return world


def bot(first: OpenAiServer, second: OpenAiServer, **fields: Any) -> Chatbot:
    fallback = Fallback("vllm", second.url, None, "second-model")
    return bot_at(first.url, **{"fallback": fallback, "plugins": (HOURS,), **fields})


def ask(world: World, text: str = "Hello", session_key: str | None = None) -> Answer:
    return world.ask(text, host=HOST, session_key=session_key)


@pytest.mark.parametrize(
    "reply",
    [
        DOWN,
        Reply(429, "{}"),
        Reply(429, "{}", {"Retry-After": "60"}),
        Reply(401, "{}"),
        Reply(cut=True),
        Reply(200, "<html></html>", {"Content-Type": "text/html"}),
    ],
)
def test_the_second_model_answers_where_the_first_cannot(
    world: World, first: OpenAiServer, second: OpenAiServer, reply: Reply
) -> None:
    """Down, out of capacity, refusing, cut, no JSON: the second one answers, and it says so."""
    first.script(reply)
    answer = ask(world)
    (sent,) = second.requests
    assert answer.said == "From the second."
    assert sent["model"] == "second-model"
    assert sent["messages"] == first.requests[0]["messages"]
    assert "authorization" not in second.headers[0], "the first one's key went to the second"
    assert answer.completion["usage"]["total_tokens"] == 7
    assert answer.completion["metadata"]["model"] == "scripted-1"


def test_the_model_s_own_name_stands_for_one_that_gives_none(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """A second model that does not tell its name is told by the manifest's."""
    first.script(DOWN)
    unnamed = message_reply({"role": "assistant", "content": "Hi."})
    second.script(Reply(200, unnamed.body.replace('"scripted-1"', "null")))
    answer = ask(world)
    assert answer.completion["metadata"]["model"] == "second-model"
    assert answer.completion["model"] == "second-model"


def test_a_first_model_that_answers_is_the_only_one_asked(
    world: World, second: OpenAiServer
) -> None:
    """The second model costs nothing while the first one works."""
    assert ask(world).said == "Hello."
    assert second.requests == []


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(200, "{", drip=True)])
def test_a_slow_first_model_leaves_time_for_the_second(
    world: World, first: OpenAiServer, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    """The first one's share of the deadline is bounded; what it may have cost is counted."""
    monkeypatch.setattr("chatbot.invoke.TURN_MS", 4000)
    first.script(reply)
    answer = ask(world)
    assert answer.said == "From the second."
    assert len(first.requests) == 1
    assert answer.completion["usage"]["total_tokens"] > 7


def test_both_failing_is_the_second_one_s_error(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """Where neither can answer the client hears it once, and the session goes on."""
    session_key = ask(world).session_key
    first.script(DOWN)
    second.script(Reply(429, "{}", {"Retry-After": "60"}))
    answer = ask(world, "And now?", session_key)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    first.script(text_reply("Back."))
    assert ask(world, "Again?", session_key).said == "Back."


def test_a_failure_in_a_later_round_runs_no_tool_again(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """The second model is given the results there are, and stays for the rest of the turn."""
    first.script(CALL, DOWN)
    second.script(
        tool_reply(("c1", "opening_hours", '{"inquiry_type": "weekdays"}')),
        text_reply("9 to 12."),
    )
    answer = ask(world)
    assert answer.said == "9 to 12."
    given = second.requests[0]["messages"]
    assert [message["role"] for message in given] == ["system", "user", "assistant", "tool"]
    assert given[-1]["content"] == "9 to 12"
    assert len(answer.completion["metadata"]["tool_calls"]) == 2
    assert len(first.requests) == 1 + 3, "the first one was asked again after it had failed"
    assert len(second.requests) == 2


def test_the_next_turn_tries_the_first_model_again(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """A failure counts for its turn only; the thread holds what the second one said."""
    first.script(DOWN, DOWN, DOWN, text_reply("Back."))
    session_key = ask(world).session_key
    assert ask(world, "And now?", session_key).said == "Back."
    said = [message["content"] for message in first.requests[-1]["messages"]]
    assert said[1:] == ["Hello", "From the second.", "And now?"]


@pytest.mark.parametrize(
    "fields", [{"model_key": SecretName("models/none")}, {"provider": "?", "base_url": None}]
)
def test_a_first_model_that_is_not_configured(
    world: World, first: OpenAiServer, second: OpenAiServer, fields: dict[str, Any]
) -> None:
    """A key that is missing or an unknown provider is a failure of the first like any other."""
    world.put(bot(first, second, **fields))
    assert ask(world).said == "From the second."


def test_without_any_model_the_bot_s_own_data_answer(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """`local` as the second: the static data, said to be without a model, also after tools ran."""
    world.put(bot(first, second, fallback=Fallback("local"), plugins=bot_at("").plugins))
    first.script(tool_reply(("c1", "language_courses", '{"inquiry_type": "en"}')), DOWN)
    answer = ask(world, "Where is a language course?")
    assert "without a language model" in answer.said
    assert "Courses are at the VHS." in answer.said


def test_a_translation_never_falls_back_to_static_data(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """What only a model can do fails where only `local` is left."""
    world.put(bot(first, second, fallback=Fallback("local")))
    first.script(DOWN)
    body = {"message": "Opening hours", "source_language": "en", "target_language": "de"}
    answer = world.send(event("POST", "/translate/message/", host=HOST, body=body, key=KEY))
    assert answer.status >= 400
    world.put(bot(first, second, hostnames=("open.localhost",)))
    answer = world.send(
        event("POST", "/translate/message/", host="open.localhost", body=body, key=KEY)
    )
    assert answer.document["translation"] == "From the second."


def test_limits_count_a_turn_once_and_what_it_used(
    world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """A turn of two models is one request; the second one's tokens are spent as well."""
    limits = Limits(requests_per_minute=2, tokens_per_day=100_000)
    world.put(bot(first, second, limits=limits))
    first.script(DOWN)
    second.script(text_reply("Hi.", prompt_tokens=99_000, completion_tokens=990))
    assert ask(world).status == 200
    assert ask(world).status == 402
