"""What a webhook delivery is made of: the exact bytes of the body, their signature, the headers,
and its record.

Follows the wire contract byte for byte. Sending and repeating is in `dispatcher`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from zammad_simulator.model import Change
from zammad_simulator.settings import AUTOMATIC_SUBJECT, Webhook

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)


def encode_body(payload: object) -> bytes:
    """Compact JSON in UTF-8 with `< > &` and U+2028/9 escaped, every other non-ASCII character
    raw.
    """
    return (
        json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        .translate(_ESCAPE_TABLE)
        .encode()
    )


def signature(body: bytes, token: str) -> str:
    """The value of `X-Hub-Signature`: HMAC-SHA1 over the raw body, the token in UTF-8 as key."""
    return "sha1=" + hmac.new(token.encode(), body, hashlib.sha1).hexdigest()


def headers(webhook: Webhook, delivery_id: str, body: bytes) -> dict[str, str]:
    """The headers of one delivery; signature and authorisation only when configured."""
    result = {
        "Content-Type": webhook.content_type,
        "User-Agent": "Zammad User Agent",
        "X-Zammad-Trigger": webhook.trigger_name,
        "X-Zammad-Delivery": delivery_id,
    }
    if webhook.signature_token:
        result["X-Hub-Signature"] = signature(body, webhook.signature_token)
    if webhook.bearer_token:
        result["Authorization"] = f"Bearer {webhook.bearer_token}"
    elif webhook.basic_auth:
        pair = ":".join(webhook.basic_auth).encode()
        result["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    return result


def wants(webhook: Webhook, change: Change) -> bool:
    """Whether the webhook's trigger fires for this change."""
    if change.article_id is None:
        return webhook.on_attribute_change
    if change.ticket_created and not webhook.on_create:
        return False
    return not (webhook.skip_automatic and AUTOMATIC_SUBJECT in change.subject.lower())


@dataclass
class Attempt:
    """One try: `status` of the answer, or the `error` that kept one from coming. `at` in seconds
    since the epoch.
    """

    number: int
    at: float
    status: int | None = None
    error: str | None = None


@dataclass(eq=False)
class Delivery:
    """A job that posts one change to one webhook. `state`: pending, delivered, failed, or
    discarded (ticket gone).
    """

    id: str
    webhook: Webhook
    ticket_id: int
    article_id: int | None
    state: str = "pending"
    attempts: list[Attempt] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """The record shown at /simulator/deliveries."""
        return {
            "id": self.id,
            "url": self.webhook.url,
            "trigger": self.webhook.trigger_name,
            "ticket_id": self.ticket_id,
            "article_id": self.article_id,
            "state": self.state,
            "attempts": [vars(attempt).copy() for attempt in list(self.attempts)],
        }
