"""What the operator reads of a chat's fate: reasons and regions, and nobody's words."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from tests.functional.desk_world import DeskWorld, webhook_payload

WORDS = "canary-words"
ARTICLE = {"id": 9, "sender": "Agent", "subject": "", "internal": False, "body": WORDS}


def lines(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, Any]]:
    """As they are written to standard output."""
    records = [record for record in caplog.records if record.getMessage() == message]
    return [json.loads(logging.getLogger(r.name).handlers[0].format(r)) for r in records]


def test_lines_are_dated_as_lambda_reads_them(
    desk: DeskWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 3339: Lambda takes the level of a line with any other date to be INFO."""
    desk.say("Hallo")
    desk.work()
    desk.webhook([])
    written = lines(caplog, "request") + lines(caplog, "job done")
    assert len(written) == 3
    for line in written:
        assert re.fullmatch(r"[-0-9]{10}T[:.0-9]{12}(Z|[-+]\d\d:\d\d)", line["timestamp"]), line


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([WORDS], "not an object"),
        (b'{"ticket": "canary-words', "not JSON"),
        ({"text": WORDS}, "no ticket"),
        ({"ticket": {"id": 1}}, "no article"),
        ({"ticket": {"id": 1}, "article": {}}, "unknown ticket"),
        (webhook_payload(999, ARTICLE), "unknown ticket"),
        (webhook_payload(1, {**ARTICLE, "sender": "System"}), "automatic message"),
    ],
)
def test_an_ignored_webhook_is_noted(
    desk: DeskWorld, caplog: pytest.LogCaptureFixture, document: Any, reason: str
) -> None:
    """The request's own line tells why, and whose token it was; no word of the payload."""
    assert desk.webhook(document).json["status"] == "ignored"
    (line,) = lines(caplog, "request")
    assert (line["region"], line["reason"]) == ("augenfeld", reason)
    assert "canary" not in caplog.text + str([vars(record) for record in caplog.records])


def test_a_webhook_that_is_work_is_not_called_ignored(
    desk: DeskWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Its line has no reason, whatever the contract's answer says."""
    desk.say("Hallo")
    told = webhook_payload(desk.ticket, ARTICLE)
    for payload in (told, {**told, "article": {}}):
        caplog.clear()
        desk.webhook(payload)
        (line,) = lines(caplog, "request")
        assert "reason" not in line


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("act", "reason"),
    [("answers", "a human has answered"), ("switches off", "automatic answers are off")],
)
def test_a_dropped_answer_is_noted(
    desk: DeskWorld, caplog: pytest.LogCaptureFixture, act: str, reason: str, told: bool
) -> None:
    """Whether known before the bot is asked or seen in the ticket after it: one line, once."""
    desk.say(WORDS)
    article = None
    if act == "answers":
        article = desk.simulator.answer(desk.ticket, WORDS)
    else:
        desk.simulator.update_ticket(desk.ticket, automatic_answers=False)
    if told:
        desk.later(61)
        desk.messages()
    desk.work()
    desk.later(200)
    desk.work()
    (line,) = lines(caplog, "answer dropped")
    assert (line["region"], line["reason"]) == ("augenfeld", reason)
    assert not {WORDS, "device-1"} & set(json.dumps(line).split('"'))
    assert [sender for sender, _ in desk.articles()] == ["Customer", *["Agent"] * bool(article)]
