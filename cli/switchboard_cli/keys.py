"""`switchboard keys create|list|rotate|revoke`: API keys, of which only digests are stored.

A key is printed once, when it is made. Functions see a change within a minute.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import replace as with_changes
from typing import Any

from switchboard.adapters.directory_documents import Key
from switchboard.adapters.system import SystemClock
from switchboard_cli import stack
from switchboard_cli.apply import NOTHING_CHANGED, apply_or_explain, report_changes
from switchboard_cli.get import print_columns
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import (
    DirectoryBusy,
    DirectoryStore,
    ManifestError,
    ManifestErrors,
    Manifests,
)
from switchboard_cli.manifests.applying import replace
from switchboard_cli.manifests.key_changes import (
    KeyRefused,
    KeyState,
    key_states,
    moment,
    revoked,
    rotated,
)
from switchboard_cli.manifests.loading import STORED, from_store, parse
from switchboard_cli.manifests.models import API_VERSION, ApiKeyManifest
from switchboard_cli.manifests.reading import Document
from switchboard_cli.manifests.resolving import new_api_key
from switchboard_cli.reporting import report_errors

ASKED_FOR = "keys create"
OPTIONS = {
    "metadata.account": "--account",
    "metadata.name": "NAME",
    "spec.chatbots": "--chatbot",
    "spec.expires": "--expires",
}
"""What says which field of the key's manifest."""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("name")
    create.add_argument("--account", help="default: the only one there is")
    create.add_argument(
        "--chatbot",
        action="append",
        metavar="NAME",
        help="a chatbot it is good for; may be repeated; default: all of the account",
    )
    create.add_argument(
        "--expires", metavar="DATE", help="the last day it is good for, in UTC, as 2027-12-31"
    )
    listing = actions.add_parser("list", help="the keys by id, and which are good")
    listing.add_argument("--account", help="only those of this account")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    revoke = actions.add_parser("revoke", help="let a key be good for nothing any more")
    rotate = actions.add_parser("rotate", help="make a new key in a key's place, and print it")
    rotate.add_argument(
        "--grace",
        type=_seconds,
        default=0,
        metavar="TIME",
        help="how long the old key stays good, as 30m, 24h or 7d (default: not at all)",
    )
    for action in (revoke, rotate):
        action.add_argument(
            "id",
            metavar="ID",
            type=_key_id,
            help="as `keys list` has it: the part between the two _ of sb_ID_…",
        )
    for action in (create, listing, revoke, rotate):
        stack.add_options(action)


def run(arguments: argparse.Namespace) -> int:
    act = {"create": _create, "list": _list, "revoke": _revoke, "rotate": _rotate}
    try:
        return act[arguments.action](arguments)
    except ManifestErrors as fault:
        return report_errors(fault, NOTHING_CHANGED)
    except DirectoryBusy as busy:
        raise CommandError(str(busy)) from None


def _create(arguments: argparse.Namespace) -> int:
    try:
        manifests = _manifests(arguments)
        with stack.opened(arguments) as opened:
            _refuse_second(opened.directory, manifests)
            changes = apply_or_explain(manifests, opened.directory)
    except ManifestErrors as fault:
        raise ManifestErrors(_by_option(fault)) from None
    report_changes(changes)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        states = _states(opened.directory.read_all())
    chosen = [key for key in states if arguments.account in (None, key.manifest.account)]
    if arguments.json:
        document = {"keys": [key.document() for key in chosen]}
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    rows = [
        (key.id, f"{key.manifest.account}/{key.manifest.name}", key.scope, key.until, key.status)
        for key in chosen
    ]
    print_columns([("ID", "NAME", "CHATBOTS", "EXPIRES", "STATUS"), *rows])
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        before = opened.directory.read_all()
        state = _state(before, arguments.id)
        replace(opened.directory, before, revoked(state, _now()))
    print(f"revoked {state.id}, a key of {state.manifest.title}")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        before = opened.directory.read_all()
        state, now = _state(before, arguments.id), _now()
        try:
            manifest, key = rotated(state, now, arguments.grace, new_api_key)
        except KeyRefused as refused:
            raise CommandError(str(refused)) from None
        replace(opened.directory, before, manifest)
    print(f"rotated {state.manifest.title}; the key {state.id} is good {_still(arguments.grace)}")
    print(f"  key, shown only now: {key}")
    return 0


def _by_option(fault: ManifestErrors) -> Iterator[ManifestError]:
    """The same faults, those of the key that was asked for at the options that said it."""
    for error in fault.errors:
        option = OPTIONS.get(error.field.partition("[")[0]) if error.file == ASKED_FOR else None
        yield with_changes(error, field=option or error.field)


def _still(grace: int) -> str:
    return f"until {moment(_now() + grace)} at most" if grace else "no more"


def _now() -> int:
    return SystemClock().now() // 1000


def _key_id(written: str) -> str:
    """The id, also out of a whole key, which is a secret and is never repeated."""
    return re.sub(r"^sb_([^_]*)_.*$", r"\1", written.strip(), flags=re.DOTALL)


def _seconds(written: str) -> int:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", written, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError("should be a time such as 30m, 24h or 7d")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[match[2]]


def _states(records: dict[Key, str]) -> list[KeyState]:
    keys = [key for key in records if key.pk == f"{STORED}ApiKey"]
    return [*key_states((from_store(key, records[key]) for key in sorted(keys)), _now())]


def _state(records: dict[Key, str], key_id: str) -> KeyState:
    found = next((state for state in _states(records) if state.id == key_id), None)
    if found is None:
        # Not repeated: it may be the secret part of a key, pasted in place of its id.
        raise CommandError("there is no key with this id; see switchboard keys list")
    return found


def _manifests(arguments: argparse.Namespace) -> Manifests:
    """The key as the manifest one would have written for it."""
    spec: dict[str, Any] = {}
    if arguments.chatbot is not None:
        spec["chatbots"] = arguments.chatbot
    if arguments.expires is not None:
        spec["expires"] = arguments.expires
    content = {
        "apiVersion": API_VERSION,
        "kind": "ApiKey",
        "metadata": {"name": arguments.name},
        "spec": spec,
    }
    manifest = parse(Document(ASKED_FOR, content))
    assert isinstance(manifest.model, ApiKeyManifest)
    expires = manifest.model.spec.expires
    if expires is not None and expires <= _now():
        raise CommandError(f"--expires {arguments.expires} is past; give a day that is to come")
    return Manifests((manifest,), arguments.account)


def _refuse_second(directory: DirectoryStore, manifests: Manifests) -> None:
    """A key is shown once, so a name cannot be asked for twice."""
    for key in directory.read_all():
        account, _, name = key.sk.partition("/")
        if (
            key.pk == f"{STORED}ApiKey"
            and name == manifests.items[0].name
            and manifests.account in (None, account)
        ):
            raise CommandError(f"there is already a key named {name} in account {account}")
