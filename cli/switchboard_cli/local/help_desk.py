"""The Zammad simulator, as a process of its own, so that it fails and stops like a real server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from switchboard_cli.local.child import Child


def start_help_desk(
    *,
    host: str,
    port: int,
    webhook_url: str,
    bridge_token: str,
    signature_token: str,
    extra: Sequence[str],
    log: Callable[[str], None],
) -> Child:
    """A simulator that posts signed webhooks to `webhook_url`; `extra` are more of its options."""
    options = {
        "--host": host,
        "--port": str(port),
        "--webhook": webhook_url,
        "--bridge-token": bridge_token,
        "--signature-token": signature_token,
    }
    words = [f"{name}={value}" for name, value in options.items() if value]
    return Child(
        ["-m", "zammad_simulator", *words, *extra], ready="Zammad simulator ready at ", log=log
    )
