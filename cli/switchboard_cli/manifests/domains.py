"""Custom hosts: whose they are, shown by a TXT record in public DNS (docs/adr/0039).

A manifest's `customDomain` is only a wish. It becomes a host name of the chatbot when
`_switchboard.<host>` carries the token of its account; who has shown that once, keeps the host
until no chatbot of the account claims it any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from switchboard.adapters.directory_documents import Key, to_json
from switchboard.domain.ids import hex_digest
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.loading import Manifest
from switchboard_cli.manifests.models import ChatbotManifest

VERIFIED = "Verified#"
PREFIX = "_switchboard."
TOKEN = "switchboard-verification="  # noqa: S105 - the label in front of a token


class DnsFailed(Exception):
    """Public DNS gave no answer, which is not the same as the answer that there is nothing."""


class PublicDns(Protocol):
    def txt(self, name: str) -> Sequence[str]:
        """The texts of the TXT records there, as all the world sees them; empty if none.

        Raises `DnsFailed`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A chatbot that wants to be found at `host`, and the TXT record that would prove it."""

    host: str
    manifest: Manifest
    account_number: str
    verified: bool

    @property
    def record_name(self) -> str:
        return f"{PREFIX}{self.host}"

    @property
    def record_text(self) -> str:
        """The same for ever for one account and host, and another one for any other account."""
        return f"{TOKEN}{hex_digest(f'{self.account_number}/{self.host}')[:32]}"

    @property
    def key(self) -> Key:
        return Key(f"{VERIFIED}{self.host}")

    def is_shown(self, dns: PublicDns) -> bool:
        """True if the record is there. Raises `DnsFailed`."""
        return self.record_text in (text.strip() for text in dns.txt(self.record_name))

    def proof(self) -> str:
        """What the directory keeps once the claim is verified."""
        return to_json({"account": self.manifest.account})


def claims(catalogue: Catalogue) -> Iterator[Claim]:
    """Every chatbot with a `customDomain`."""
    for manifest, bot in catalogue.of(ChatbotManifest):
        host = bot.spec.config.custom_domain
        if host is not None:
            number = catalogue.account_number(manifest.account)
            yield Claim(host, manifest, number, catalogue.is_verified(manifest.account, host))


def verified_hosts(records: Mapping[Key, str]) -> dict[str, str]:
    """The account of each verified host."""
    found = {}
    for key, text in records.items():
        if key.pk.startswith(VERIFIED):
            account = json.loads(text).get("account")
            if isinstance(account, str):
                found[key.pk.removeprefix(VERIFIED)] = account
    return found


def unclaimed(records: Mapping[Key, str], catalogue: Catalogue) -> list[Key]:
    """The proofs of hosts that no chatbot of the account claims any more."""
    claimed = {(claim.host, claim.manifest.account) for claim in claims(catalogue)}
    verified = verified_hosts(records)
    return [Key(f"{VERIFIED}{host}") for host in verified if (host, verified[host]) not in claimed]
