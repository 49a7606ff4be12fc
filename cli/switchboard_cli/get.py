"""`switchboard get [KIND [NAME]]`: what was applied. Secrets appear by name or digest only."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from switchboard.adapters.directory_documents import Key
from switchboard.domain.ids import chatbot_name
from switchboard_cli import stack
from switchboard_cli.main import CommandError
from switchboard_cli.manifests.loading import STORED, stored_key, title_of
from switchboard_cli.manifests.models import MODELS, OTHER_NAMES


class Stored(NamedTuple):
    """A manifest as it stands in the directory, not checked again."""

    kind: str
    account: str
    name: str
    text: str

    @property
    def key(self) -> Key:
        return stored_key(self.kind, self.account, self.name)

    @property
    def title(self) -> str:
        return title_of(self.kind, self.account, self.name)


def configure(parser: argparse.ArgumentParser) -> None:
    add_choice_options(parser, "prints the manifest itself")
    parser.add_argument("--json", action="store_true", help="the manifests as one JSON document")


def add_choice_options(parser: argparse.ArgumentParser, name: str) -> None:
    """The options that `choice` reads, and those of the stack; `name` is the help of a name."""
    parser.add_argument("kind", nargs="?", help=f"one of {', '.join(MODELS)}; default: all")
    parser.add_argument("name", nargs="?", help=name)
    parser.add_argument("--account", help="only what belongs to this account")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        chosen = choice(opened.directory.read_all(), arguments)
    if arguments.json:
        document = {"manifests": [json.loads(item.text) for item in chosen]}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    elif arguments.name is None:
        _print_table(chosen)
    else:
        print(yaml_of(chosen), end="")
    return 0


def choice(records: Mapping[Key, str], arguments: argparse.Namespace) -> list[Stored]:
    """The manifests that `kind`, `name` and `--account` mean. A name that nothing has is an error.

    Raises `CommandError`.
    """
    kind = kind_named(arguments.kind) if arguments.kind else None
    chosen = [
        item
        for item in all_stored(records)
        if kind in (None, item.kind) and arguments.account in (None, item.account)
    ]
    if arguments.name is None:
        return chosen
    names = {arguments.name, chatbot_name(arguments.name)}
    chosen = [item for item in chosen if item.name in names]
    if not chosen:
        raise CommandError(f"there is no {kind} named {arguments.name}")
    return chosen


def yaml_of(items: Iterable[Stored]) -> str:
    """The manifests as they stand in the directory; reading the text gives the same again."""
    yaml, text = YAML(), io.StringIO()
    # A folded line can come back as another text.
    yaml.width = 1_000_000
    yaml.dump_all([_quoted(json.loads(item.text)) for item in items], text)
    return text.getvalue()


def _quoted(value: Any) -> Any:
    """The same, with quotes where YAML would lose a character that cannot be seen."""
    match value:
        case str() if not value.isprintable():
            return DoubleQuotedScalarString(value)
        case dict():
            return {_quoted(name): _quoted(item) for name, item in value.items()}
        case list():
            return [_quoted(item) for item in value]
    return value


def kind_named(written: str) -> str:
    """The kind, however it is capitalised, and also in the plural. Raises `CommandError`."""
    known = {kind.lower(): OTHER_NAMES.get(kind, kind) for kind in (*MODELS, *OTHER_NAMES)}
    kind = known.get(written.lower()) or known.get(written.lower().removesuffix("s"))
    if kind is None:
        raise CommandError(f"there is no kind {written}; known are {', '.join(MODELS)}")
    return kind


def all_stored(records: Mapping[Key, str]) -> list[Stored]:
    order = list(MODELS)
    found = []
    for key, text in records.items():
        kind = key.pk.removeprefix(STORED)
        if kind != key.pk and kind in order:
            account, _, name = key.sk.partition("/")
            found.append(Stored(kind, account, name, text))
    return sorted(found, key=lambda item: (order.index(item.kind), item.account, item.name))


def _print_table(items: Iterable[Stored]) -> None:
    rows: list[Sequence[str]] = [("KIND", "ACCOUNT", "NAME", "DESCRIPTION")]
    for item in items:
        description = str(json.loads(item.text)["metadata"].get("description", ""))
        rows.append((item.kind, item.account, item.name, " ".join(description.split())))
    print_columns(rows)


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Prints rows of equal length, each column as wide as its longest text."""
    widths = [max(len(text) for text in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
