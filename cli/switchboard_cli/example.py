"""`switchboard example KIND`: a commented manifest of a kind, to copy and change."""

from __future__ import annotations

import argparse
from pathlib import Path

from switchboard_cli.get import kind_named
from switchboard_cli.manifests.models import MODELS

FOLDER = Path(__file__).parent / "example_manifests"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help=f"one of {', '.join(MODELS)}")


def run(arguments: argparse.Namespace) -> int:
    print(example(kind_named(arguments.kind)), end="")
    return 0


def example(kind: str) -> str:
    return (FOLDER / f"{kind}.yaml").read_text(encoding="utf-8")
