"""Is this webhook from the help desk? Its token and its signature (contracts/zammad.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from switchboard.api.http import Request


def token_of(request: Request) -> str:
    """From `?token=` or `Authorization: Bearer`; empty if there is none."""
    token = request.query.get("token", "")
    if not token:
        scheme, _, value = request.header("authorization").partition(" ")
        token = value.strip() if scheme.lower() == "bearer" else ""
    return token


def is_signed(request: Request, secrets: Iterable[str]) -> bool:
    """True if `X-Hub-Signature` is the HMAC-SHA1 of the raw body under one of the secrets.

    Every secret is tried, each compared in constant time.
    """
    given = request.header("x-hub-signature").strip().lower().encode("utf-8", "replace")
    matches = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), request.body, hashlib.sha1).hexdigest()
        matches |= hmac.compare_digest(f"sha1={digest}".encode(), given)
    return matches
