"""`switchboard describe KIND NAME`: one thing, where it is reached, and what belongs to it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from switchboard.adapters.directory_documents import Key
from switchboard.adapters.system import SystemClock
from switchboard.domain.ids import chatbot_id
from switchboard_cli import stack
from switchboard_cli.get import Stored, choice, yaml_of
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import ManifestErrors
from switchboard_cli.manifests.applying import catalogue_of
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.deleting import referring
from switchboard_cli.manifests.domains import Claim, claims
from switchboard_cli.manifests.key_changes import KeyState, key_states
from switchboard_cli.manifests.loading import Manifest, from_store
from switchboard_cli.manifests.models import MODELS, ApiKeyManifest, ChatbotManifest


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help=f"one of {', '.join(MODELS)}")
    parser.add_argument("name")
    parser.add_argument("--account", help="where several accounts have one of this name")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        records = opened.directory.read_all()
        chosen = choice(records, arguments)
        if len(chosen) > 1:
            accounts = ", ".join(item.account for item in chosen)
            raise CommandError(f"several accounts have one; choose with --account: {accounts}")
        try:
            catalogue = catalogue_of(opened.directory, records)
        except ManifestErrors as fault:
            raise CommandError(str(fault)) from None
    (item,) = chosen
    described = Described(item, catalogue, opened, SystemClock().now() // 1000)
    if arguments.json:
        print(json.dumps(described.document(), ensure_ascii=False, indent=2))
    else:
        _print(described)
    return 0


@dataclass(frozen=True, slots=True)
class Described:
    """What there is to say of one thing. `now` is in seconds."""

    item: Stored
    catalogue: Catalogue
    stack: stack.Stack
    now: int

    @property
    def manifest(self) -> Manifest:
        return from_store(self.item.key, self.item.text)

    @property
    def addresses(self) -> list[str]:
        return [*_addresses(self.item, self.manifest, self.catalogue, self.stack)]

    @property
    def custom_host(self) -> Claim | None:
        found = (one for one in claims(self.catalogue) if one.manifest.key == self.item.key)
        return next(found, None)

    @property
    def keys(self) -> list[KeyState]:
        """Of an account all keys, of a chatbot those it takes, and a key's own."""
        manifests = (manifest for manifest, _ in self.catalogue.of(ApiKeyManifest))
        return [
            key
            for key in key_states(manifests, self.now)
            if key.manifest.account == self.item.account and _is_for(key, self.item, self.manifest)
        ]

    @property
    def referring(self) -> list[str]:
        return referring(self.catalogue, self.item.key)

    def document(self) -> dict[str, Any]:
        """What `--json` prints; the keys as `KeyState.document` says."""
        claim = self.custom_host
        return {
            "kind": self.item.kind,
            "account": self.item.account,
            "name": self.item.name,
            "reachedAt": self.addresses,
            "customHost": claim
            and {
                "host": claim.host,
                "verified": claim.verified,
                "record": {"name": claim.record_name, "type": "TXT", "text": claim.record_text},
            },
            "keys": [key.document() for key in self.keys],
            "referredToBy": self.referring,
            "manifest": json.loads(self.item.text),
        }


def _print(described: Described) -> None:
    print(described.item.title)
    _print_list("Reached at", described.addresses)
    claim = described.custom_host
    if claim is not None:
        wanted = f"not verified: {claim.record_name}. TXT {claim.record_text}"
        _print_list("Custom host", [f"{claim.host}, {'verified' if claim.verified else wanted}"])
    _print_list("Keys", map(_key_line, described.keys))
    _print_list("Referred to by", described.referring)
    _print_list("Manifest", yaml_of([described.item]).splitlines())


def _key_line(key: KeyState) -> str:
    name = key.manifest.name
    return f"{key.id} ({name}): {key.status}, expires: {key.until}, chatbots: {key.scope}"


def _print_list(title: str, lines: Iterable[str]) -> None:
    """Nothing at all for an empty list."""
    for number, line in enumerate(lines):
        if not number:
            print(f"{title}:")
        print(f"  {line}")


def _addresses(
    item: Stored, manifest: Manifest, catalogue: Catalogue, opened: stack.Stack
) -> Iterator[str]:
    if isinstance(manifest.model, ChatbotManifest):
        for host in catalogue.hosts(manifest, manifest.model):
            yield f"https://{host}/chatbot/"
        if opened.platform_domain:
            platform = f"https://{opened.platform_domain}"
            by_id = chatbot_id(catalogue.account_number(item.account), item.name)
            yield f"{platform}/api/v1/chatbots/{by_id}/chat/"
            yield f"{platform}/workbench/{item.name}/chat/"
    if item.kind == "Region":
        api = opened.outputs.get("ApiUrl")
        if api:
            yield f"{api.rstrip('/')}/api/v3/regions/{item.name}/"
            yield f"{api.rstrip('/')}/api/v3/{item.name}/<language>/chat/<device id>/"
        if opened.webhook_url:
            yield f"{opened.webhook_url}?token=<its webhookToken>"


def _is_for(key: KeyState, item: Stored, manifest: Manifest) -> bool:
    if isinstance(manifest.model, ChatbotManifest):
        named = manifest.model.spec.api_key == key.manifest.name
        return named or key.spec.chatbots is None or item.name in key.spec.chatbots
    return item.kind == "Account" or Key(*key.manifest.key) == item.key
