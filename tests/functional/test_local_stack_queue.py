"""The local stack's queue consumer, from outside: messages in, the function's notes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from switchboard_cli.local.stack import LocalStack
from tests.functional.echo_stack import echo_stack, eventually


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with echo_stack() as (running, _):
        yield running


def send(stack: LocalStack, name: str, group: str, **job: Any) -> str:
    sent = stack.client("sqs").send_message(
        QueueUrl=stack.stack.outputs["WorkUrl"],
        MessageBody=json.dumps({"name": name, **job}),
        MessageGroupId=group,
        MessageDeduplicationId=name,
        MessageAttributes={"colour": {"DataType": "String", "StringValue": "red"}},
    )
    return str(sent["MessageId"])


def note(stack: LocalStack, name: str, attempt: int = 1) -> dict[str, Any] | None:
    """What the function wrote about this attempt at a job."""
    item = stack.client("dynamodb").get_item(
        TableName=stack.stack.outputs["DirectoryTable"], Key={"id": {"S": f"{name}/{attempt}"}}
    )
    found: dict[str, Any] | None = item.get("Item")
    return found


def waited_for(stack: LocalStack, name: str, attempt: int = 1) -> dict[str, Any]:
    return eventually(lambda: note(stack, name, attempt))


def span(item: dict[str, Any]) -> tuple[int, int]:
    return int(item["started"]["N"]), int(item["ended"]["N"])


def test_a_record_has_the_fields_of_an_sqs_event(stack: LocalStack) -> None:
    """The function gets the record as Lambda sends it, message attributes included."""
    message_id = send(stack, "fields", "g-fields")
    record = json.loads(waited_for(stack, "fields")["record"]["S"])
    assert record["messageId"] == message_id
    assert json.loads(record["body"]) == {"name": "fields"}
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":switchboard-Work.fifo")
    assert record["awsRegion"] == "eu-central-1"
    assert record["attributes"]["MessageGroupId"] == "g-fields"
    assert record["attributes"]["MessageDeduplicationId"] == "fields"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SequenceNumber", "SentTimestamp"} <= record["attributes"].keys()
    assert record["messageAttributes"]["colour"] == {
        "stringValue": "red",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "String",
    }
    assert {"receiptHandle", "md5OfBody"} <= record.keys()


def test_a_group_is_served_in_order_and_others_beside_it(stack: LocalStack) -> None:
    """Messages of one group never overlap; another group does not wait for them."""
    send(stack, "a1", "g-a", until="b1")
    send(stack, "a2", "g-a")
    send(stack, "b1", "g-b")
    first, second = waited_for(stack, "a1"), waited_for(stack, "a2")
    assert span(first)[1] <= span(second)[0]
    assert first["saw"]["BOOL"]
    assert span(second)[0] - span(first)[1] < 0.9e9, "a group waits no poll long for its turn"


def test_a_reported_failure_stays_and_keeps_its_group_back(stack: LocalStack) -> None:
    """A failed message comes again after its visibility timeout, before those behind it."""
    send(stack, "f1", "g-f", fail=1)
    send(stack, "f2", "g-f")
    again, behind = waited_for(stack, "f1", 2), waited_for(stack, "f2")
    assert span(again)[0] - span(waited_for(stack, "f1"))[1] > 3e9
    assert span(again)[1] <= span(behind)[0]
    assert note(stack, "f1", 3) is None


def test_a_function_may_shorten_the_wait_of_its_message(stack: LocalStack) -> None:
    """When the function makes its message visible, it comes again at once."""
    send(stack, "h1", "g-h", fail=1, hurry=True)
    again = waited_for(stack, "h1", 2)
    assert span(again)[0] - span(waited_for(stack, "h1"))[1] < 3e9


def test_a_message_that_always_fails_is_given_up(stack: LocalStack) -> None:
    """After the redrive policy's number of tries it is in the dead-letter queue."""
    send(stack, "d1", "g-d", fail=9, hurry=True)
    send(stack, "d2", "g-d")
    waited_for(stack, "d2")
    dead = stack.client("sqs").receive_message(
        QueueUrl=stack.stack.outputs["GivenUpUrl"], WaitTimeSeconds=5
    )
    assert [json.loads(message["Body"])["name"] for message in dead["Messages"]] == ["d1"]
    assert note(stack, "d1", 3)
    assert note(stack, "d1", 4) is None


def test_a_raised_error_leaves_the_message_in_the_queue(stack: LocalStack) -> None:
    """An exception is a failure of the whole batch."""
    send(stack, "r1", "g-r", **{"raise": True})
    waited_for(stack, "r1", 2)


def test_a_message_sent_again_within_minutes_is_dropped(stack: LocalStack) -> None:
    """Also when the first one is done and deleted, as SQS remembers it for five minutes."""
    send(stack, "once", "g-once")
    first = span(waited_for(stack, "once"))
    send(stack, "once", "g-once")
    send(stack, "after", "g-once")
    waited_for(stack, "after")
    assert span(waited_for(stack, "once")) == first
