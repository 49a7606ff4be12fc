"""Limits per device and per client address (contracts/userchat.md, "Limits")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.desk_world import CHAT, DeskWorld, desk_world

TOO_OFTEN = {"error": "You're doing that too often.", "code": "rate_limited"}
TOO_MANY = {"error": "Too many requests. Please try again later.", "code": "rate_limited"}


def limited(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    for name in ("messages_per_device", "messages_per_address", "reads_per_address"):
        monkeypatch.setenv(name.upper(), str(limits.get(name, 0)))


@pytest.fixture
def few_messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWorld]:
    limited(monkeypatch, messages_per_device=3)
    with desk_world(monkeypatch) as world:
        yield world


@pytest.fixture
def small_address(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWorld]:
    limited(monkeypatch, messages_per_address=3, reads_per_address=4)
    with desk_world(monkeypatch) as world:
        yield world


def chat_of(device: str) -> str:
    return CHAT.replace("device-1", device)


def items(desk: DeskWorld) -> list[Any]:
    found: list[Any] = desk.dynamodb.scan(TableName="Conversations")["Items"]
    return found


def test_a_device_that_sends_too_much_has_to_wait(few_messages: DeskWorld) -> None:
    """The message too many is a 429 with `Retry-After`, and nothing of it is kept."""
    desk = few_messages
    for number in range(3):
        assert desk.say(f"text {number}").status == 200
    before = items(desk)
    answer = desk.say("one too many")
    assert (answer.status, answer.json) == (429, TOO_OFTEN)
    assert 590 <= int(answer.headers["Retry-After"]) <= 600
    assert items(desk) == before
    assert len(desk.messages()) == 3
    assert desk.say("another device", chat_of("device-2")).status == 200
    desk.later(601)
    assert desk.say("later").status == 200


def test_a_new_chat_is_no_way_round_the_limit(few_messages: DeskWorld) -> None:
    """What a device sent into its earlier chats counts, too."""
    for number in range(3):
        assert few_messages.say(f"text {number}", force_new=True).status == 200
    assert few_messages.say("one too many", force_new=True).json == TOO_OFTEN
    assert len(few_messages.simulator.tickets()) == 3


def test_a_repeated_request_is_not_counted(few_messages: DeskWorld) -> None:
    """The same message again is no second one, and is answered also at the limit."""
    desk = few_messages
    for _ in range(5):
        assert desk.say("the same").status == 200
    for number in range(2):
        assert desk.say(f"text {number}").status == 200
    assert desk.say("the same").status == 200
    assert desk.say("new").status == 429


def test_an_address_that_sends_too_much_has_to_wait(small_address: DeskWorld) -> None:
    """Messages of all devices at one address count together; one too many creates nothing."""
    desk = small_address
    for number in range(3):
        for _ in range(2):
            assert desk.say("Hallo", chat_of(f"device-{number}")).status == 200
    answer = desk.say("Hallo", chat_of("device-9"))
    assert (answer.status, answer.json) == (429, TOO_MANY)
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert desk.request("GET", chat_of("device-9")).status == 404
    assert len(desk.simulator.tickets()) == 3
    desk.later(600)
    assert desk.say("Hallo", chat_of("device-9")).status == 200


def test_a_bad_request_is_not_counted(small_address: DeskWorld) -> None:
    """What is refused for another reason uses nothing up."""
    for _ in range(9):
        assert small_address.say("").status == 400
    assert items(small_address) == []
    assert small_address.say("Hallo").status == 200


def test_an_address_that_reads_too_much_has_to_wait(small_address: DeskWorld) -> None:
    """Reads of all routes count together, cost no write, and are free again in the next window."""
    desk = small_address
    desk.say("Hallo")
    before = items(desk)
    for path in (CHAT, "/api/v3/regions/", "/api/v3/regions/augenfeld/", CHAT):
        assert desk.request("GET", path).status == 200
    for path in (CHAT, "/api/v3/regions/", "/api/v3/augenfeld/device-1/is_chat_enabled/"):
        answer = desk.request("GET", path)
        assert (answer.status, answer.json) == (429, TOO_MANY)
        assert 1 <= int(answer.headers["Retry-After"]) <= 600
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"
    assert items(desk) == before
    assert desk.say("reading and writing are counted apart").status == 200
    desk.later(600)
    assert desk.request("GET").status == 200


def test_who_asks_for_nothing_that_is_there_learns_that_first(small_address: DeskWorld) -> None:
    """An unknown region is one, whatever the address did before."""
    for _ in range(6):
        assert small_address.request("GET", chat_of("x").replace("augen", "")).status == 404


def test_an_address_is_not_stored_as_it_is(small_address: DeskWorld) -> None:
    """The counter knows a client by a digest, and is forgotten after its window."""
    small_address.say("Hallo")
    (counter,) = [i for i in items(small_address) if i["pk"]["S"].startswith("Address#")]
    assert "203.0.113.7" not in str(items(small_address))
    assert "ttl" in counter
