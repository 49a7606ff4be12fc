"""`switchboard diff -f DIR|FILE`: what `apply` would change, and no change made.

The exit status is that of `diff`: 0 nothing differs, 1 something does, 2 it cannot be told.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from switchboard_cli import stack
from switchboard_cli.apply import add_manifest_options, load, report_warnings
from switchboard_cli.manifests import ManifestErrors
from switchboard_cli.manifests.applying import plan_of
from switchboard_cli.manifests.comparing import Difference, differences, renewed


def configure(parser: argparse.ArgumentParser) -> None:
    add_manifest_options(parser)


def run(arguments: argparse.Namespace) -> int:
    try:
        manifests = load(arguments)
        report_warnings(manifests)
        with stack.opened(arguments) as opened:
            plan = plan_of(manifests, opened.directory)
    except ManifestErrors as fault:
        for error in fault.errors:
            print(error, file=sys.stderr)
        return 2
    found = differences(plan)
    _print(found)
    records = renewed(plan)
    if records:
        print(f"no manifest differs, but apply would renew {records} look-up records")
    return 1 if found or records else 0


def _print(found: Iterable[Difference]) -> None:
    for difference in found:
        print(difference.action, difference.title)
        for field, before, after in difference.fields:
            if before is None:
                print(f"  + {field}: {after}")
            elif after is None:
                print(f"  - {field}: {before}")
            else:
                print(f"  ~ {field}: {before} -> {after}")
