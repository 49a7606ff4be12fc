"""A directory of 10,000 chatbots and 1,000 plugins: looking one up costs what it costs with ten.

Counted, not timed: the calls, the items that come back, and their bytes. The records are those
that manifests make; the clock and the memory of each look-up are new, so that it is a cold one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from switchboard.adapters.directory_documents import encode, keys_of
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.domain.ids import chatbot_id
from switchboard_cli.manifests import DirectoryStore, Manifest
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.loading import parse
from switchboard_cli.manifests.reading import Document
from switchboard_cli.manifests.records import look_up_records
from tests.fakes.aws_directory import aws_directory
from tests.fakes.clock import HandClock
from tests.functional.watched_dynamodb import Price, priced
from tests.tables import AWS

ACCOUNT_ID = "123456789012"
"""Of the AWS account that moto plays."""
NUMBER = "1234-5678-9012"
HOST = f"bot7.{NUMBER}.api.example.org"
KEY_ID = "demo"
SIZES = {"small": (10, 10), "large": (10_000, 1_000)}
"""Chatbots and plugins; each chatbot has three of the plugins."""

Find = Callable[[DynamoDbDirectory], object]
LOOK_UPS: dict[str, tuple[Find, str]] = {
    "host with key": (lambda d: d.chatbot_at(HOST, KEY_ID), "BatchGetItem"),
    "host": (lambda d: d.chatbot_at(HOST, None), "GetItem"),
    "id": (lambda d: d.chatbot(chatbot_id(NUMBER, "bot7")), "GetItem"),
    "name": (lambda d: d.chatbot_named("city", "bot7"), "GetItem"),
    "key": (lambda d: d.api_key(KEY_ID), "GetItem"),
    "unknown host": (lambda d: d.chatbot_at(f"x.{HOST}", None), "GetItem"),
}

Prices = dict[str, dict[str, Price]]


def manifests(chatbots: int, plugins: int) -> Iterator[Manifest]:
    yield manifest("Account", "city", {"accountNumber": NUMBER})
    data = {"selector": {"directive": "always"}, "data": {"staticData": {"en": "x" * 200}}}
    for number in range(plugins):
        yield manifest("Plugin", f"plugin{number}", data, account="city", pluginClass="static")
    for number in range(chatbots):
        names = [f"plugin{(number + step) % plugins}" for step in range(3)]
        yield manifest("Chatbot", f"bot{number}", {"plugins": names}, account="city")
    key = {"value": {"id": KEY_ID, "digest": "0" * 64}}
    yield manifest("ApiKey", "demo", key, account="city")


def manifest(kind: str, name: str, spec: dict[str, Any], **metadata: str) -> Manifest:
    content = {"kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}
    return parse(Document("large", {"apiVersion": "switchboard/v1", **content}))


def fill(store: DirectoryStore, chatbots: int, plugins: int) -> int:
    """Stores every record of these, and says how many; straight into moto, for it to be quick."""
    table = dynamodb_backends[ACCOUNT_ID][AWS["region_name"]].tables[store.table]
    everything = list(manifests(chatbots, plugins))
    texts = {item.key: item.to_json() for item in everything}
    for record in look_up_records(Catalogue(everything, store.api_domain)):
        texts |= dict.fromkeys(keys_of(record), encode(record))
    for key, text in texts.items():
        table.put_item({"pk": {"S": key.pk}, "sk": {"S": key.sk}, "doc": {"S": text}})
    return len(texts)


@pytest.fixture(scope="module")
def prices() -> Prices:
    """By the size of the directory and by the look-up."""
    found: Prices = {}
    for size, (chatbots, plugins) in SIZES.items():
        found[size] = {}
        with aws_directory() as store:
            assert fill(store, chatbots, plugins) > 5 * chatbots
            for name, (find, _) in LOOK_UPS.items():
                with priced(store.dynamodb) as price:
                    result = find(DynamoDbDirectory(store.dynamodb, store.table, HandClock()))
                assert ("7" in repr(result)) is (name not in ("key", "unknown host"))
                found[size][name] = price
    return found


@pytest.mark.parametrize("look_up", LOOK_UPS)
def test_a_look_up_costs_what_it_costs_with_ten(prices: Prices, look_up: str) -> None:
    """One read by key, never a query or a scan; the same items in the same bytes."""
    large, small = prices["large"][look_up], prices["small"][look_up]
    assert large == small
    assert large.operations == [LOOK_UPS[look_up][1]]
    assert large.items == {"host with key": 2, "unknown host": 0}.get(look_up, 1)


def test_a_chatbots_record_holds_its_own_plugins_only(prices: Prices) -> None:
    """A look-up reads the bot with its three plugins: some KB, of a directory of many MB."""
    assert 600 < prices["large"]["host"].read < 4096
