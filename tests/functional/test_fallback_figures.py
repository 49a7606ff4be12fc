"""What is logged and counted of a turn that a second model answered, or that none did."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from switchboard.domain.directory import Fallback, Limits
from tests.functional.chatbot_world import KEY, World, bot_at, event
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    message_reply,
    text_reply,
    tool_reply,
)

HOST = "model.localhost"
SLOW, DOWN, BUSY = Reply(hang=True), Reply(500, "{}"), Reply(429, "{}", {"Retry-After": "60"})


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return world


def put(world: World, first: OpenAiServer, second: OpenAiServer | None, **fields: Any) -> None:
    """A bot with the second server behind the first, or with its own data behind it."""
    behind = Fallback("vllm", second.url, None, "second-model") if second else Fallback("local")
    world.put(bot_at(first.url, **{"fallback": behind, **fields}))


def served_by(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Provider and model of each turn's line, as it is written to standard output."""
    records = [record for record in caplog.records if record.getMessage() == "turn"]
    lines = [json.loads(logging.getLogger(r.name).handlers[0].format(r)) for r in records]
    return [(line["provider"], line["model"]) for line in lines]


def spent(world: World) -> int:
    """Tokens of the day, as the counter has them."""
    (counter,) = [i for i in world.conversations() if "Tokens#" in i["pk"]["S"]]
    return int(counter["used"]["N"])


def test_the_log_names_what_answered(
    caplog: pytest.LogCaptureFixture, world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """The first one's names while it works, the second one's, or `local`, once it does not."""
    put(world, first, second)
    unnamed = message_reply({"role": "assistant", "content": "Hi."})
    second.script(Reply(200, unnamed.body.replace('"scripted-1"', "null")))
    first.script(text_reply("Hi."), DOWN)
    world.ask("Hello", host=HOST)
    world.ask("Hello", host=HOST)
    put(world, first, None, hostnames=("local.localhost",))
    world.ask("Hello", host="local.localhost")
    assert served_by(caplog) == [
        ("openai", "scripted-1"),
        ("vllm", "second-model"),
        ("local", "local"),
    ]


def test_a_bot_without_a_key_is_logged_as_local(
    caplog: pytest.LogCaptureFixture, world: World, first: OpenAiServer
) -> None:
    """Where the manifest's provider cannot be asked, it is not the one that answered."""
    world.put(bot_at("", base_url=None, model_key=None))
    world.ask("Hello", host=HOST)
    assert served_by(caplog) == [("local", "local")]


def test_a_hand_over_without_a_word_names_what_handed_over(
    caplog: pytest.LogCaptureFixture, world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """A closing word that fails takes nothing from who asked for a human."""
    put(world, first, second, functions=("request_human",))
    first.script(tool_reply(("c1", "request_human", "{}")), DOWN)
    second.script(DOWN)
    world.ask("A human, please", host=HOST)
    assert served_by(caplog) == [("openai", "scripted-1")]


def test_a_translation_s_line_names_what_translated(
    caplog: pytest.LogCaptureFixture, world: World, first: OpenAiServer, second: OpenAiServer
) -> None:
    """The answer service's turns are logged in the same way."""
    put(world, first, second)
    first.script(DOWN)
    body = {"message": "Hours", "source_language": "en", "target_language": "de"}
    world.send(event("POST", "/translate/message/", host=HOST, body=body, key=KEY))
    assert served_by(caplog) == [("vllm", "scripted-1")]


@pytest.mark.parametrize(
    ("replies", "is_given_back"),
    [
        ((SLOW, DOWN), False),
        ((SLOW, BUSY), False),
        ((DOWN, SLOW), False),
        ((DOWN, DOWN), True),
        ((DOWN, BUSY), True),
    ],
)
def test_what_a_slow_model_may_have_cost_stays_spent(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    first: OpenAiServer,
    second: OpenAiServer,
    replies: tuple[Reply, Reply],
    is_given_back: bool,
) -> None:
    """Reserved tokens are given back only if no model can have worked until it was left."""
    monkeypatch.setattr("chatbot.invoke.TURN_MS", 2500)
    put(world, first, second, limits=Limits(tokens_per_day=10_000), max_tokens=300)
    first.script(replies[0])
    second.script(replies[1])
    assert world.ask("Hello", host=HOST).status in (429, 502, 504)
    assert (spent(world) == 0) is is_given_back
