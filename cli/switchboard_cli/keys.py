"""`switchboard keys create NAME`: makes an API key, stores its digest and prints it once."""

from __future__ import annotations

import argparse
from typing import Any

from switchboard_cli import stack
from switchboard_cli.apply import apply_or_explain, report_changes, report_errors
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import DirectoryStore, ManifestErrors, Manifests
from switchboard_cli.manifests.loading import STORED, parse
from switchboard_cli.manifests.models import API_VERSION
from switchboard_cli.manifests.reading import Document


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
    stack.add_options(create)


def run(arguments: argparse.Namespace) -> int:
    try:
        manifests = _manifests(arguments)
        with stack.opened(arguments) as opened:
            _refuse_second(opened.directory, manifests)
            changes = apply_or_explain(manifests, opened.directory)
    except ManifestErrors as fault:
        return report_errors(fault)
    report_changes(changes)
    return 0


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
    return Manifests((parse(Document("keys create", content)),), arguments.account)


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
