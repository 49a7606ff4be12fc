"""A chatbot with a scripted model behind a real HTTP server, for clients of the OpenAI API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from switchboard.domain.directory import Directive, Plugin
from tests.functional.chatbot_world import (
    KEY,
    Answer,
    World,
    bot_at,
    chatbot_world,
    event,
    http_front,
)
from tests.servers.openai_server import OpenAiServer, openai_server, text_reply

MODEL_HOST = "model.localhost"
COMPLETIONS = "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
HOURS = Plugin(
    "opening_hours",
    "static",
    Directive.SEARCH_TERMS,
    ("open",),
    data={"staticData": {"weekdays": "9 to 12", "price": {"adult": 1.5}}},
)


@dataclass
class OpenAiWorld:
    """`server` is the model of the bot at `MODEL_HOST`; `address` is where the chatbots are."""

    world: World
    server: OpenAiServer
    address: str

    def client(self, host: str = MODEL_HOST, base: str = "", key: str = KEY) -> openai.OpenAI:
        """The package's client, to be closed; it repeats nothing by itself."""
        return openai.OpenAI(
            base_url=f"http://{self.address}{base}/v1",
            api_key=key,
            default_headers={"Host": host},
            max_retries=0,
            timeout=20,
        )

    def post(self, body: Any) -> Answer:
        """A completion as the gateway sees it."""
        return self.world.send(event("POST", COMPLETIONS, host=MODEL_HOST, body=body, key=KEY))

    def begin(self) -> None:
        """For each test: no request so far, and a model that says Hello."""
        self.server.requests.clear()
        self.server.script(text_reply("Hello.", prompt_tokens=3, completion_tokens=4))


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAiWorld]:
    """One for all tests of a module."""
    with (
        openai_server() as server,
        pytest.MonkeyPatch.context() as monkeypatch,
        chatbot_world(monkeypatch) as world,
        http_front(world) as address,
    ):
        world.put(bot_at(server.url, plugins=(HOURS,)))
        yield OpenAiWorld(world, server, address)


@pytest.fixture
def desk(running: OpenAiWorld) -> OpenAiWorld:
    running.begin()
    return running


@pytest.fixture
def world(desk: OpenAiWorld) -> World:
    return desk.world


@pytest.fixture
def server(desk: OpenAiWorld) -> OpenAiServer:
    return desk.server


@pytest.fixture
def client(desk: OpenAiWorld) -> Iterator[openai.OpenAI]:
    with desk.client() as made:
        yield made
