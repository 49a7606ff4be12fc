"""The local stack serves the chat's one file, so that a page on this machine can embed it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import requests

from switchboard_cli.local.log import LocalLog
from switchboard_cli.local.names import STACK_NAME
from switchboard_cli.local.stack import LocalSettings, LocalStack
from tests.functional.echo_stack import echo_stack

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def test_the_widget_is_served_as_it_is_built() -> None:
    """`/switchboard-chat.js` is the built file, in UTF-8 and never from a cache."""
    with echo_stack() as (stack, _):
        address = stack.url.replace("localhost", "127.0.0.1")
        answer = requests.get(f"{address}/switchboard-chat.js", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("/*! switchboard-chat")


@pytest.mark.parametrize("is_hosted", ["false", "true"])
def test_the_local_stack_hosts_the_widget_nowhere_else(is_hosted: str) -> None:
    """Whether the deployed stack would or not: one bucket, that for files, and no output more."""
    settings = LocalSettings(TEMPLATE, parameters={"HostWidget": is_hosted})
    with LocalStack(settings, LocalLog(io.StringIO())) as stack:
        buckets = stack.client("s3").list_buckets()["Buckets"]
        (described,) = stack.client("cloudformation").describe_stacks(StackName=STACK_NAME)[
            "Stacks"
        ]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    assert [bucket["Name"] for bucket in buckets] == [outputs["AttachmentsBucket"]]
    assert not [name for name in outputs if name.startswith("Widget")]
