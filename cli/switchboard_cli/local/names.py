"""What the local AWS is called. Light: importing it loads nothing else."""

from __future__ import annotations

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACK_NAME = "switchboard"
AWS_PORT = 8002
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}
