"""Wiring of the worker: a batch of the FIFO queue in, the records to try again out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response

from switchboard.runtime import compose
from worker.composition import build

edge = compose(build)
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False


def handle(event: dict[str, Any], context: Any) -> Any:
    """Entry point: an SQS event in, `batchItemFailures` out."""
    return process_partial_response(
        event=event,
        record_handler=lambda record: edge.handle(record.raw_event),
        processor=processor,
        context=context,
    )
