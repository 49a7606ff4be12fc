"""The queue's edge: records in, jobs run, failures sorted.

What may succeed later is made visible again with growing waits; what cannot is parked in the
dead-letter queue at once, where an alarm tells the operator; so is what failed for reasons
nobody foresaw, after a few tries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from switchboard.adapters.sqs_jobs import load_job
from switchboard.domain.errors import AppError
from switchboard.domain.jobs import Job
from switchboard.ports.log import Logger

FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 120
SURPRISES = 5


@dataclass(frozen=True, slots=True)
class RecordEdge:
    """`sqs` is a low-level client; `run` does a job as the holder of a name of its own."""

    run: Callable[[Job, str], None]
    sqs: Any
    queue_url: str
    dead_letter_queue_url: str
    logger: Logger

    def handle(self, record: Mapping[str, Any]) -> None:
        """Done when it returns; raises what is to be tried again."""
        body, tries = record["body"], int(record["attributes"]["ApproximateReceiveCount"])
        try:
            job = load_job(body)
        except ValueError:
            self._park(record, "not a job")
            return
        try:
            self.run(job, f"{record['messageId']}#{tries}")
        except AppError as error:
            self.logger.info(
                "job failed",
                extra={
                    "job": type(job).__name__,
                    "code": error.code,
                    "reason": error.data.get("reason", ""),
                    "tries": tries,
                },
            )
            if not error.retryable:
                self._park(record, error.code)
                return
            self._wait(record, tries)
            raise
        except Exception:
            self.logger.exception("job failed", extra={"job": type(job).__name__, "tries": tries})
            if tries >= SURPRISES:
                self._park(record, "unexpected error")
                return
            self._wait(record, tries)
            raise
        self.logger.info("job done", extra={"job": type(job).__name__, "tries": tries})

    def _wait(self, record: Mapping[str, Any], tries: int) -> None:
        seconds = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 16), LONGEST_WAIT_SECONDS)
        self.sqs.change_message_visibility(
            QueueUrl=self.queue_url,
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=seconds,
        )

    def _park(self, record: Mapping[str, Any], reason: str) -> None:
        self.logger.info("job parked", extra={"reason": reason})
        self.sqs.send_message(
            QueueUrl=self.dead_letter_queue_url,
            MessageBody=record["body"],
            MessageGroupId=record["attributes"]["MessageGroupId"],
            MessageDeduplicationId=record["messageId"],
            MessageAttributes={"reason": {"DataType": "String", "StringValue": json.dumps(reason)}},
        )
