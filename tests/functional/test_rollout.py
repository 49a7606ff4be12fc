"""The gradual roll-out (contracts/userchat.md, "Gradual roll-out")."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore.client import BaseClient

from switchboard.adapters.system import RandomIds
from tests.functional.desk_world import DeskWorld
from tests.functional.region_changes import change_region

METHODS_LEFT = ["POST", "PUT", "DELETE"]


def path(device: str = "device-1") -> str:
    return f"/api/v3/augenfeld/{device}/is_chat_enabled/"


def ask(desk: DeskWorld, device: str = "device-1") -> Any:
    answer = desk.request("GET", path(device))
    assert answer.status == 200, answer.body
    assert set(answer.json) == {"is_chat_enabled"}
    return answer.json["is_chat_enabled"]


def items(desk: DeskWorld) -> list[Any]:
    found: list[Any] = desk.dynamodb.scan(TableName="Conversations")["Items"]
    return found


@pytest.mark.parametrize("percentage", [0, 100])
def test_the_first_call_decides_for_good(desk: DeskWorld, percentage: int) -> None:
    """Nobody at 0 %, everybody at 100 %, and a later change of it changes no decision."""
    change_region(desk, beta_tester_percentage=percentage)
    decided = ask(desk)
    assert decided is (percentage == 100)
    change_region(desk, beta_tester_percentage=100 - percentage)
    assert ask(desk) is decided
    assert ask(desk, "device-2") is not decided


def test_about_as_many_as_the_percentage_are_in(
    desk: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of lots drawn evenly, those below the percentage win; drawn once each."""
    drawn = iter(range(100))
    monkeypatch.setattr(RandomIds, "token", lambda self: f"{next(drawn):064x}")
    change_region(desk, beta_tester_percentage=30)
    winners = [ask(desk, f"device-{number}") for number in range(100)]
    assert winners == [True] * 30 + [False] * 70
    assert ask(desk, "device-7") is True


def test_parallel_first_calls_agree(desk: DeskWorld) -> None:
    """However many calls of a new device are the first, all are told the same, then and later."""
    change_region(desk, beta_tester_percentage=50)
    with ThreadPoolExecutor(8) as pool:
        for device in ("a", "b", "c", "d"):
            answers = set(pool.map(lambda _: ask(desk, device), range(8)))  # noqa: B023
            assert answers == {ask(desk, device)}


def test_a_disabled_chat_decides_nothing(desk: DeskWorld) -> None:
    """While the chat is off the answer is no; switched on, the first call decides then."""
    change_region(desk, chat_enabled=False)
    assert ask(desk) is False
    assert items(desk) == []
    change_region(desk, chat_enabled=True)
    assert ask(desk) is True
    change_region(desk, chat_enabled=False)
    assert ask(desk) is False
    change_region(desk, chat_enabled=True)
    assert ask(desk) is True


def test_asking_again_costs_no_write(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that stands is only read: a table that takes no writes is enough."""
    ask(desk)
    desk.later(3600)
    refused = partial(pytest.fail, "a write")
    for operation in ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"):
        call = _without(operation, vars(BaseClient)["_make_api_call"], refused)
        monkeypatch.setattr(BaseClient, "_make_api_call", call)
    assert ask(desk) is True


def _without(operation: str, call: Any, refused: Callable[[], Any]) -> Any:
    def checked(self: Any, name: str, parameters: Any) -> Any:
        return refused() if name == operation else call(self, name, parameters)

    return checked


def test_a_device_left_out_may_still_chat(desk: DeskWorld) -> None:
    """The answer is for the app to show or hide the chat; it locks nobody out."""
    change_region(desk, beta_tester_percentage=0)
    assert ask(desk) is False
    assert desk.say("Hallo").status == 200


def test_the_route_is_like_any_other(desk: DeskWorld) -> None:
    """Both slash forms, HEAD, OPTIONS, 405; unknown regions and impossible ids are 404."""
    assert desk.request("GET", path().rstrip("/")).json == {"is_chat_enabled": True}
    head = desk.request("HEAD", path())
    assert (head.status, head.body) == (200, "")
    assert head.headers["Cache-Control"] == "no-store"
    for method in METHODS_LEFT:
        answer = desk.request(method, path())
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert desk.request("OPTIONS", path("new")).status == 204
    assert len(items(desk)) == 1
    assert desk.request("GET", "/api/v3/nowhere/d/is_chat_enabled/").json == {
        "error": "No Region matches the given query.",
        "code": "region_not_found",
    }
    assert desk.request("GET", path("d.1")).status == 404


def test_the_device_id_is_not_stored(desk: DeskWorld) -> None:
    """A decision is kept under the device's hash, and for a time only."""
    ask(desk, "canary-device")
    (item,) = items(desk)
    assert "canary" not in str(item)
    assert "ttl" in item
