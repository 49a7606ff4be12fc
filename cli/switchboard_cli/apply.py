"""`switchboard apply -f DIR|FILE`: loads manifests into a stack's directory, all or nothing."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from switchboard_cli import stack
from switchboard_cli.local.names import SIMULATOR_PORT, variables
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import (
    Change,
    DirectoryBusy,
    DirectoryStore,
    ManifestErrors,
    Manifests,
    apply_manifests,
    load_manifests,
)
from switchboard_cli.reporting import report_errors, report_warnings
from switchboard_cli.test import ask_all, has_failed

NOTHING_CHANGED = "nothing was changed"


def configure(parser: argparse.ArgumentParser) -> None:
    add_manifest_options(parser)
    parser.add_argument(
        "--require-tests",
        action="store_true",
        help="first ask the chatbots their golden questions; if one fails, change nothing",
    )


def add_manifest_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which manifests are meant, and for which stack."""
    add_files_option(parser, "manifests: a file, or a folder with its *.yaml and *.yml")
    parser.add_argument("--account", help="the account of manifests that name none")
    stack.add_options(parser)
    parser.add_argument(
        "--zammad-port",
        type=int,
        default=SIMULATOR_PORT,
        metavar="PORT",
        help="with --local: where its Zammad simulator listens (%(default)s)",
    )


def add_files_option(parser: argparse.ArgumentParser, text: str, *, required: bool = True) -> None:
    """`-f`, whose `paths` are empty where it is not required and not given."""
    parser.add_argument(
        "-f",
        "--file",
        dest="paths",
        metavar="DIR|FILE",
        type=Path,
        action="append",
        default=[],
        required=required,
        help=f"{text}; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    try:
        manifests = load(arguments)
        report_warnings(manifests)
        with stack.opened(arguments) as opened:
            if arguments.require_tests and not _passes_tests(manifests, opened.directory):
                return 1
            changes = apply_or_explain(manifests, opened.directory)
    except ManifestErrors as fault:
        return report_errors(fault, NOTHING_CHANGED)
    report_changes(changes)
    return 0


def load(arguments: argparse.Namespace) -> Manifests:
    """The manifests the options mean. Raises `ManifestErrors`, and `CommandError` for none."""
    manifests = load_manifests(arguments.paths, _environment(arguments), arguments.account)
    if not manifests.items:
        raise CommandError("there are no manifests in what -f names")
    return manifests


def _passes_tests(manifests: Manifests, directory: DirectoryStore) -> bool:
    """Asks the golden questions of the chatbots that would change, and prints the answers."""
    passes = not has_failed(ask_all(manifests, directory))
    if not passes:
        print(f"switchboard: {NOTHING_CHANGED}", file=sys.stderr)
    return passes


def _environment(arguments: argparse.Namespace) -> Mapping[str, str]:
    """What `{env: NAME}` finds; with --local, also what `switchboard dev` gives its manifests."""
    if not arguments.local:
        return os.environ
    return variables(f"http://127.0.0.1:{arguments.zammad_port}")


def apply_or_explain(manifests: Manifests, directory: DirectoryStore) -> list[Change]:
    """As `apply_manifests`, but somebody else's change is a `CommandError`."""
    try:
        return apply_manifests(manifests, directory)
    except DirectoryBusy as busy:
        raise CommandError(str(busy)) from None


def report_changes(changes: Iterable[Change]) -> None:
    """Prints a line per manifest, and every API key that was just made, this once."""
    for change in changes:
        print(change)
        if change.new_key:
            print(f"  key, shown only now: {change.new_key}")
