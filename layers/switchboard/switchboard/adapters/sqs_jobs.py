"""Jobs on the FIFO queue, and back from it.

A job's message group is its chat and kind: messages of one chat are delivered and answered in
order, and an adviser's word never waits behind a bot that is still thinking. A ticket to be erased
has a group of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from switchboard.domain.chat import ChatKey
from switchboard.domain.errors import QueueUnavailable
from switchboard.domain.ids import (
    ArticleId,
    DeviceHash,
    MessageId,
    RegionSlug,
    TicketId,
    is_path_value,
)
from switchboard.domain.jobs import ArticleJob, ConsentJob, EraseTicketJob, Job, MessageJob

_HEX = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_KINDS: dict[type[Job], str] = {
    MessageJob: "message",
    ArticleJob: "article",
    ConsentJob: "consent",
    EraseTicketJob: "erase_ticket",
}


def dump_job(job: Job) -> str:
    return json.dumps({"kind": _KINDS[type(job)], **asdict(job)}, separators=(",", ":"))


def load_job(body: str) -> Job:
    """Raises `ValueError` for what is no job: parking it at once is all that can be done."""
    try:
        written = json.loads(body)
        return _READERS[written["kind"]](written)
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError("not a job") from error


def _message_job(written: dict[str, Any]) -> MessageJob:
    return MessageJob(_chat_key(written), MessageId(_hex(written["message"])))


def _article_job(written: dict[str, Any]) -> ArticleJob:
    return ArticleJob(
        _chat_key(written),
        TicketId(_number(written["ticket"])),
        ArticleId(_number(written["article"])),
        None if written["automatic_answers"] is None else _flag(written["automatic_answers"]),
        _flag(written.get("closed", False)),
    )


def _consent_job(written: dict[str, Any]) -> ConsentJob:
    return ConsentJob(_chat_key(written))


def _erase_ticket_job(written: dict[str, Any]) -> EraseTicketJob:
    ticket, messages = written["ticket"], written["messages"]
    if not isinstance(messages, list):
        raise ValueError("no list")
    return EraseTicketJob(
        _region(written["region"]),
        _text(written["server_url"]),
        TicketId(_number(ticket)) if ticket is not None else None,
        _text(written["pseudonym"]),
        tuple(MessageId(_hex(message)) for message in messages),
        _number(written["attempted_at"]),
    )


_READERS: dict[str, Callable[[dict[str, Any]], Job]] = {
    "message": _message_job,
    "article": _article_job,
    "consent": _consent_job,
    "erase_ticket": _erase_ticket_job,
}


def _chat_key(written: dict[str, Any]) -> ChatKey:
    key = written["chat"]
    device = DeviceHash(_hex(key["device"]))
    return ChatKey(_region(key["region"]), device, _number(key["sequence"]))


def _region(written: object) -> RegionSlug:
    slug = _text(written)
    if not is_path_value(slug):
        raise ValueError("no region")
    return RegionSlug(slug)


def _hex(written: object) -> str:
    """The form of our own ids and of a device's hash."""
    text = _text(written)
    if not _HEX.fullmatch(text):
        raise ValueError("no id")
    return text


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise TypeError("no text")
    written.encode()
    return written


def _number(written: object) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or not 0 <= written < 2**63:
        raise ValueError("no number")
    return written


def _flag(written: object) -> bool:
    if not isinstance(written, bool):
        raise TypeError("no flag")
    return written


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
