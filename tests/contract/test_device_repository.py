"""The same suite against the table in moto and the fake that unit tests use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_devices import KEPT_MS, DynamoDbDevices
from switchboard.domain.chat import DAY_MS, Chat, ChatKey
from switchboard.domain.ids import DeviceHash, RegionSlug
from tests.fakes.clock import NOON
from tests.fakes.devices import InMemoryDevices
from tests.tables import conversations_table

REGION = RegionSlug("augenfeld")
DEVICE = DeviceHash("d" * 64)
OTHER = DeviceHash("e" * 64)
Devices = InMemoryDevices | DynamoDbDevices


@pytest.fixture
def table() -> Iterator[tuple[Any, str]]:
    with conversations_table() as opened:
        yield opened


@pytest.fixture(params=["memory", "dynamodb"])
def devices(request: pytest.FixtureRequest) -> Devices:
    if request.param == "memory":
        return InMemoryDevices()
    return DynamoDbDevices(*request.getfixturevalue("table"))


def test_nothing_is_decided_at_first(devices: Devices) -> None:
    """A device that never asked has no decision, and asking makes none."""
    assert devices.admitted(REGION, DEVICE, NOON) is None
    assert devices.admitted(REGION, DEVICE, NOON) is None


@pytest.mark.parametrize("first", [True, False])
def test_the_first_decision_holds(devices: Devices, first: bool) -> None:
    """Who decides second learns what the first decided."""
    assert devices.admit(REGION, DEVICE, first, NOON) is first
    assert devices.admit(REGION, DEVICE, not first, NOON) is first
    assert devices.admitted(REGION, DEVICE, NOON + DAY_MS) is first


def test_devices_and_regions_decide_apart(devices: Devices) -> None:
    """One device's decision in one region says nothing about another's."""
    devices.admit(REGION, DEVICE, True, NOON)
    assert devices.admitted(REGION, OTHER, NOON) is None
    assert devices.admitted(RegionSlug("other"), DEVICE, NOON) is None


def test_a_forgotten_device_is_undecided(devices: Devices) -> None:
    """Forgetting takes the device's decision and nobody else's, and may be repeated."""
    devices.admit(REGION, DEVICE, True, NOON)
    devices.admit(REGION, OTHER, True, NOON)
    devices.forget(REGION, DEVICE)
    devices.forget(REGION, DEVICE)
    assert devices.admitted(REGION, DEVICE, NOON) is None
    assert devices.admitted(REGION, OTHER, NOON) is True


def test_a_decision_in_use_does_not_run_out(table: tuple[Any, str]) -> None:
    """Asked for once a year a decision is kept; unused for 400 days it is as if never made."""
    devices = DynamoDbDevices(*table)
    devices.admit(REGION, DEVICE, False, NOON)
    now = NOON
    for _ in range(4):
        now += 390 * DAY_MS
        assert devices.admitted(REGION, DEVICE, now) is False
    now += KEPT_MS + DAY_MS
    assert devices.admitted(REGION, DEVICE, now) is None
    assert devices.admit(REGION, DEVICE, True, now) is True


def test_forgetting_leaves_a_chat_alone(table: tuple[Any, str]) -> None:
    """A chat begun while the device is being forgotten keeps all its parts; orphans go."""
    client, name = table
    chats, devices = DynamoDbChats(client, name), DynamoDbDevices(client, name)
    begun = chats.save(Chat(ChatKey(REGION, DEVICE, 2), "de", NOON))
    for sk in ("Body#00000001#0#000", "Body#00000002#0#000"):
        item = {"pk": {"S": f"Chat#{REGION}#{DEVICE}"}, "sk": {"S": sk}}
        client.put_item(TableName=name, Item=item)
    devices.forget(REGION, DEVICE)
    assert chats.current(REGION, DEVICE) == begun
    left = {item["sk"]["S"] for item in client.scan(TableName=name)["Items"]}
    assert left == {"Body#00000002#0#000", "Chat#00000002"}
