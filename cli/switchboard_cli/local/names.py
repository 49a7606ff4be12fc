"""What things are called in the local stack. Light: importing it loads nothing else."""

from __future__ import annotations

import os
import uuid

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACK_NAME = "switchboard"
AWS_PORT = 8002
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}
SIMULATOR_PORT = 8001
EXAMPLE_KEY = "sb_example_local-stack-only"
"""The API key of the example chatbot; it opens nothing outside of this machine."""
SIMULATOR_TOKEN = "bridge-token"  # noqa: S105
SIMULATOR_SECRET = "local-signature-token"  # noqa: S105
WEBHOOK_TOKEN = str(uuid.uuid5(uuid.NAMESPACE_URL, "https://localhost/switchboard"))


def no_local_stack(endpoint: str) -> str:
    """What is wrong when nothing listens at its AWS stand-in, and what to do."""
    return f"no local stack answers at {endpoint}; is `switchboard dev` running?"


def variables(simulator_url: str) -> dict[str, str]:
    """What `{env: NAME}` in a manifest finds: the real environment, else the simulator's values."""
    defaults = {
        "ZAMMAD_URL": simulator_url,
        "ZAMMAD_TOKEN": SIMULATOR_TOKEN,
        "ZAMMAD_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "ZAMMAD_WEBHOOK_SECRET": SIMULATOR_SECRET,
        "SWITCHBOARD_EXAMPLE_KEY": EXAMPLE_KEY,
    }
    return {**defaults, **os.environ}
