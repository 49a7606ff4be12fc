"""Jobs on the FIFO queue, and back from it.

A job's message group is its chat and kind: messages of one chat are delivered and answered in
order, and an adviser's word never waits behind a bot that is still thinking. A ticket to be erased
has a group of its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from switchboard.domain.chat import ChatKey
from switchboard.domain.errors import QueueUnavailable
from switchboard.domain.ids import ArticleId, DeviceHash, MessageId, RegionSlug, TicketId
from switchboard.domain.jobs import ArticleJob, ConsentJob, EraseTicketJob, Job, MessageJob

_KINDS: dict[type[Job], str] = {
    MessageJob: "message",
    ArticleJob: "article",
    ConsentJob: "consent",
    EraseTicketJob: "erase_ticket",
}


def dump_job(job: Job) -> str:
    return json.dumps({"kind": _KINDS[type(job)], **asdict(job)}, separators=(",", ":"))


def load_job(body: str) -> Job:
    """Raises `ValueError`, `KeyError` or `TypeError` for what is no job."""
    written = json.loads(body)
    if written["kind"] == "erase_ticket":
        return _erase_ticket_job(written)
    key = written["chat"]
    chat = ChatKey(RegionSlug(key["region"]), DeviceHash(key["device"]), int(key["sequence"]))
    if written["kind"] == "message":
        return MessageJob(chat, MessageId(written["message"]))
    if written["kind"] == "consent":
        return ConsentJob(chat)
    if written["kind"] == "article":
        return ArticleJob(
            chat,
            TicketId(int(written["ticket"])),
            ArticleId(int(written["article"])),
            bool(written["automatic_answers"]),
            bool(written.get("closed", False)),
        )
    raise ValueError(f"unknown kind of job: {written['kind']!r}")


def _erase_ticket_job(written: dict[str, Any]) -> EraseTicketJob:
    ticket = written["ticket"]
    return EraseTicketJob(
        RegionSlug(written["region"]),
        str(written["server_url"]),
        TicketId(int(ticket)) if ticket is not None else None,
        str(written["pseudonym"]),
        tuple(MessageId(str(message)) for message in written["messages"]),
        int(written["attempted_at"]),
    )


def _group(job: Job) -> str:
    if isinstance(job, EraseTicketJob):
        return f"{job.server_url}#{job.ticket}#{job.pseudonym}"
    return f"{job.chat.region}#{job.chat.device}#{_KINDS[type(job)]}s"


class SqsJobQueue:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, job: Job, attempt: str = "") -> None:
        body = dump_job(job)
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageGroupId=hashlib.sha256(_group(job).encode()).hexdigest(),
                MessageDeduplicationId=hashlib.sha256(f"{body}{attempt}".encode()).hexdigest(),
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable from error
