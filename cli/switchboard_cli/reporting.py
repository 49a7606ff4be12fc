"""What manifests lack, as every command that reads them prints it: on standard error."""

from __future__ import annotations

import sys

from switchboard_cli.manifests import ManifestErrors, Manifests
from switchboard_cli.manifests.catalogue import without_one_label


def report_warnings(manifests: Manifests) -> None:
    """Prints what has no meaning here, and which addresses a chatbot goes without, by place."""
    for warning in (*manifests.warnings, *without_one_label(manifests)):
        print(f"warning: {warning}", file=sys.stderr)


def report_errors(fault: ManifestErrors, nothing: str = "") -> int:
    """Prints every fault with its place, and what was therefore not done; the exit status is 1."""
    for error in fault.errors:
        print(error, file=sys.stderr)
    if nothing:
        print(f"switchboard: {nothing}", file=sys.stderr)
    return 1
