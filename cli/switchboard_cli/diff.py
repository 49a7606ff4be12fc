"""`switchboard diff -f DIR|FILE`: what `apply` would change, and no change made.

The exit status is that of `diff`: 0 nothing differs, 1 something does, 2 it cannot be told.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any

from switchboard_cli import stack
from switchboard_cli.apply import add_manifest_options, load
from switchboard_cli.manifests import ManifestErrors
from switchboard_cli.manifests.applying import plan_of
from switchboard_cli.manifests.comparing import Difference, differences, renewed
from switchboard_cli.reporting import report_errors, report_warnings


def configure(parser: argparse.ArgumentParser) -> None:
    add_manifest_options(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    try:
        manifests = load(arguments)
        report_warnings(manifests)
        with stack.opened(arguments) as opened:
            plan = plan_of(manifests, opened.directory)
    except ManifestErrors as fault:
        report_errors(fault)
        return 2
    found = differences(plan)
    records = renewed(plan)
    if arguments.json:
        print(json.dumps(_document(found, records), ensure_ascii=False, indent=2))
    else:
        _print(found, records)
    return 1 if found or records else 0


def _document(found: Iterable[Difference], records: int) -> dict[str, Any]:
    """Values are the texts that people are shown too: JSON, or what stands for a secret."""
    return {
        "differences": [
            {
                "action": difference.action,
                "kind": difference.kind,
                "account": difference.account,
                "name": difference.name,
                "fields": [
                    {"field": field, "before": before, "after": after}
                    for field, before, after in difference.fields
                ],
            }
            for difference in found
        ],
        "renewedRecords": records,
    }


def _print(found: Iterable[Difference], records: int) -> None:
    for difference in found:
        print(difference.action, difference.title)
        for field, before, after in difference.fields:
            if before is None:
                print(f"  + {field}: {after}")
            elif after is None:
                print(f"  - {field}: {before}")
            else:
                print(f"  ~ {field}: {before} -> {after}")
    if records:
        print(f"no manifest differs, but apply would renew {records} look-up records")
