"""A turn is one log line and one set of metrics (contracts/chatbot.md, "Journal and limits")."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.functional.chatbot_world import World, bot_at
from tests.functional.desk_world import DeskWorld
from tests.servers.openai_server import OpenAiServer, text_reply, tool_reply


@pytest.fixture
def world(server: OpenAiServer, world: World) -> World:
    world.put(bot_at(server.url, functions=("request_human", "calculator")))
    return world


def turn_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """As they are written to standard output."""
    records = [record for record in caplog.records if record.getMessage() == "turn"]
    return [
        json.loads(logging.getLogger(record.name).handlers[0].format(record)) for record in records
    ]


def test_a_turn_is_one_line_of_figures(
    caplog: pytest.LogCaptureFixture, world: World, server: OpenAiServer
) -> None:
    """CloudWatch reads the figures out of the line; there is no text of anyone's in it."""
    server.script(
        tool_reply(
            ("c1", "calculator", '{"expression": "secret question"}'),
            ("c2", "request_human", "{}"),
            prompt_tokens=10,
            completion_tokens=2,
            total_tokens=12,
        ),
        text_reply("secret answer", prompt_tokens=20, completion_tokens=3, total_tokens=23),
    )
    world.ask("secret question", host="model.localhost")
    (line,) = turn_lines(caplog)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    figures = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
    assert figures.pop("TurnTime") >= 0
    assert figures == {
        "Turns": 1,
        "PromptTokens": 30,
        "CompletionTokens": 5,
        "FailedTools": 1,
        "HandOvers": 1,
    }
    assert directive["Namespace"] == "Switchboard"
    assert directive["Dimensions"] == [["service"]]
    assert line["service"]
    assert isinstance(line["_aws"]["Timestamp"], int)
    assert "secret" not in json.dumps(line)
    assert line["tools"] == [["calculator", "tool_failed"], ["request_human", ""]]


def test_the_user_chat_s_turns_are_counted_too(
    caplog: pytest.LogCaptureFixture, desk: DeskWorld
) -> None:
    """The worker asks the chatbot in its own process, and says so under its own name."""
    desk.say("Wo finde ich einen Sprachkurs?")
    desk.work()
    (line,) = turn_lines(caplog)
    assert (line["Turns"], line["region"]) == (1, "augenfeld")
    assert "Sprachkurs" not in json.dumps(line)
