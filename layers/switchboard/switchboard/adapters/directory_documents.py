"""The Directory table's format: a record is `pk`, `sk` and one JSON document in `doc`.

A chatbot is stored once per way of finding it, each time whole, so that a look-up is one read.
Reading ignores fields it does not know: a newer version may have written them. Nothing here
talks to DynamoDB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, TypeAlias, cast

from switchboard.domain.directory import (
    Account,
    ApiKey,
    AppTexts,
    Authentication,
    Chatbot,
    Directive,
    Fallback,
    Limits,
    Plugin,
    Region,
    WebhookToken,
    ZammadAccess,
)

Record: TypeAlias = Account | Chatbot | Region | ApiKey | WebhookToken

ONLY = "-"
"""The sort key of records that are alone under their partition key."""
REGIONS = "Region"
ACCOUNTS = "Account"
LONGEST_KEY = 1000
"""Bytes; DynamoDB takes 1024 in a sort key."""


class Key(NamedTuple):
    pk: str
    sk: str = ONLY

    @property
    def is_possible(self) -> bool:
        """False for what no stored record can have as its key: reading it would be an error."""
        return all(0 < len(part) <= LONGEST_KEY and part.isascii() for part in self)


def host_key(host: str) -> Key:
    return Key(f"Host#{host}")


def chatbot_key(chatbot_id: str) -> Key:
    return Key(f"Chatbot#{chatbot_id}")


def named_key(account: str, name: str) -> Key:
    return Key(f"Named#{account}", name)


def region_key(slug: str) -> Key:
    return Key(REGIONS, slug)


def account_key(name: str) -> Key:
    return Key(ACCOUNTS, name)


def api_key_key(key_id: str) -> Key:
    return Key(f"ApiKey#{key_id}")


def webhook_token_key(digest: str) -> Key:
    return Key(f"WebhookToken#{digest}")


def is_look_up(key: Key) -> bool:
    """True for the records that are made from manifests, and may be made anew at any time."""
    kind, mark, _ = key.pk.partition("#")
    if mark:
        return kind in ("Host", "Chatbot", "Named", "ApiKey", "WebhookToken")
    return kind in (REGIONS, ACCOUNTS)


def keys_of(record: Record) -> tuple[Key, ...]:
    """Every key the record is found by; a chatbot has one for each of its host names besides."""
    match record:
        case Account():
            return (account_key(record.name),)
        case Region():
            return (region_key(record.slug),)
        case ApiKey():
            return (api_key_key(record.id),)
        case WebhookToken():
            return (webhook_token_key(record.digest),)
        case Chatbot():
            by_host = (host_key(host) for host in record.hostnames)
            return (chatbot_key(record.id), named_key(record.account, record.name), *by_host)


def encode(record: Record) -> str:
    """The record as its JSON document: every field, in the order of the dataclass."""
    return to_json(asdict(record))


def to_json(document: Any) -> str:
    """Compact JSON. Raises `ValueError` for NaN and infinity, which JSON does not have."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def chatbot_from(document: str) -> Chatbot:
    values = _known(Chatbot, json.loads(document))
    values["authentication"] = Authentication(values.get("authentication", "key"))
    values["limits"] = Limits(**_known(Limits, values.get("limits", {})))
    values["app"] = _app_texts(values.get("app", {}))
    if values.get("fallback") is not None:
        values["fallback"] = Fallback(**_known(Fallback, values["fallback"]))
    values["plugins"] = tuple(_plugin(plugin) for plugin in values.get("plugins", ()))
    return Chatbot(**_tuples(values, "hostnames", "allowed_origins", "functions"))


def region_from(document: str) -> Region:
    values = _known(Region, json.loads(document))
    if values.get("zammad") is not None:
        access = _known(ZammadAccess, values["zammad"])
        values["zammad"] = ZammadAccess(**_tuples(access, "webhook_secrets"))
    return Region(**_tuples(values, "languages", "allowed_attachment_types", "allowed_origins"))


def api_key_from(document: str) -> ApiKey:
    return ApiKey(**_tuples(_known(ApiKey, json.loads(document)), "chatbots"))


def webhook_token_from(document: str) -> WebhookToken:
    return WebhookToken(**_tuples(_known(WebhookToken, json.loads(document)), "webhook_secrets"))


def _app_texts(document: Mapping[str, Any]) -> AppTexts:
    return AppTexts(**_tuples(_known(AppTexts, document), "example_prompts"))


def _plugin(document: Mapping[str, Any]) -> Plugin:
    values = _known(Plugin, document)
    values["directive"] = Directive(values["directive"])
    return Plugin(**_tuples(values, "search_terms"))


def _known(kind: type[Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """What of the document the slotted dataclass `kind` has fields for."""
    names = cast("tuple[str, ...]", kind.__slots__)
    return {name: document[name] for name in names if name in document}


def _tuples(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """The values with these lists as tuples; None and what is absent stay as they are."""
    for name in names:
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return values
