"""Jobs as they are written on the queue, and what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchboard.adapters.sqs_jobs import dump_job, load_job
from switchboard.domain.chat import ChatKey
from switchboard.domain.ids import ArticleId, DeviceHash, MessageId, RegionSlug, TicketId
from switchboard.domain.jobs import ArticleJob, ConsentJob, EraseTicketJob, Job, MessageJob

KEY = ChatKey(RegionSlug("augenfeld"), DeviceHash("d" * 64), 1)
MESSAGE = MessageJob(KEY, MessageId("0" * 32))
ERASE = EraseTicketJob(
    KEY.region,
    "https://zammad.example.org",
    None,
    "ab12",
    (MessageId("0" * 32),),
    1_700_000_000_000,
)


@pytest.mark.parametrize(
    "job",
    [
        MESSAGE,
        ArticleJob(KEY, TicketId(4711), ArticleId(0), False, True),
        ArticleJob(KEY, TicketId(4711), ArticleId(9), None),
        ConsentJob(KEY),
        ERASE,
        EraseTicketJob(KEY.region, "https://zammad.example.org", TicketId(4711)),
    ],
)
def test_a_job_comes_back_as_it_was_written(job: Job) -> None:
    """Each kind survives the queue."""
    assert load_job(dump_job(job)) == job


def changed(job: Job, **fields: Any) -> str:
    return json.dumps({**json.loads(dump_job(job)), **fields})


CHAT = json.loads(dump_job(MESSAGE))["chat"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"message"',
        "[" * 100_000,
        '{"kind":[]}',
        '{"kind":"other"}',
        '{"kind":"message"}',
        changed(MESSAGE, message=["0" * 32]),
        changed(MESSAGE, message="ü"),
        changed(MESSAGE, chat=[]),
        changed(MESSAGE, chat={**CHAT, "region": ["augenfeld"]}),
        changed(MESSAGE, chat={**CHAT, "region": "a/b"}),
        changed(MESSAGE, chat={**CHAT, "device": "d" * 5000}),
        changed(MESSAGE, chat={**CHAT, "sequence": float("inf")}),
        changed(MESSAGE, chat={**CHAT, "sequence": 2**63}),
        changed(MESSAGE, chat={**CHAT, "sequence": True}),
        changed(ERASE, ticket="4711"),
        changed(ERASE, messages="0"),
        changed(ERASE, server_url="\ud800"),
        changed(ArticleJob(KEY, TicketId(1), ArticleId(1), True), automatic_answers="false"),
    ],
)
def test_what_is_no_job_is_told_at_once(body: str) -> None:
    """Wrong types, impossible numbers and names: one error, before anything is done."""
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever is wrong
        load_job(body)
