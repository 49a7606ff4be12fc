"""Writes down every record it gets; records can ask it to fail, raise, or wait for another."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def handle(event: dict[str, Any], context: Any) -> Any:
    failures = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        started = time.time_ns()
        saw = wait_for(job["until"]) if "until" in job else False
        attempt = record["attributes"]["ApproximateReceiveCount"]
        dynamodb.put_item(
            TableName=os.environ["NOTES_TABLE"],
            Item={
                "id": {"S": f"{job['name']}/{attempt}"},
                "record": {"S": json.dumps(record)},
                "saw": {"BOOL": saw},
                "started": {"N": str(started)},
                "ended": {"N": str(time.time_ns())},
            },
        )
        if job.get("fail", 0) >= int(attempt):
            if job.get("hurry"):
                sqs = boto3.client("sqs")
                url = sqs.get_queue_url(QueueName=record["eventSourceARN"].rpartition(":")[2])
                sqs.change_message_visibility(
                    QueueUrl=url["QueueUrl"],
                    ReceiptHandle=record["receiptHandle"],
                    VisibilityTimeout=0,
                )
            failures.append({"itemIdentifier": record["messageId"]})
        if job.get("raise"):
            raise RuntimeError("asked to")
    return {"batchItemFailures": failures}


def wait_for(name: str) -> bool:
    """Whether the first try at this job was noted within three seconds."""
    for _ in range(60):
        key = {"id": {"S": f"{name}/1"}}
        if "Item" in dynamodb.get_item(TableName=os.environ["NOTES_TABLE"], Key=key):
            return True
        time.sleep(0.05)
    return False
