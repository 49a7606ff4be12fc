"""Identifiers that must not be swapped, and the names the product makes from them."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import NewType

RegionSlug = NewType("RegionSlug", str)
DeviceId = NewType("DeviceId", str)
"""What the app sent. It appears in no ticket, no log and no key: see `DeviceHash`."""
DeviceHash = NewType("DeviceHash", str)
"""SHA-256 of region and device id, 64 hex characters: what storage knows a device by."""
ChatbotId = NewType("ChatbotId", str)
SecretName = NewType("SecretName", str)
"""The name under which a secret is kept; never the secret itself."""
TicketId = NewType("TicketId", int)
ArticleId = NewType("ArticleId", int)
MessageId = NewType("MessageId", str)
"""Our own id of one message, 32 hex characters; the marker on its article is made from it."""
SessionKey = NewType("SessionKey", str)

_PATH_VALUE = re.compile(r"[-A-Za-z0-9_]{1,200}", re.ASCII)
_SESSION_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_API_KEY = re.compile(r"sb_([A-Za-z0-9]{4,32})_[-A-Za-z0-9_]{16,200}", re.ASCII)
_WEBHOOK_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_path_value(value: str) -> bool:
    """True for what may stand as one value in a URL of the user chat (contracts/userchat.md)."""
    return _PATH_VALUE.fullmatch(value) is not None


def is_session_key(value: str) -> bool:
    return _SESSION_KEY.fullmatch(value) is not None


def api_key_id(key: str) -> str | None:
    """The public part of `sb_<id>_<secret>`; None for what cannot be a key."""
    match = _API_KEY.fullmatch(key)
    return match.group(1) if match else None


def webhook_token_digest(token: str) -> str | None:
    """What a webhook's token, a UUID in either case, is stored and found as; None if malformed."""
    return hex_digest(token.lower()) if _WEBHOOK_TOKEN.fullmatch(token) else None


def chatbot_id(account_number: str, name: str) -> ChatbotId:
    """The same for the same account number and name, whatever else of the chatbot changes."""
    return ChatbotId(hex_digest(f"{account_number}/{name}")[:20])


def device_hash(region: RegionSlug, device: DeviceId) -> DeviceHash:
    """One way, and different for the same device in two regions."""
    return DeviceHash(hashlib.sha256(f"{region}\0{device}".encode()).hexdigest())


def pseudonym(device: DeviceHash) -> str:
    """Eight letters and digits an adviser can tell devices apart by, but not learn the id from."""
    return base64.b32encode(bytes.fromhex(device)[:5]).decode()


def chatbot_name(written: str) -> str:
    """The one spelling of a chatbot's name: snake_case.

    `EverlastingGobstopper`, `everlasting-gobstopper` and `everlasting gobstopper` are all
    `everlasting_gobstopper`. What is neither letter nor digit separates words.
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", written.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def host_label(name: str) -> str:
    """The DNS label for a chatbot's name: lower-case, `_` → `-`, other characters dropped, no `--`.

    At most 63 characters, edges trimmed; empty if nothing of the name can stand in a host name.
    """
    label = re.sub(r"[^a-z0-9-]", "", name.lower().replace("_", "-"))
    return re.sub(r"-{2,}", "-", label).strip("-")[:63].strip("-")


def hex_digest(value: str) -> str:
    """SHA-256 in hex: what stands in storage in place of a key or a token."""
    return hashlib.sha256(value.encode()).hexdigest()
