"""`switchboard delete KIND NAME` or `-f FILE`: refuses what something else still refers to."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pydantic import ValidationError

from switchboard.adapters.directory_documents import Key
from switchboard_cli import stack
from switchboard_cli.apply import add_files_option
from switchboard_cli.get import kind_named
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import DirectoryBusy, ManifestErrors
from switchboard_cli.manifests.catalogue import PLUGIN_KINDS
from switchboard_cli.manifests.deleting import delete_manifests
from switchboard_cli.manifests.loading import STORED, kind_of, stored_key, title_at
from switchboard_cli.manifests.models import MODELS
from switchboard_cli.manifests.reading import AnyVariable, manifest_files, read_documents
from switchboard_cli.reporting import report_errors


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", help=f"one of {', '.join(MODELS)}")
    parser.add_argument("name", nargs="?")
    text = "deletes what these manifests name, whatever else they say"
    add_files_option(parser, text, required=False)
    parser.add_argument("--account", help="default: the only one there is")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if bool(arguments.paths) == bool(arguments.name):
        raise CommandError("give either a kind and a name, or -f")
    try:
        with stack.opened(arguments) as opened:
            accounts = [
                k.sk.partition("/")[0] for k in opened.directory.read_all() if _is_account(k)
            ]
            only = accounts[0] if len(accounts) == 1 else ""
            wanted = dict.fromkeys(_wanted(arguments, arguments.account or only))
            gone = delete_manifests(wanted, opened.directory)
    except ManifestErrors as fault:
        return report_errors(fault, "nothing was deleted")
    except DirectoryBusy as busy:
        raise CommandError(str(busy)) from None
    for key in wanted:
        print("deleted" if key in gone else "absent", title_at(key))
    return 0


def _is_account(key: Key) -> bool:
    return key.pk == f"{STORED}Account"


def _wanted(arguments: argparse.Namespace, account: str) -> Iterator[Key]:
    """What is to go. Raises `ManifestErrors` for files that cannot be read."""
    if arguments.name:
        yield _key(kind_named(arguments.kind), arguments.name, account)
    for path in manifest_files(arguments.paths):
        documents, errors = read_documents(path, AnyVariable())
        if errors:
            raise ManifestErrors(errors)
        for document in documents:
            kind = kind_of(document)
            metadata = document.content.get("metadata")
            written = metadata if isinstance(metadata, dict) else {}
            if kind == "Plugin" and f"{written.get('pluginClass')}" in ("sql", "api"):
                kind = f"{written['pluginClass']}".capitalize() + "Plugin"
            name, own = written.get("name"), written.get("account")
            if not isinstance(name, str):
                raise ManifestErrors([document.error(("metadata", "name"), "is missing")])
            yield _key(kind, name, own if isinstance(own, str) else account)


def _key(kind: str, written: str, account: str) -> Key:
    """Where the directory has it. Raises `CommandError` for a name that nothing can have."""
    metadata = MODELS[kind].model_fields["metadata"].annotation
    assert metadata is not None
    fields = {"name": written}
    if kind in PLUGIN_KINDS:
        fields["pluginClass"] = {"Plugin": "static"}.get(kind, kind.removesuffix("Plugin").lower())
    try:
        name: str = metadata.model_validate(fields).name
    except ValidationError:
        raise CommandError(f"{written} cannot be the name of a {kind}") from None
    if kind == "Account":
        return stored_key("Account", name, name)
    if not account:
        raise CommandError("there is not exactly one account; choose one with --account")
    return stored_key(kind, account, name)
