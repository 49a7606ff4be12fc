"""How often DynamoDB is asked for the configuration, and how old an answer may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from switchboard.adapters.dynamodb_directory import (
    BATCH_ATTEMPTS,
    HIT_MS,
    MISS_MS,
    DynamoDbDirectory,
)
from switchboard.domain.ids import RegionSlug
from tests.contract.directory_records import (
    BARE_REGION,
    BOT,
    KEY,
    RECORDS,
    REGION,
    WIDE_KEY,
    Find,
    Table,
    open_table,
)
from tests.fakes.aws_directory import TABLE
from tests.fakes.clock import NOON, HandClock


@pytest.fixture
def table() -> Iterator[Table]:
    with open_table() as opened:
        yield opened


def test_chatbot_and_key_cost_one_read(table: Table) -> None:
    """A cold request reads the chatbot and the key together, a warm one reads nothing."""
    table.put(*RECORDS)
    directory = DynamoDbDirectory(table.client, TABLE, HandClock())
    for _ in range(3):
        assert directory.chatbot_at(BOT.hostnames[0], "ab12") == (BOT, KEY)
    assert table.calls == ["BatchGetItem"]


def test_the_uncached_half_is_read_alone(table: Table) -> None:
    """A second key at a known host costs one plain read, not the chatbot again."""
    table.put(*RECORDS)
    directory = DynamoDbDirectory(table.client, TABLE, HandClock())
    directory.chatbot_at(BOT.hostnames[0], "ab12")
    assert directory.chatbot_at(BOT.hostnames[0], "cd34") == (BOT, WIDE_KEY)
    assert table.calls == ["BatchGetItem", "GetItem"]


@pytest.mark.parametrize(
    "look",
    [
        lambda d: d.chatbot_at("h" * 3000, "k" * 3000)[0],
        lambda d: d.chatbot_at("bücher.example.org", None)[0],
        lambda d: d.chatbot_at("\ud800", "\ud800")[0],
        lambda d: d.region(RegionSlug("")),
        lambda d: d.chatbot_named("city", "???"),
        lambda d: d.webhook_token("f" * 3000),
    ],
)
def test_what_no_record_can_be_found_by_is_not_asked_for(table: Table, look: Find) -> None:
    """A name that DynamoDB would refuse as a key is simply unknown, without a call."""
    table.put(*RECORDS)
    assert look(DynamoDbDirectory(table.client, TABLE, HandClock())) is None
    assert table.calls == []


def test_a_change_is_seen_after_a_minute(table: Table) -> None:
    """What was found is served from memory for 60 s and no longer: a revoked key stops then."""
    table.put(KEY)
    clock = HandClock()
    directory = DynamoDbDirectory(table.client, TABLE, clock)
    directory.api_key(KEY.id)
    revoked = replace(KEY, revoked=True)
    table.put(revoked)
    clock.time += HIT_MS - 1
    assert directory.api_key(KEY.id) == KEY
    clock.time += 1
    assert directory.api_key(KEY.id) == revoked


@pytest.mark.parametrize(
    "look", [lambda d: d.region(REGION.slug), lambda d: next(iter(d.regions()), None)]
)
def test_something_new_is_seen_after_ten_seconds(table: Table, look: Find) -> None:
    """What was not found is asked for again after 10 s, and not before."""
    clock = HandClock()
    directory = DynamoDbDirectory(table.client, TABLE, clock)
    assert look(directory) is None
    table.put(REGION)
    clock.time += MISS_MS - 1
    assert look(directory) is None
    clock.time += 1
    assert look(directory) == REGION


def test_regions_are_read_page_by_page(table: Table) -> None:
    """A list of regions that does not fit one answer of DynamoDB is still complete."""
    texts = "x" * 300_000
    many = [
        replace(BARE_REGION, slug=RegionSlug(f"r{n}"), privacy_policy_url=texts) for n in range(5)
    ]
    table.put(*many)
    found = DynamoDbDirectory(table.client, TABLE, HandClock()).regions()
    assert [region.slug for region in found] == ["r0", "r1", "r2", "r3", "r4"]
    assert len(table.calls) > 1


def test_memory_stays_bounded(table: Table) -> None:
    """However many unknown names are asked for, the newest answers are kept and old ones go."""
    table.put(KEY, WIDE_KEY)
    directory = DynamoDbDirectory(table.client, TABLE, HandClock(), keep=10)
    directory.api_key(KEY.id)
    for number in range(10):
        directory.webhook_token(f"unknown{number}")
    directory.api_key(WIDE_KEY.id)
    table.calls.clear()
    directory.api_key(WIDE_KEY.id)
    assert table.calls == []
    directory.api_key(KEY.id)
    assert table.calls == ["GetItem"]


@dataclass
class Throttled:
    """A DynamoDB client that leaves `leaves_out` batches wholly or partly unprocessed."""

    client: Any
    leaves_out: int

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        if not self.leaves_out:
            return self.client.batch_get_item(RequestItems=RequestItems)
        self.leaves_out -= 1
        keys = RequestItems[TABLE]["Keys"]
        answer = self.client.batch_get_item(RequestItems={TABLE: {"Keys": keys[1:] or keys}})
        if len(keys) == 1:
            answer["Responses"] = {}
        answer["UnprocessedKeys"] = {TABLE: {"Keys": keys[:1]}}
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


@pytest.mark.parametrize("leaves_out", [1, BATCH_ATTEMPTS - 1, BATCH_ATTEMPTS, 99])
def test_what_a_batch_leaves_out_is_read_all_the_same(table: Table, leaves_out: int) -> None:
    """A key that DynamoDB did not process is asked for again, never taken for missing."""
    table.put(*RECORDS)
    clock = HandClock()
    directory = DynamoDbDirectory(Throttled(table.client, leaves_out), TABLE, clock)
    assert directory.chatbot_at(BOT.hostnames[0], "ab12") == (BOT, KEY)
    assert NOON < clock.now() < NOON + 1000
