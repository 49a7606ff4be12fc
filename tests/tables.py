"""The product's tables as template.yaml declares them, in moto or another emulator of AWS."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from ruamel.yaml import YAML

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
AWS: dict[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


class _Tag(str):
    """A CloudFormation tag such as `!Ref x`: of no interest here."""


@cache
def template_resources() -> Mapping[str, Any]:
    yaml = YAML(typ="safe")
    yaml.constructor.add_multi_constructor("!", lambda loader, suffix, node: _Tag(suffix))
    resources: Mapping[str, Any] = yaml.load(TEMPLATE)["Resources"]
    return resources


@contextmanager
def emulated_aws() -> Iterator[None]:
    """An empty AWS: moto, or the ministack at `MINISTACK_URL` (`make ministack`)."""
    address = os.environ.get("MINISTACK_URL")
    if not address:
        with mock_aws():
            yield
        return
    urllib.request.urlopen(f"{address}/_ministack/reset", data=b"", timeout=30).close()
    with mock.patch.dict(os.environ, AWS_ENDPOINT_URL=address):
        yield


@contextmanager
def conversations_table() -> Iterator[tuple[Any, str]]:
    """A DynamoDB client and the name of the Conversations table, for the time of the block."""
    properties = template_resources()["ConversationsTable"]["Properties"]
    with emulated_aws():
        client: Any = boto3.client("dynamodb", **AWS)
        client.create_table(
            TableName="conversations",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=properties["AttributeDefinitions"],
        )
        yield client, "conversations"
