"""`switchboard describe KIND NAME`: one thing, where it is reached, and what belongs to it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from switchboard.adapters.directory_documents import Key
from switchboard.adapters.system import SystemClock
from switchboard.domain.ids import chatbot_id
from switchboard_cli import stack
from switchboard_cli.get import Stored, choice, yaml_of
from switchboard_cli.main import CommandError
from switchboard_cli.manifests.applying import catalogue_of
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.deleting import referring
from switchboard_cli.manifests.domains import claims
from switchboard_cli.manifests.key_changes import KeyState, key_states
from switchboard_cli.manifests.loading import Manifest, from_store
from switchboard_cli.manifests.models import MODELS, ApiKeyManifest, ChatbotManifest


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help=f"one of {', '.join(MODELS)}")
    parser.add_argument("name")
    parser.add_argument("--account", help="where several accounts have one of this name")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        records = opened.directory.read_all()
        chosen = choice(records, arguments)
        if len(chosen) > 1:
            accounts = ", ".join(item.account for item in chosen)
            raise CommandError(f"several accounts have one; choose with --account: {accounts}")
        catalogue = catalogue_of(opened.directory, records)
    (item,) = chosen
    now = SystemClock().now() // 1000
    keys = [*key_states((manifest for manifest, _ in catalogue.of(ApiKeyManifest)), now)]
    print(item.title)
    _print_list("Reached at", _addresses(item, catalogue, opened))
    _print_list("Custom host", _custom_host(item, catalogue))
    _print_list("Keys", _keys(item, keys))
    _print_list("Referred to by", referring(catalogue, item.key))
    _print_list("Manifest", yaml_of([item]).splitlines())
    return 0


def _print_list(title: str, lines: Iterable[str]) -> None:
    """Nothing at all for an empty list."""
    for number, line in enumerate(lines):
        if not number:
            print(f"{title}:")
        print(f"  {line}")


def _addresses(item: Stored, catalogue: Catalogue, opened: stack.Stack) -> Iterator[str]:
    manifest = _manifest(item)
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


def _custom_host(item: Stored, catalogue: Catalogue) -> Iterator[str]:
    for claim in claims(catalogue):
        if claim.manifest.key == item.key:
            wanted = f"not verified: {claim.record_name}. TXT {claim.record_text}"
            yield f"{claim.host}, {'verified' if claim.verified else wanted}"


def _keys(item: Stored, keys: Iterable[KeyState]) -> Iterator[str]:
    """Of an account all keys, of a chatbot those it takes, and a key's own."""
    manifest = _manifest(item)
    for key in keys:
        if key.manifest.account == item.account and _is_for(key, item, manifest):
            name = key.manifest.name
            yield f"{key.id} ({name}): {key.status}, expires: {key.until}, chatbots: {key.scope}"


def _is_for(key: KeyState, item: Stored, manifest: Manifest) -> bool:
    if isinstance(manifest.model, ChatbotManifest):
        named = manifest.model.spec.api_key == key.manifest.name
        return named or key.spec.chatbots is None or item.name in key.spec.chatbots
    return item.kind == "Account" or Key(*key.manifest.key) == item.key


def _manifest(item: Stored) -> Manifest:
    return from_store(item.key, item.text)
