"""`switchboard widget` as an operator calls it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.fakes.aws_directory import make_stack
from tests.functional.command_desk import CommandDesk, open_commands
from tests.tables import AWS

BUILT = Path(__file__).parents[2] / "web" / "dist" / "switchboard-chat.js"


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandDesk]:
    with open_commands(monkeypatch, capsys, tmp_path) as opened:
        make_stack(
            "hosting",
            {
                "DirectoryTable": opened.store.table,
                "SecretsPrefix": opened.store.secrets_prefix,
                "WidgetBucket": "widget",
                "WidgetUrl": "https://static.example.org/switchboard-chat.js",
            },
        )
        yield opened


def bucket() -> Any:
    """A client for the bucket, which is there."""
    s3: Any = boto3.client("s3", **AWS)
    s3.create_bucket(
        Bucket="widget", CreateBucketConfiguration={"LocationConstraint": AWS["region_name"]}
    )
    return s3


def test_the_file_is_stored_under_both_names(desk: CommandDesk) -> None:
    """The newest for minutes, the one that never changes for a year, both as UTF-8 JavaScript."""
    s3 = bucket()
    desk.done("widget", "--stack", "hosting")
    stored = {item["Key"]: s3.get_object(Bucket="widget", Key=item["Key"]) for item in listed(s3)}
    newest = stored.pop("switchboard-chat.js")
    ((name, pinned),) = stored.items()
    assert re.fullmatch(r"switchboard-chat\.[0-9a-f]{16}\.js", name)
    assert newest["CacheControl"] == "public, max-age=300, stale-while-revalidate=86400"
    assert pinned["CacheControl"] == "public, max-age=31536000, immutable"
    for found in (newest, pinned):
        assert found["ContentType"] == "text/javascript; charset=utf-8"
        assert found["Body"].read() == BUILT.read_bytes()


def test_the_tags_that_it_prints_are_right(desk: CommandDesk) -> None:
    """One for the newest, one whose digest a browser will find to be that of the stored file."""
    s3 = bucket()
    out = desk.done("widget", "--stack", "hosting")
    assert '<script src="https://static.example.org/switchboard-chat.js" defer></script>' in out
    pinned = re.search(r'src="https://static\.example\.org/(\S+)" defer\n', out)
    integrity = re.search(r'integrity="sha384-([^"]+)" crossorigin="anonymous"></script>', out)
    assert pinned
    assert integrity
    body = s3.get_object(Bucket="widget", Key=pinned[1])["Body"].read()
    assert base64.b64decode(integrity[1]) == hashlib.sha384(body).digest()


def test_again_changes_nothing(desk: CommandDesk) -> None:
    """The same build has the same name; what other builds were stored as stays."""
    s3 = bucket()
    s3.put_object(Bucket="widget", Key="switchboard-chat.0000000000000000.js", Body=b"older")
    desk.done("widget", "--stack", "hosting")
    desk.done("widget", "--stack", "hosting")
    assert len(listed(s3)) == 3


def test_a_stack_that_hosts_none_says_how(desk: CommandDesk) -> None:
    """Without the outputs the command says which parameter makes them."""
    outcome = desk.call("widget")
    assert outcome.status == 2
    assert "does not host the widget; deploy it with HostWidget=true" in outcome.err


def test_the_local_stack_needs_no_copy(desk: CommandDesk) -> None:
    """It has the file already, so the command says where, and looks for no stack."""
    outcome = desk.call("widget", "--local", "--aws-port", "1")
    assert (outcome.status, outcome.out) == (2, "")
    said = "the local stack serves the widget itself, at /switchboard-chat.js"
    assert outcome.err == f"switchboard: {said}\n"


def listed(s3: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = s3.list_objects_v2(Bucket="widget")["Contents"]
    return found
