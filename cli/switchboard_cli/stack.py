"""How a command finds the stack it works on: the outputs of its CloudFormation stack.

The local stack has the same outputs, in the AWS stand-in of the running `switchboard dev`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)
from botocore.parsers import ResponseParserError

from switchboard_cli.local.names import AWS_PORT, REGION, STACK_NAME, no_local_stack
from switchboard_cli.main import CommandError
from switchboard_cli.manifests.store import DirectoryStore


@dataclass(frozen=True, slots=True)
class Conversations:
    """Where a stack keeps its chats and their files, and the queue of its worker."""

    dynamodb: Any
    sqs: Any
    s3: Any
    table: str
    queue_url: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed or local stack. The domains are empty where it has none."""

    name: str
    directory: DirectoryStore
    platform_domain: str = ""
    webhook_url: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    endpoint: str | None = None

    def client(self, service: str) -> Any:
        """A low-level client for the AWS that the stack is in."""
        return _clients(self.endpoint, service)[service]

    def conversations(self) -> Conversations:
        """Raises `CommandError` for a stack from before there were chats."""
        names = ("ConversationsTable", "QueueUrl", "AttachmentsBucket")
        missing = [name for name in names if not self.outputs.get(name)]
        if missing:
            raise CommandError(f"the stack {self.name} has no output {' and no '.join(missing)}")
        clients = _clients(self.endpoint, "sqs", "s3")
        table, queue_url, bucket = (self.outputs[name] for name in names)
        return Conversations(
            self.directory.dynamodb, clients["sqs"], clients["s3"], table, queue_url, bucket
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which stack is meant."""
    parser.add_argument(
        "--stack", metavar="NAME", default=STACK_NAME, help="the CloudFormation stack"
    )
    parser.add_argument(
        "--local", action="store_true", help="the stack of the running `switchboard dev`"
    )
    parser.add_argument(
        "--aws-port",
        type=int,
        default=AWS_PORT,
        metavar="PORT",
        help="with --local: where its AWS stand-in listens (%(default)s)",
    )


def option_of(arguments: argparse.Namespace) -> str:
    """The same stack as these options mean, to be typed after another command."""
    if not arguments.local:
        return f"--stack {arguments.stack}"
    port = f" --aws-port {arguments.aws_port}" if arguments.aws_port != AWS_PORT else ""
    return f"--local{port}"


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Stack]:
    """The stack the options mean. What AWS refuses in the block becomes a `CommandError`."""
    endpoint = f"http://127.0.0.1:{arguments.aws_port}" if arguments.local else None
    try:
        yield _open(arguments.stack, endpoint)
    except NoCredentialsError:
        raise CommandError(
            "there are no AWS credentials; for the local stack add --local"
        ) from None
    except NoRegionError:
        raise CommandError(
            "no AWS region is chosen; set AWS_REGION; for the local stack add --local"
        ) from None
    except (EndpointConnectionError, HTTPClientError) as error:
        if endpoint is not None:
            raise CommandError(no_local_stack(endpoint)) from None
        raise CommandError(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS: {error}") from None


def _open(name: str, endpoint: str | None) -> Stack:
    clients = _clients(endpoint, "cloudformation", "dynamodb", "ssm")
    outputs = _outputs(clients["cloudformation"], name)
    missing = [key for key in ("DirectoryTable", "SecretsPrefix") if not outputs.get(key)]
    if missing:
        raise CommandError(f"the stack {name} has no output {' and no '.join(missing)}")
    directory = DirectoryStore(
        clients["dynamodb"],
        clients["ssm"],
        outputs["DirectoryTable"],
        outputs["SecretsPrefix"],
        outputs.get("ApiDomain", ""),
    )
    return Stack(
        name,
        directory,
        platform_domain=outputs.get("PlatformDomain", ""),
        webhook_url=outputs.get("WebhookUrl", ""),
        outputs=outputs,
        endpoint=endpoint,
    )


def _clients(endpoint: str | None, *services: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if endpoint is not None:
        options = {
            "endpoint_url": endpoint,
            "region_name": REGION,
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }
    config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
    # boto3 alone knows only AWS_DEFAULT_REGION; AWS's other tools read AWS_REGION first.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    make: Any = session.client
    return {service: make(service, config=config, **options) for service in services}


def _outputs(cloudformation: Any, name: str) -> Mapping[str, str]:
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except (ClientError, ResponseParserError, KeyError) as error:
        refusal = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
        code = str(refusal.get("Code", ""))
        if code == "ValidationError":
            raise CommandError(f"there is no stack named {name}; choose one with --stack") from None
        if code and not code.isdigit():
            raise
        raise CommandError(
            f"what answers at {cloudformation.meta.endpoint_url} does not answer as AWS does; "
            "for a local stack, give --aws-port as `switchboard dev` was given it"
        ) from None
    return {output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", ())}
