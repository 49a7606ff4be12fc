"""One suite for whatever serves the configuration: the fake of the tests, and DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from switchboard.adapters import directory_documents as documents
from switchboard.adapters.directory_documents import Record
from switchboard.adapters.dynamodb_directory import (
    DynamoDbDirectory,
)
from switchboard.domain.directory import (
    Chatbot,
    Region,
)
from switchboard.ports.directory import DirectoryRepository
from tests.contract.directory_records import (
    BARE_REGION,
    BOT,
    KEY,
    PLUGIN,
    RECORDS,
    REGION,
    TOKEN,
    WIDE_KEY,
    Find,
    Table,
    open_table,
)
from tests.fakes.aws_directory import TABLE
from tests.fakes.clock import HandClock
from tests.fakes.directory import InMemoryDirectory


@pytest.fixture
def table() -> Iterator[Table]:
    with open_table() as opened:
        yield opened


class Make(Protocol):
    def __call__(self, *records: Record) -> DirectoryRepository: ...


@pytest.fixture(params=["in memory", "DynamoDB"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "in memory":
        return InMemoryDirectory
    table: Table = request.getfixturevalue("table")

    def on_dynamodb(*records: Record) -> DirectoryRepository:
        table.put(*records)
        return DynamoDbDirectory(table.client, TABLE, HandClock())

    return on_dynamodb


WAYS: dict[str, tuple[Find, object]] = {
    "region": (lambda d: d.region(REGION.slug), REGION),
    "region without help desk": (lambda d: d.region(BARE_REGION.slug), BARE_REGION),
    "chatbot by id": (lambda d: d.chatbot(BOT.id), BOT),
    "chatbot by name": (lambda d: d.chatbot_named("city", "customer_support"), BOT),
    "chatbot by another spelling": (lambda d: d.chatbot_named("city", "CustomerSupport"), BOT),
    "key": (lambda d: d.api_key("ab12"), KEY),
    "key of the whole account": (lambda d: d.api_key("cd34"), WIDE_KEY),
    "webhook token": (lambda d: d.webhook_token("f" * 64), TOKEN),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_record_comes_back_as_it_was_stored(make: Make, way: str) -> None:
    """Every field of a record survives storage, whichever way the record is looked up."""
    find, expected = WAYS[way]
    assert find(make(*RECORDS)) == expected


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_there_is_none(make: Make, way: str) -> None:
    """A look-up of something unknown is an answer, not an error."""
    find, _ = WAYS[way]
    assert find(make()) is None


def test_regions_come_sorted_by_slug(make: Make) -> None:
    """The list of regions holds each region once, in the order of the slugs."""
    assert tuple(make(*RECORDS).regions()) == (REGION, BARE_REGION)


def test_no_regions_is_an_empty_list(make: Make) -> None:
    """A stack to which nothing was applied has an empty list of regions."""
    assert tuple(make().regions()) == ()


@pytest.mark.parametrize("host", BOT.hostnames)
def test_a_chatbot_is_found_at_each_of_its_hosts_together_with_the_key(
    make: Make, host: str
) -> None:
    """One look-up by host name gives the chatbot and the API key."""
    assert make(*RECORDS).chatbot_at(host, "ab12") == (BOT, KEY)


@pytest.mark.parametrize(
    "host",
    [
        "customer-support.3141-5926-5359.api.localhost.example.org",
        "support.3141-5926-5359.api.localhost",
        "api.localhost",
        "",
        "h" * 3000,
        "bücher.example.org",
        "\ud800",
    ],
)
def test_only_the_exact_host_finds_a_chatbot(make: Make, host: str) -> None:
    """Neither part of a host name nor more than it, nor anything that is none, finds a chatbot."""
    assert make(*RECORDS).chatbot_at(host, "ab12") == (None, KEY)


@pytest.mark.parametrize("key_id", [None, "", "zz99", "k" * 3000, "ключ"])
def test_a_chatbot_is_found_without_a_known_key(make: Make, key_id: str | None) -> None:
    """A missing or unknown key does not hide the chatbot; judging it is not the directory's."""
    assert make(*RECORDS).chatbot_at(BOT.hostnames[0], key_id) == (BOT, None)


def test_another_accounts_chatbot_is_not_found_by_name(make: Make) -> None:
    """A chatbot's name counts within its account only."""
    assert make(*RECORDS).chatbot_named("elsewhere", "customer_support") is None


@pytest.mark.parametrize(
    ("record", "find"),
    [
        (BOT, lambda d: d.chatbot(BOT.id)),
        (REGION, lambda d: d.region(REGION.slug)),
        (KEY, lambda d: d.api_key(KEY.id)),
        (TOKEN, lambda d: d.webhook_token(TOKEN.digest)),
    ],
)
def test_fields_of_a_newer_version_are_ignored(table: Table, record: Record, find: Find) -> None:
    """A record that a newer version wrote, with fields unknown here at any depth, is readable."""
    document = documents.encode(record)
    if isinstance(record, Chatbot | Region):
        document = document.replace(':{"', ':{"added_later":{"x":1},"').replace(
            '[{"', '[{"added_later":[1],"'
        )
    table.put_document(record, '{"added_at_the_top":true,' + document[1:])
    found = find(DynamoDbDirectory(table.client, TABLE, HandClock()))
    if isinstance(record, Chatbot):
        assert isinstance(found, Chatbot)
        assert (found.limits, found.app, found.plugins[0].name) == (
            record.limits,
            record.app,
            PLUGIN.name,
        )
    else:
        assert found == record
