"""Whatever is in a record of the queue: it is done, parked or tried again, and no other is lost.

Records come from the queue in one batch: two devices' questions and, between them, mangled jobs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.adapters.sqs_jobs import dump_job
from switchboard.domain.chat import ChatKey
from switchboard.domain.ids import ArticleId, DeviceHash, MessageId, RegionSlug, TicketId
from switchboard.domain.jobs import ArticleJob, ConsentJob, EraseTicketJob, MessageJob
from tests.functional.desk_world import DeskWorld, desk_world, sqs_record
from tests.property.mangled_json import examples, mangled

KEY = ChatKey(RegionSlug("augenfeld"), DeviceHash("d" * 64), 1)
TICKET = TicketId(4711)
ERASE = EraseTicketJob(KEY.region, "https://zammad.example.org", TICKET, "", (), 0)
JOBS = [
    json.loads(dump_job(job))
    for job in (
        MessageJob(KEY, MessageId("0" * 32)),
        ArticleJob(KEY, TICKET, ArticleId(9), True),
        ConsentJob(KEY),
        ERASE,
        replace(ERASE, ticket=None, pseudonym="abcd", messages=(MessageId("0" * 32),)),
    )
]
IMPORTANT = (
    *(("kind",), ("chat",), ("chat", "region"), ("chat", "device"), ("chat", "sequence")),
    *(("message",), ("ticket",), ("article",), ("automatic_answers",), ("closed",)),
    *(("region",), ("server_url",), ("pseudonym",), ("messages",), ("messages", 0)),
)


class Queue:
    """The desk's queue, read in batches as Lambda does."""

    def __init__(self, desk: DeskWorld) -> None:
        self.desk = desk
        self._devices = 0

    def ask(self) -> str:
        """A new device asks something; the address of its chat."""
        self._devices += 1
        path = f"/api/v3/augenfeld/de/chat/d{self._devices}/"
        assert self.desk.say("Hallo", path).status == 200
        return path

    def put(self, body: str) -> None:
        self._devices += 1
        self.desk.sqs.send_message(
            QueueUrl=self.desk.queue_url,
            MessageBody=body,
            MessageGroupId=f"g{self._devices}",
            MessageDeduplicationId=f"m{self._devices}",
        )

    def take(self) -> list[dict[str, Any]]:
        """All that is visible, as one batch's records."""
        found = self.desk.sqs.receive_message(
            QueueUrl=self.desk.queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
        )
        return [sqs_record(message) for message in found.get("Messages", [])]

    def work(self, records: list[dict[str, Any]]) -> set[str]:
        """The bodies that are to be tried again; all others leave the queue, as at Lambda."""
        result = self.desk.handler("worker")({"Records": records}, None)
        again = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
        for record in records:
            self.desk.sqs.delete_message(
                QueueUrl=self.desk.queue_url, ReceiptHandle=record["receiptHandle"]
            )
        return {record["body"] for record in records if record["messageId"] in again}

    def parked(self) -> list[str]:
        """What was parked since; it is taken away."""
        url = self.desk.sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
        found = self.desk.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        for message in found.get("Messages", []):
            self.desk.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found.get("Messages", [])]


@pytest.fixture(scope="module")
def queue() -> Iterator[Queue]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MESSAGES_PER_ADDRESS", "0")
        with desk_world(monkeypatch) as desk:
            yield Queue(desk)


def is_answered(desk: DeskWorld, path: str) -> bool:
    return desk.messages(path)[-1]["automatic_answer"] is True


@examples(25)
@given(data=st.data())
def test_mangled_jobs_take_no_other_with_them(queue: Queue, data: st.DataObject) -> None:
    """Each is done or parked at once, never tried again; the questions around it are answered."""
    mangled_jobs = st.one_of([mangled(job, IMPORTANT) for job in JOBS])
    bodies = data.draw(st.lists(mangled_jobs.filter(str.strip), min_size=1, max_size=6))
    before = queue.ask()
    for body in bodies:
        queue.put(body)
    after = queue.ask()
    records = queue.take()
    assert [record["body"] for record in records[1:-1]] == bodies
    assert queue.work(records) == set()
    assert is_answered(queue.desk, before)
    assert is_answered(queue.desk, after)
    assert set(queue.parked()) <= set(bodies)
