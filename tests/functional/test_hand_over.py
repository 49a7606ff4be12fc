"""A bot that hands over: through the chatbot API, and in the user chat up to the adviser."""

from __future__ import annotations

import json

import boto3
import pytest

from switchboard.adapters import directory_documents as documents
from switchboard.adapters import get_current_weather_function as weather
from switchboard.adapters.system import SystemClock
from switchboard.domain.ids import ChatbotId
from tests.functional.chatbot_world import KEY, World, bot_at, chatbot_world, event
from tests.functional.desk_world import DeskWorld
from tests.servers.openai_server import (
    OpenAiServer,
    Reply,
    openai_server,
    text_reply,
    tool_reply,
)
from tests.servers.weather import weather_server
from tests.tables import AWS

HOST = "model.localhost"
HUMAN = tool_reply(("c1", "request_human", "{}"))
WORDS = "Une conseillère vous répond."


@pytest.fixture
def world(server: OpenAiServer, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
    world.put(bot_at(server.url, functions=("request_human", "calculator")))
    return world


def test_the_turn_ends_with_a_closing_word(world: World, server: OpenAiServer) -> None:
    """After `request_human` the model is asked once more, without tools, and that is the end."""
    server.script(HUMAN, text_reply(WORDS), text_reply("never asked for"))
    answer = world.ask("Je veux parler à quelqu'un", host=HOST)
    assert answer.said == WORDS
    assert answer.completion["metadata"]["hands_off"] is True
    assert [sorted(t["function"]["name"] for t in r.get("tools", ())) for r in server.requests] == [
        ["calculator", "request_human"],
        [],
    ]


@pytest.mark.parametrize("reply", [Reply(500), text_reply(""), Reply(cut=True)])
def test_a_hand_over_needs_no_closing_word(
    world: World, server: OpenAiServer, reply: Reply
) -> None:
    """Whatever the model does after it, the hand-over stands and the session goes on."""
    server.script(HUMAN, reply)
    answer = world.ask("A human, please", host=HOST)
    assert answer.status == 200
    assert answer.completion["metadata"]["hands_off"] is True
    assert answer.said == "An adviser will go on with you here."
    assert answer.completion["smarter"]["messages"][-1]["content"] == answer.said
    asked = event("GET", "/config/", host=HOST, key=KEY, query={"session_key": answer.session_key})
    history = world.send(asked).document["data"]["history"]["chat_history"]
    assert history[-1] == {"role": "assistant", "content": answer.said}
    server.script(text_reply("Still here."))
    again = world.ask("Hello?", host=HOST, session_key=answer.session_key)
    assert again.said == "Still here."
    assert "hands_off" not in again.completion["metadata"]


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_of_openai_s_is_told_too(
    world: World, server: OpenAiServer, *, streams: bool
) -> None:
    """In the OpenAI protocol a hand-over is no more than its closing word, so there is one."""
    server.script(HUMAN, text_reply(""))
    body = {"messages": [{"role": "user", "content": "A human, please"}], "stream": streams}
    answer = world.send(event("POST", "/v1/chat/completions", host=HOST, body=body, key=KEY))
    assert "An adviser will go on with you here." in answer.text


def test_an_answer_service_says_it_in_its_own_way(world: World, server: OpenAiServer) -> None:
    """`automatic_answers: false`, as the other side of that protocol understands it."""
    server.script(HUMAN, text_reply(WORDS))
    body = {"messages": [{"role": "user", "content": "A human, please"}]}
    answer = world.send(
        event("POST", "/chatanswers/extract_answer/", host=HOST, body=body, key=KEY)
    )
    assert (answer.document["automatic_answers"], answer.document["answer"]) == (False, WORDS)


def test_other_functions_are_tools_too(world: World, server: OpenAiServer) -> None:
    """A function's result goes back to the model; it belongs to no plugin."""
    call = ("c1", "calculator", json.dumps({"expression": "6 * 7"}))
    server.script(tool_reply(call), text_reply("42."))
    answer = world.ask("6 by 7?", host=HOST)
    assert server.requests[1]["messages"][-1]["content"] == "42"
    (used,) = answer.completion["metadata"]["tool_calls"]
    assert (used["function_name"], used["smarter_plugin"]) == ("calculator", None)


def give_region_a_model(server: OpenAiServer) -> None:
    """The example region's chatbot, with this model."""
    dynamodb = boto3.client("dynamodb", **AWS)
    region = dynamodb.get_item(
        TableName="Directory", Key={"pk": {"S": "Region"}, "sk": {"S": "augenfeld"}}
    )["Item"]
    chatbot = str(documents.region_from(region["doc"]["S"]).chatbot)
    bot = bot_at(server.url, id=ChatbotId(chatbot), functions=("request_human",), model_key=None)
    for key in documents.keys_of(bot):
        item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "doc": {"S": documents.encode(bot)}}
        dynamodb.put_item(TableName="Directory", Item=item)


def check_handed_over(desk: DeskWorld, said: str) -> None:
    ticket = desk.simulator.ticket(desk.ticket)
    assert ticket["automatic_answers"] is False
    assert said in desk.articles()[-1][1]
    notes = [a for a in desk.simulator.articles(desk.ticket) if a["internal"]]
    assert any("übergibt diesen Chat an die Beratung" in note["body"] for note in notes)


def test_the_adviser_takes_over(desk: DeskWorld, server: OpenAiServer) -> None:
    """Automatic answers end, the adviser gets a brief, the user the bot's last word."""
    give_region_a_model(server)
    server.script(HUMAN, text_reply("Eine Beraterin meldet sich."))
    desk.say("Ich möchte mit einem Menschen sprechen")
    desk.work()
    check_handed_over(desk, "Eine Beraterin meldet sich.")
    asked = len(server.requests)
    desk.say("Danke!")
    desk.work()
    assert len(server.requests) == asked, "the bot was asked after it had handed over"


def test_without_a_model_a_human_is_a_word_away(desk: DeskWorld) -> None:
    """The provider `local` hands over when it is asked for an adviser."""
    desk.say("Ich möchte mit einem Menschen sprechen")
    desk.work()
    check_handed_over(desk, "Ich habe die Beratung informiert.")


def test_the_weather_is_open_meteos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls: the place, with what follows the comma, then its weather with units."""
    with chatbot_world(monkeypatch) as world, openai_server() as model, weather_server() as sky:
        monkeypatch.setattr(weather, "PLACES", f"{sky.url}/v1/search")
        monkeypatch.setattr(weather, "FORECAST", f"{sky.url}/v1/forecast")
        world.put(bot_at(model.url, functions=("get_current_weather",)))
        arguments = json.dumps({"location": "Paris, US", "unit": "fahrenheit"})
        model.script(tool_reply(("c1", "get_current_weather", arguments)), text_reply("Warm."))
        assert world.ask("Weather in Paris?", host=HOST).said == "Warm."
        told = json.loads(model.requests[1]["messages"][-1]["content"])
        assert told["place"] == "Paris, Texas, United States"
        assert (told["temperature"], told["sky"]) == ("81.5 °F", "rain")
        assert [query["latitude"] for query in sky.queries[1:]] == ["33.66"]
        sky.broken = True
        model.script(tool_reply(("c1", "get_current_weather", arguments)), text_reply("Sorry."))
        assert world.ask("And now?", host=HOST).said == "Sorry."
        assert "does not answer" in model.requests[-1]["messages"][-1]["content"]
