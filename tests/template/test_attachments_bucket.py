"""The bucket for files, read from the expanded template."""

from __future__ import annotations

import pytest

from tests.template.expanded import actions, deployment, properties, statements


def test_files_are_private_and_encrypted() -> None:
    """Nobody reads a file but through the stack, and not without TLS."""
    config = properties("AttachmentsBucket")
    assert set(config["PublicAccessBlockConfiguration"].values()) == {True}
    assert config["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert config["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (denied,) = properties("AttachmentsBucketPolicy")["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Action"]) == ("Deny", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_files_expire_by_themselves_but_not_before_their_job() -> None:
    """What a crash leaves is cleared away, later than a job and its dead letter can wait."""
    rules = {
        rule["Prefix"]: rule
        for rule in properties("AttachmentsBucket")["LifecycleConfiguration"]["Rules"]
    }
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}
    waits = [properties(name)["MessageRetentionPeriod"] for name in ("Jobs", "DeadJobs")]
    assert rules["pending/"]["ExpirationInDays"] * 86_400 > sum(waits)
    assert rules["downloads/"]["ExpirationInDays"] == 1


@pytest.mark.parametrize(
    ("function", "objects"),
    [
        ("Userchat", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}),
        ("Worker", {"s3:GetObject", "s3:DeleteObject"}),
        ("Chatbot", set()),
        ("Webhook", set()),
    ],
)
def test_who_may_touch_files(function: str, objects: set[str]) -> None:
    """userchat takes, gives, erases; the worker delivers, deletes; the others know no bucket."""
    files = {a for s in statements(f"{function}Role") for a in actions(s) if a.startswith("s3:")}
    assert files == objects | ({"s3:ListBucket"} if objects else set())
    variables = deployment().template["Resources"][f"{function}Function"]["Properties"]
    assert ("ATTACHMENTS_BUCKET" in variables["Environment"]["Variables"]) is bool(objects)
