"""What an event source mapping of Lambda does: gives the messages of a queue to a function.

One thread receives, several hand over. A FIFO queue keeps a group back while one of its messages
is in work or invisible; a failed message is left alone until its visibility timeout ends, unless
the function itself changed that.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from switchboard_cli.local.deployment import Consumer
from switchboard_cli.local.names import REGION
from switchboard_cli.local.pool import FunctionPool, TooBusy
from switchboard_cli.runtime_api import FunctionError

_IDLE_WAIT = 1
_BUSY_PAUSE = 0.05
_TROUBLE_PAUSE = 1.0


class QueuePoller:
    """`sqs` is a client; `note` gets one line for whatever a person should know.

    `observe` hears of each message that was handed over: its body, whether it is done, and the
    seconds it took.
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        consumer: Consumer,
        pool: FunctionPool,
        *,
        parallel: int,
        note: Callable[[str], None],
        observe: Callable[[str, bool, float], None],
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._consumer = consumer
        self._pool = pool
        self._note = note
        self._observe = observe
        self._parallel = max(1, min(parallel, consumer.concurrency))
        self._free = threading.BoundedSemaphore(self._parallel)
        self._in_work = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(self._parallel, thread_name_prefix="consumer")
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self._queue_arn = attributes["Attributes"]["QueueArn"]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Takes no more messages; end the pool first, so that nobody waits for a function."""
        self._stopping.set()
        self._thread.join()
        self._workers.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._free.acquire(timeout=_IDLE_WAIT):
                continue
            messages = self._receive()
            if messages:
                with self._lock:
                    self._in_work += 1
                self._workers.submit(self._hand_over, messages)
            else:
                self._free.release()

    def _receive(self) -> list[dict[str, Any]]:
        # moto looks up once per call which groups are in work. A long poll begun while one was
        # would keep the group's next message back until it ends; so then it is a short one.
        busy = self._in_work > 0
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(self._consumer.batch_size, 10),
                WaitTimeSeconds=0 if busy else _IDLE_WAIT,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except Exception as error:  # noqa: BLE001
            if not self._stopping.wait(_TROUBLE_PAUSE):
                self._note(f"the queue cannot be read: {error}")
            return []
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        if busy and not messages:
            self._stopping.wait(_BUSY_PAUSE)
        return messages

    def _hand_over(self, messages: list[dict[str, Any]]) -> None:
        began = time.perf_counter()
        try:
            failed = self._failed(messages)
            seconds = time.perf_counter() - began
            for message in messages:
                if not self._stopping.is_set():
                    self._observe(message["Body"], message["MessageId"] not in failed, seconds)
                if message["MessageId"] not in failed:
                    self._sqs.delete_message(
                        QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                    )
        except Exception as error:  # noqa: BLE001
            if not self._stopping.is_set():
                self._note(f"a queue message was not handled: {error}")
        finally:
            with self._lock:
                self._in_work -= 1
            self._free.release()

    def _failed(self, messages: list[dict[str, Any]]) -> set[str]:
        """Ids of the messages that stay in the queue."""
        everything = {message["MessageId"] for message in messages}
        records = [self._record(message) for message in messages]
        try:
            answer = self._pool.invoke({"Records": records})
        except (FunctionError, TooBusy) as error:
            if not self._stopping.is_set():
                self._note(f"queue messages stay in the queue: {error}")
            return everything
        if not self._consumer.partial_failures or not answer:
            return set()
        return _reported(answer, everything)

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(value)
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue_arn,
            "awsRegion": REGION,
        }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return {**attribute, "dataType": value["DataType"]}


def _reported(answer: Any, everything: set[str]) -> set[str]:
    """A malformed report counts as a failure of the whole batch, as Lambda has it."""
    try:
        failures: Iterable[Any] = answer.get("batchItemFailures") or []
        ids = {failure["itemIdentifier"] for failure in failures}
    except (AttributeError, KeyError, TypeError):
        return everything
    return ids if ids <= everything else everything
