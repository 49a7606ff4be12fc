"""Signatures of Zammad's webhooks (contracts/zammad.md, "Webhooks")."""

from __future__ import annotations

import pytest

from switchboard.api.http import Request
from webhook.signature import is_signed

BODY = (
    b'{"ticket":{"id":4711,"automatic_answers":true},"article":{"id":90210,"internal":false,'
    b'"body":"Gr\xc3\xbc\xc3\x9fe \\u003cb\\u003eOK\\u003c/b\\u003e"}}'
)
VECTORS = [
    ("hush-hush-42", "sha1=f5b27181cd382b16a10c2b3e5dc202689c53af16"),
    ("schlüssel", "sha1=e3a653b4e6b372b513d8375b1d3b8cbe8468a4b9"),
]


def signed(signature: str, body: bytes = BODY) -> Request:
    return Request("POST", "/", headers={"x-hub-signature": signature}, body=body)


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
def test_the_contracts_vectors_are_accepted(secret: str, signature: str) -> None:
    """HMAC-SHA1 over the raw bytes, the key as UTF-8."""
    assert is_signed(signed(signature), [secret])
    assert not is_signed(signed(signature, BODY + b" "), [secret])


def test_two_secrets_may_be_active() -> None:
    """During a rotation either secret's signature is right, and no other's."""
    (old, old_signature), (new, new_signature) = VECTORS
    assert is_signed(signed(old_signature), [new, old])
    assert is_signed(signed(new_signature), [new, old])
    assert not is_signed(signed(old_signature), [new])


@pytest.mark.parametrize("signature", ["", "sha1=", "sha1", "ü", "sha1=" + "0" * 40])
def test_anything_else_is_not_signed(signature: str) -> None:
    """A missing or malformed signature is wrong, whatever it holds."""
    assert not is_signed(signed(signature), ["hush-hush-42"])
