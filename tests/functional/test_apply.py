"""Applying manifests to a directory in moto, seen through the look-ups that functions make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchboard.domain.directory import Authentication, Directive, Plugin
from switchboard_cli.manifests import (
    DirectoryStore,
)
from tests.functional import apply_desk
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    KEY,
    NUMBER,
    WEBHOOK_TOKEN,
    Desk,
    api_key,
    chatbot,
    lines,
    plugin,
    region,
)

desk = apply_desk.desk


def test_apply_says_what_became_of_each_manifest(desk: Desk) -> None:
    """The first time created, then unchanged, and changed only where something differs."""
    assert lines(desk.apply(ACCOUNT, chatbot(), region())) == [
        "created Account city",
        "created Chatbot city/helper",
        "created Region city/r1",
    ]
    before = desk.records
    again = desk.apply(ACCOUNT, chatbot(), region())
    assert {change.action for change in again} == {"unchanged"}
    assert desk.records == before
    assert lines(desk.apply(chatbot(appName="Desk"), region())) == [
        "changed Chatbot city/helper",
        "unchanged Region city/r1",
    ]


def test_a_chatbot_is_found_in_every_way_with_all_it_needs(desk: Desk) -> None:
    """By both forms of its host, by id and by name, complete with its plugins."""
    desk.apply(
        ACCOUNT,
        plugin(),
        chatbot(
            plugins=("Hours",),
            defaultTemperature=0,
            authentication="public",
            appExamplePrompts=["Open?"],
            limits={"tokensPerDay": 5},
        ),
    )
    bot = desk.at(HOST)
    assert bot is not None
    assert bot.hostnames == (HOST, f"helper--{NUMBER}.api.example.org")
    assert bot == desk.at(bot.hostnames[1])
    assert bot == desk.directory.chatbot(bot.id)
    assert bot == desk.directory.chatbot_named("city", "Helper")
    assert (bot.account, bot.account_number, bot.provider) == ("city", NUMBER, "local")
    assert (bot.temperature, bot.limits.tokens_per_day) == (0, 5)
    assert (bot.authentication, bot.app.example_prompts) == (Authentication.PUBLIC, ("Open?",))
    assert bot.plugins == (
        Plugin(
            name="hours",
            plugin_class="static",
            directive=Directive.SEARCH_TERMS,
            search_terms=("open",),
            system_role="Be exact.",
            description="When we are open",
            data={"staticData": {"en": "nine to five"}},
        ),
    )


def test_a_changed_plugin_reaches_chatbots_applied_earlier(desk: Desk) -> None:
    """Applying a plugin alone renews the records of every chatbot that uses it."""
    desk.apply(ACCOUNT, plugin(en="old"), chatbot(plugins=("hours",)), chatbot("other"))
    assert lines(desk.apply(plugin(en="new"))) == ["changed Plugin city/hours"]
    bot = desk.at(HOST)
    assert bot is not None
    assert bot.plugins[0].data == {"staticData": {"en": "new"}}


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({"subdomain": "Front_Desk"}, f"front-desk.{NUMBER}.api.example.org"),
        ({"deployed": False}, None),
    ],
)
def test_hosts_that_a_chatbot_no_longer_has_go_away(
    desk: Desk, config: dict[str, Any], host: str | None
) -> None:
    """After a change of the host, or when it is no longer deployed, the old host is unknown."""
    desk.apply(ACCOUNT, chatbot())
    bot = desk.at(HOST)
    assert bot is not None
    desk.apply(chatbot(**config))
    assert desk.at(HOST) is None
    assert desk.at(f"helper--{NUMBER}.api.example.org") is None
    moved = desk.directory.chatbot(bot.id)
    assert moved is not None
    assert moved.hostnames[:1] == ((host,) if host else ())
    if host is not None:
        assert desk.at(host) == moved


def test_another_api_domain_moves_all_hosts(desk: Desk) -> None:
    """Whatever is applied next after the stack's domain changed moves every chatbot."""
    desk.apply(ACCOUNT, chatbot())
    store = desk.store
    desk.store = DirectoryStore(
        store.dynamodb, store.ssm, store.table, store.secrets_prefix, "alpha.api.example.org"
    )
    desk.apply(ACCOUNT)
    assert desk.at(HOST) is None
    assert desk.at(f"helper.{NUMBER}.alpha.api.example.org") is not None


def test_a_host_label_longer_than_dns_allows_is_left_out(desk: Desk) -> None:
    """With a long name the form in one label does not exist; the other one does."""
    desk.apply(ACCOUNT, chatbot("x" * 48))
    bot = desk.at(f"{'x' * 48}.{NUMBER}.api.example.org")
    assert bot is not None
    assert len(bot.hostnames) == 1


def test_a_custom_domain_serves_nothing_until_it_is_verified(desk: Desk) -> None:
    """`customDomain` is kept with the manifest, and no look-up finds it."""
    desk.apply(ACCOUNT, chatbot(customDomain="bot.customer.org"))
    assert desk.at("bot.customer.org") is None
    assert desk.at(HOST) is not None


def test_more_than_one_transaction_is_applied_whole(desk: Desk) -> None:
    """More records than DynamoDB takes at once arrive all the same, and go again."""
    many = [chatbot(f"bot{number}", plugins=("hours",)) for number in range(30)]
    desk.apply(ACCOUNT, plugin(en="x" * 30_000), *many)
    for number in (0, 29):
        assert desk.at(f"bot{number}.{NUMBER}.api.example.org") is not None
    hidden = [chatbot(f"bot{number}", deployed=False) for number in range(30)]
    desk.apply(*hidden)
    assert [key for key in desk.records if key.pk.startswith("Host#")] == []


def test_what_apply_does_not_know_is_left_alone(desk: Desk) -> None:
    """Records of a kind that manifests do not make survive."""
    item = {"pk": {"S": "Verified#bot.customer.org"}, "sk": {"S": "-"}, "doc": {"S": "{}"}}
    desk.store.dynamodb.put_item(TableName=desk.store.table, Item=item)
    desk.apply(ACCOUNT, chatbot())
    assert "{}" in desk.records.values()


def test_a_stored_manifest_can_be_applied_again(desk: Desk) -> None:
    """What the directory keeps of manifests are manifests, and applying them changes nothing."""
    desk.apply(
        ACCOUNT,
        plugin(),
        chatbot(plugins=("hours",), modelKey="hush"),
        region(webhookToken=WEBHOOK_TOKEN, webhookSecret=["a", "b"]),
        api_key(value=KEY),
    )
    stored = [json.loads(t) for key, t in desk.records.items() if key.pk.startswith("Manifest#")]
    before = desk.records, desk.secrets
    assert {change.action for change in desk.apply(*stored)} == {"unchanged"}
    assert (desk.records, desk.secrets) == before
