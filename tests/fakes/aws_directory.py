"""An empty directory in emulated AWS, with the template's table, as `apply` finds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3

from switchboard_cli.manifests import DirectoryStore
from tests.tables import AWS, emulated_aws, template_resources

TABLE = "directory"


@cache
def _properties() -> Mapping[str, Any]:
    properties: Mapping[str, Any] = template_resources()["DirectoryTable"]["Properties"]
    return properties


@contextmanager
def aws_directory(api_domain: str = "api.example.org") -> Iterator[DirectoryStore]:
    """Everything is gone again at the end of the block."""
    properties = _properties()
    with emulated_aws():
        client: Any = boto3.client
        dynamodb = client("dynamodb", **AWS)
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode=properties["BillingMode"],
            AttributeDefinitions=properties["AttributeDefinitions"],
            KeySchema=properties["KeySchema"],
        )
        ssm = client("ssm", **AWS)
        yield DirectoryStore(dynamodb, ssm, TABLE, "/switchboard/test/", api_domain)


def make_stack(name: str, outputs: dict[str, str]) -> None:
    """A CloudFormation stack with these outputs."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    make: Any = boto3.client
    make("cloudformation", **AWS).create_stack(StackName=name, TemplateBody=json.dumps(template))
