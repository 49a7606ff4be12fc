"""The manifests of the local stack: applied at its start, and again whenever a file changes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from switchboard_cli.local.aws import Stack, client

EXAMPLE_KEY = "sb_example_local-stack-only"
"""The API key of the example chatbot; it opens nothing outside of this machine."""
SIMULATOR_TOKEN = "bridge-token"  # noqa: S105
SIMULATOR_SECRET = "local-signature-token"  # noqa: S105
MOST_LINES = 5
_WEBHOOK_TOKEN = str(uuid.uuid5(uuid.NAMESPACE_URL, "https://localhost/switchboard"))


def variables(simulator_url: str) -> dict[str, str]:
    """What `{env: NAME}` in a manifest finds: the real environment, else the simulator's values."""
    defaults = {
        "ZAMMAD_URL": simulator_url,
        "ZAMMAD_TOKEN": SIMULATOR_TOKEN,
        "ZAMMAD_WEBHOOK_TOKEN": _WEBHOOK_TOKEN,
        "ZAMMAD_WEBHOOK_SECRET": SIMULATOR_SECRET,
        "SWITCHBOARD_EXAMPLE_KEY": EXAMPLE_KEY,
    }
    return {**defaults, **os.environ}


def apply(
    paths: Sequence[Path],
    environment: Mapping[str, str],
    endpoint: str,
    stack: Stack,
    say: Callable[[str], None],
) -> None:
    """Loads the manifests into the directory; `say` hears what changed. Raises `ManifestErrors`."""
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
    changes = [
        change
        for change in apply_manifests(load_manifests(paths, environment), store)
        if change.action != "unchanged"
    ]
    for change in changes[:MOST_LINES]:
        say(str(change))
    if len(changes) > MOST_LINES:
        say(f"… and {len(changes) - MOST_LINES} more")
