"""`switchboard export [KIND [NAME]]`: manifests that, applied again, change nothing.

Secrets appear as `{secret: NAME}`, keys and webhook tokens as their digests.
"""

from __future__ import annotations

import argparse

from switchboard_cli import stack
from switchboard_cli.get import choice, yaml_of
from switchboard_cli.manifests.models import MODELS


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", help=f"one of {', '.join(MODELS)}; default: all")
    parser.add_argument("name", nargs="?", help="only the one of this name")
    parser.add_argument("--account", help="only what belongs to this account")
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        chosen = choice(opened.directory.read_all(), arguments)
    print(yaml_of(chosen), end="")
    return 0
