"""Counting what a piece of work asks of others, on the wire: retries count like first attempts.

AWS is counted where botocore hands a request to its HTTP session, Zammad in the simulator's own
record, a model in that of its server.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from unittest import mock

import requests
from botocore.httpsession import URLLib3Session

READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Calls:
    """How many of each kind; `dynamodb_writes` are not part of `dynamodb_reads`."""

    dynamodb_reads: int = 0
    dynamodb_writes: int = 0
    sqs: int = 0
    ssm: int = 0
    zammad: int = 0
    model: int = 0

    @property
    def dynamodb(self) -> int:
        return self.dynamodb_reads + self.dynamodb_writes

    @property
    def dynamodb_and_sqs(self) -> int:
        return self.dynamodb + self.sqs


class Watch:
    """Use it as a context manager. `model_calls` tells how many the model server has had so far.

    moto does not keep a condition and its write together when requests come at once, as DynamoDB
    does; so requests to AWS go out one after another while a watch is open.
    """

    def __init__(self, zammad_url: str, model_calls: Callable[[], int]) -> None:
        self._requests = f"{zammad_url}/simulator/requests"
        self._model_calls = model_calls
        self._counts: Counter[tuple[str, str]] = Counter()
        self._turn = threading.Lock()
        self._meeting: threading.Barrier | None = None
        self._patch: Any = None

    def __enter__(self) -> Watch:
        send = URLLib3Session.send

        def counted(session: URLLib3Session, request: Any) -> Any:
            service, operation = _target(request.headers)
            with self._turn:
                self._counts[service, operation] += 1
                answer = send(session, request)
            if operation == "Query" and self._meeting is not None:
                self._meeting.wait(SECONDS)
            return answer

        self._patch = mock.patch.object(URLLib3Session, "send", counted)
        self._patch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._patch.stop()

    def calls_of(self, work: Callable[[], object]) -> Calls:
        """Does the work, and counts. Nothing else may be under way meanwhile."""
        requests.delete(self._requests, timeout=SECONDS).raise_for_status()
        asked_before = self._model_calls()
        self._counts.clear()
        work()
        counts = dict(self._counts)
        answer = requests.get(self._requests, timeout=SECONDS)
        dynamodb = {op: n for (service, op), n in counts.items() if service == "DynamoDB"}
        reads = sum(n for operation, n in dynamodb.items() if operation in READS)
        return Calls(
            dynamodb_reads=reads,
            dynamodb_writes=sum(dynamodb.values()) - reads,
            sqs=sum(n for (service, _), n in counts.items() if service == "AmazonSQS"),
            ssm=sum(n for (service, _), n in counts.items() if service == "AmazonSSM"),
            zammad=answer.json()["count"],
            model=self._model_calls() - asked_before,
        )

    def at_once(self, work: Callable[[], object], times: int) -> None:
        """Does the work in that many threads.

        Each has read its chat before any of them goes on: the worst that can happen.
        """
        failed: list[BaseException] = []

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        self._meeting = threading.Barrier(times)
        threads = [threading.Thread(target=run) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._meeting = None
        if failed:
            raise failed[0]


def _target(headers: Any) -> tuple[str, str]:
    """`DynamoDB_20120810.GetItem` as service and operation."""
    target = headers["X-Amz-Target"]
    service, _, operation = (target.decode() if isinstance(target, bytes) else target).partition(
        "."
    )
    return service.partition("_")[0], operation
