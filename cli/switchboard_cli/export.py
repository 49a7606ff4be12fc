"""`switchboard export [KIND [NAME]]`: manifests that, applied again, change nothing.

Secrets appear as `{secret: NAME}`, keys and webhook tokens as their digests.
"""

from __future__ import annotations

import argparse

from switchboard_cli import stack
from switchboard_cli.get import add_choice_options, choice, yaml_of


def configure(parser: argparse.ArgumentParser) -> None:
    add_choice_options(parser, "only the one of this name")


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        chosen = choice(opened.directory.read_all(), arguments)
    print(yaml_of(chosen), end="")
    return 0
