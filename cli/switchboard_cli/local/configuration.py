"""The manifests of the local stack: applied at its start, and again whenever a file changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from switchboard_cli.local.aws import Stack, client

MOST_LINES = 5


def apply(
    paths: Sequence[Path],
    environment: Mapping[str, str],
    endpoint: str,
    stack: Stack,
    say: Callable[[str], None],
    model_address: str = "",
) -> None:
    """Loads the manifests into the directory; `say` hears what changed. Raises `ManifestErrors`.

    With a `model_address`, chatbots that have no model of their own answer with the one there.
    """
    from switchboard_cli.manifests import (
        DirectoryStore,
        apply_manifests,
        load_manifests,
    )

    store = DirectoryStore(
        client(endpoint, "dynamodb"),
        client(endpoint, "ssm"),
        stack.outputs["DirectoryTable"],
        stack.outputs["SecretsPrefix"],
        stack.outputs["ApiDomain"],
    )
    manifests = load_manifests(paths, environment)
    for warning in manifests.warnings:
        say(f"warning: {warning}")
    if model_address:
        from switchboard_cli.local.small_model import with_model

        manifests = with_model(manifests, model_address)
    changes = [
        change for change in apply_manifests(manifests, store) if change.action != "unchanged"
    ]
    for change in changes[:MOST_LINES]:
        say(str(change))
    if len(changes) > MOST_LINES:
        say(f"… and {len(changes) - MOST_LINES} more")
