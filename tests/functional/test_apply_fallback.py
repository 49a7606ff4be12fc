"""A chatbot's fallback model in manifests: its record, its key, its faults."""

from __future__ import annotations

import json

import pytest

from switchboard.domain.directory import Fallback
from tests.functional import apply_desk
from tests.functional.apply_desk import ACCOUNT, HOST, Desk, chatbot, lines

desk = apply_desk.desk


def test_a_fallback_is_part_of_the_record(desk: Desk) -> None:
    """Provider, address and model are the record's; both keys are encrypted parameters."""
    other = {
        "provider": "mistral",
        "baseUrl": "https://models.example.org/v1",
        "modelKey": "hush-2",
        "defaultModel": "small",
    }
    manifest = chatbot(provider="openai", modelKey="hush-1", fallback=other)
    desk.apply(ACCOUNT, manifest)
    bot = desk.at(HOST)
    assert bot is not None
    assert bot.fallback is not None
    key = bot.fallback.model_key
    assert bot.fallback == Fallback("mistral", "https://models.example.org/v1", key, "small")
    assert [desk.secret(bot.model_key), desk.secret(key)] == ["hush-1", "hush-2"]
    assert "hush" not in json.dumps(list(desk.records.values()))
    assert lines(desk.apply(manifest)) == ["unchanged Chatbot city/helper"]
    other["modelKey"] = "hush-3"
    assert lines(desk.apply(manifest)) == ["changed Chatbot city/helper"]
    changed = desk.at(HOST)
    assert changed is not None
    assert changed.fallback is not None
    assert desk.secret(changed.fallback.model_key) == "hush-3"


@pytest.mark.parametrize(
    ("config", "provider"),
    [
        ({}, "local"),
        ({"baseUrl": "https://models.example.org/v1"}, "openai"),
        ({"provider": "bedrock", "defaultModel": "m"}, "bedrock"),
    ],
)
def test_the_provider_follows_from_what_is_given(
    desk: Desk, config: dict[str, str], provider: str
) -> None:
    """As for the chatbot's own model: an address means OpenAI's protocol, nothing means `local`."""
    desk.apply(ACCOUNT, chatbot(fallback=config))
    bot = desk.at(HOST)
    assert bot is not None
    assert bot.fallback is not None
    assert bot.fallback.provider == provider


def test_a_chatbot_without_a_fallback_has_none(desk: Desk) -> None:
    """Left out, it is left out."""
    desk.apply(ACCOUNT, chatbot())
    bot = desk.at(HOST)
    assert bot is not None
    assert bot.fallback is None


def test_a_fault_in_it_is_named_with_its_field(desk: Desk) -> None:
    """A key that does not exist and a field that is unknown are told where they stand."""
    fallback = {"provider": "openai", "modelKey": {"secret": "shared/none"}}
    assert desk.errors(ACCOUNT, chatbot(fallback=fallback)) == [
        "spec.config.fallback.modelKey: there is no secret named shared/none"
    ]
    (fault,) = desk.errors(ACCOUNT, chatbot(fallback={"limits": {}}))
    assert fault.startswith("spec.config.fallback.limits: ")
