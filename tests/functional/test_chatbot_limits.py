"""A chatbot's limits, enforced by its function before a model is asked (contracts/chatbot.md)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Limits
from tests.functional.chatbot_world import Answer, World, bot_at
from tests.servers.openai_server import OpenAiServer, Reply, text_reply, tool_reply

HOST = "model.localhost"
NOON = 1_800_014_400_000
MINUTE = 60_000
HOUR = 60 * MINUTE


class Time:
    """What the function's clock shows, in milliseconds."""

    def __init__(self) -> None:
        self.now = NOON


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(SystemClock, "now", lambda _: made.now)
    return made


def limit(world: World, server: OpenAiServer, **fields: Any) -> None:
    limits = Limits(fields.pop("per_minute", None), fields.pop("per_day", None))
    world.put(bot_at(server.url, limits=limits, **fields))


def ask(world: World, text: str = "Hello") -> Answer:
    return world.ask(text, host=HOST)


def test_the_request_too_many_waits_for_the_next_minute(
    world: World, server: OpenAiServer, time: Time
) -> None:
    """429 with `Retry-After`; no model is asked; the next minute begins from nothing."""
    limit(world, server, per_minute=2)
    time.now += 20_000
    assert [ask(world).status for _ in range(3)] == [200, 200, 429]
    refused = ask(world)
    assert refused.document["error"]["code"] == "rate_limited"
    assert refused.headers["Retry-After"] == "40"
    assert len(server.requests) == 2
    time.now += 40_000
    assert ask(world).status == 200


def test_a_turn_of_many_rounds_is_one_request(world: World, server: OpenAiServer) -> None:
    """Rounds of tools do not count against the requests of a minute."""
    limit(world, server, per_minute=1)
    server.script(tool_reply(("c1", "language_courses", "{}")), text_reply("Done."))
    assert world.ask("Sprachkurs", host=HOST).said == "Done."
    assert len(server.requests) == 2


def test_a_spent_budget_is_a_402_until_midnight(
    world: World, server: OpenAiServer, time: Time
) -> None:
    """What the model counted is what was spent; then nothing is asked until the day is over."""
    limit(world, server, per_day=1_000, max_tokens=300)
    server.script(text_reply("Hi.", prompt_tokens=390, completion_tokens=10, total_tokens=400))
    assert [ask(world).status for _ in range(3)] == [200, 200, 402]
    refused = ask(world)
    assert refused.document["error"]["code"] == "budget_spent"
    assert refused.headers["Retry-After"] == str(12 * 3600)
    assert len(server.requests) == 2
    time.now += 12 * HOUR
    assert ask(world).status == 200


def test_two_at_once_cannot_both_spend_the_last_tokens(world: World, server: OpenAiServer) -> None:
    """The second one finds them reserved while the first still waits for its model."""
    limit(world, server, per_day=500, max_tokens=300)
    asked, refused = threading.Event(), threading.Event()

    def reply() -> Reply:
        asked.set()
        assert refused.wait(10)
        return text_reply("Hi.", prompt_tokens=50, completion_tokens=5, total_tokens=55)

    server.next_reply = reply  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, world)
        assert asked.wait(10)
        second = ask(world)
        refused.set()
        assert (first.result(timeout=10).status, second.status) == (200, 402)
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [Reply(500), Reply(401), Reply(cut=True)])
def test_what_a_model_did_not_do_is_not_spent(
    world: World, server: OpenAiServer, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed call gives its reservation back."""
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
    limit(world, server, per_day=400, max_tokens=300)
    server.script(reply)
    assert [ask(world).status for _ in range(3)] == [502] * 3
    server.script(text_reply("Hi.", prompt_tokens=50, completion_tokens=5, total_tokens=55))
    assert ask(world).status == 200


def test_a_budget_below_one_answer_still_answers_once(world: World, server: OpenAiServer) -> None:
    """An estimate larger than the whole budget does not silence the bot for ever."""
    limit(world, server, per_day=100, max_tokens=2_000)
    server.script(text_reply("Hi.", prompt_tokens=90, completion_tokens=30, total_tokens=120))
    assert [ask(world).status for _ in range(2)] == [200, 402]


def test_chatbots_count_apart(world: World, server: OpenAiServer) -> None:
    """One bot's limit is nothing to another."""
    limit(world, server, per_minute=1)
    assert [ask(world).status for _ in range(2)] == [200, 429]
    assert world.ask("Hello").status == 200


def test_counters_are_forgotten(world: World, server: OpenAiServer) -> None:
    """Each has a time to live of days at most."""
    limit(world, server, per_minute=5, per_day=5_000)
    ask(world)
    counters = [i for i in world.conversations() if i["sk"]["S"].startswith("Window#")]
    assert len(counters) == 2
    assert all(0 < int(i["ttl"]["N"]) - NOON // 1000 <= 3 * 86_400 for i in counters)
