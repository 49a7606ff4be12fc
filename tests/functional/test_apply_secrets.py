"""Secrets, keys and webhook tokens in manifests: where they go, and where they never appear."""

from __future__ import annotations

import json

import pytest

from switchboard.domain.ids import RegionSlug, hex_digest, webhook_token_digest
from tests.functional import apply_desk
from tests.functional.apply_desk import (
    ACCOUNT,
    HOST,
    KEY,
    WEBHOOK_TOKEN,
    Desk,
    api_key,
    chatbot,
    lines,
    region,
)

desk = apply_desk.desk


def test_no_secret_stands_in_the_table(desk: Desk) -> None:
    """Tokens, signing secrets and model keys are encrypted parameters; keys are digests."""
    desk.apply(
        ACCOUNT,
        chatbot(modelKey="hush-model", provider="openai"),
        region(token="hush-token", webhookToken=WEBHOOK_TOKEN, webhookSecret=["hush-1", "hush-2"]),
        api_key(value=KEY),
    )
    table = json.dumps(list(desk.records.values()))
    assert "hush" not in table
    assert WEBHOOK_TOKEN not in table
    assert KEY not in table
    assert sorted(desk.secrets.values()) == ["hush-1", "hush-2", "hush-model", "hush-token"]
    found = desk.directory.region(RegionSlug("r1"))
    bot = desk.at(HOST)
    assert bot is not None
    assert found is not None
    assert found.zammad is not None
    assert desk.secret(bot.model_key) == "hush-model"
    assert desk.secret(found.zammad.token) == "hush-token"
    assert [desk.secret(name) for name in found.zammad.webhook_secrets] == ["hush-1", "hush-2"]


def test_a_changed_secret_is_a_changed_record(desk: Desk) -> None:
    """A new token has a new name, so functions use it as soon as they see the region anew."""
    desk.apply(ACCOUNT, region(token="old"))
    assert lines(desk.apply(region(token="old"))) == ["unchanged Region city/r1"]
    before = desk.directory.region(RegionSlug("r1"))
    assert lines(desk.apply(region(token="new"))) == ["changed Region city/r1"]
    after = desk.directory.region(RegionSlug("r1"))
    assert before is not None
    assert after is not None
    assert before.zammad is not None
    assert after.zammad is not None
    assert before.zammad.token != after.zammad.token
    assert desk.secret(after.zammad.token) == "new"


def test_a_secret_stored_by_other_means_is_used_by_name(desk: Desk) -> None:
    """`{secret: NAME}` names a parameter under the stack's prefix, which must exist."""
    named = region(token={"secret": "shared/zammad"}, webhookToken={"secret": "shared/hook"})
    assert desk.errors(ACCOUNT, named) == [
        "spec.zammad.token: there is no secret named shared/zammad",
        "spec.zammad.webhookToken: there is no secret named shared/hook",
    ]
    desk.store.put_secret("shared/zammad", "zt-9")
    desk.store.put_secret("shared/hook", "not a uuid")
    assert desk.errors(ACCOUNT, named) == ["spec.zammad.webhookToken: should be a UUID"]
    desk.store.put_secret("shared/hook", WEBHOOK_TOKEN)
    desk.apply(ACCOUNT, named)
    found = desk.directory.region(RegionSlug("r1"))
    assert found is not None
    assert found.zammad is not None
    assert desk.secret(found.zammad.token) == "zt-9"
    assert desk.directory.webhook_token(hex_digest(WEBHOOK_TOKEN)) is not None


@pytest.mark.parametrize("written", [WEBHOOK_TOKEN, WEBHOOK_TOKEN.upper()])
def test_a_webhook_token_opens_every_region_of_its_server(desk: Desk, written: str) -> None:
    """The record names all regions on the same help desk, each with its chat flag."""
    desk.apply(ACCOUNT, region("r1", webhookToken=written, webhookSecret="sig"))
    desk.apply(
        region("r2", enabled=False, url="https://DESK.example.org/api/v1/"),
        region("r3", url="https://desk.example.org/two"),
    )
    digest = webhook_token_digest(WEBHOOK_TOKEN)
    assert digest is not None
    token = desk.directory.webhook_token(digest)
    assert token is not None
    assert (token.region, token.server_url) == ("r1", "https://desk.example.org")
    assert token.regions == {"r1": True, "r2": False}
    assert [desk.secret(name) for name in token.webhook_secrets] == ["sig"]
    desk.apply(region("r1"))
    assert desk.directory.webhook_token(digest) is None


def test_a_key_without_value_is_made_once(desk: Desk) -> None:
    """The new key is given back once; applying again neither changes nor shows it."""
    made = desk.apply(ACCOUNT, chatbot(), api_key(chatbots=["helper"]))[2].new_key
    prefix, key_id, secret = made.split("_", 2)
    assert prefix == "sb"
    assert len(secret) >= 43
    assert made not in json.dumps(list(desk.records.values()))
    assert made not in desk.secrets.values()
    record = desk.directory.api_key(key_id)
    assert record is not None
    assert (record.digest, record.chatbots) == (hex_digest(made), ("helper",))
    (again,) = desk.apply(api_key(chatbots=["helper"]))
    assert (again.action, again.new_key) == ("unchanged", "")
    desk.apply(api_key())
    wider = desk.directory.api_key(key_id)
    assert wider is not None
    assert (wider.digest, wider.chatbots) == (hex_digest(made), None)


def test_a_replaced_key_stops_working(desk: Desk) -> None:
    """When a key's value changes, the old one is no longer known."""
    desk.apply(ACCOUNT, api_key(value=KEY, expires="2027-12-31"))
    record = desk.directory.api_key("demo")
    assert record is not None
    assert record.expires_at == 1830297600
    desk.apply(api_key(value="sb_next_0123456789abcdef"))
    assert desk.directory.api_key("demo") is None
    assert desk.directory.api_key("next") is not None


def test_a_chatbot_may_name_its_key(desk: Desk) -> None:
    """`spec.apiKey` adds the chatbot to those the key is good for."""
    naming = chatbot("second")
    naming["spec"]["apiKey"] = "demo"
    desk.apply(ACCOUNT, chatbot(), naming, api_key(value=KEY, chatbots=["helper"]))
    record = desk.directory.api_key("demo")
    assert record is not None
    assert record.chatbots == ("helper", "second")
