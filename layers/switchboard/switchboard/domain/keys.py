"""Who may use a chatbot: the table of contracts/chatbot.md, section Keys.

Only this module decides. A key that is unknown, revoked or expired gets one and the same answer.
"""

from __future__ import annotations

import hmac

from switchboard.domain.directory import ApiKey, Authentication, Chatbot
from switchboard.domain.errors import Forbidden, Unauthorized
from switchboard.domain.ids import hex_digest

NO_KEY = "An API key is required."
BAD_KEY = "This API key is not valid."


def is_valid(key: str, record: ApiKey | None, now: int) -> bool:
    """Whether `record` is this key's and in force; `now` in milliseconds.

    Digests are compared in constant time, and also when there is no record.
    """
    stored = record.digest if record else ""
    same = hmac.compare_digest(hex_digest(key).encode(), stored.encode())
    if record is None or not same or record.revoked:
        return False
    return record.expires_at is None or now < record.expires_at * 1000


def require_valid(key: str, record: ApiKey | None, now: int) -> ApiKey:
    """The key's record. Raises `Unauthorized` without a key or with one that is not valid."""
    if not key:
        raise Unauthorized(NO_KEY)
    if record is None or not is_valid(key, record, now):
        raise Unauthorized(BAD_KEY)
    return record


def authorise(chatbot: Chatbot, key: str, record: ApiKey | None, now: int) -> ApiKey | None:
    """The key in use, None for an anonymous caller of a public chatbot.

    Raises `Unauthorized`, or `Forbidden` for a valid key of another account or other chatbots.
    """
    if chatbot.authentication is Authentication.PUBLIC:
        return record if is_valid(key, record, now) and _opens(record, chatbot) else None
    known = require_valid(key, record, now)
    if not _opens(known, chatbot):
        raise Forbidden
    return known


def _opens(record: ApiKey | None, chatbot: Chatbot) -> bool:
    if record is None or record.account != chatbot.account:
        return False
    return record.chatbots is None or chatbot.name in record.chatbots
