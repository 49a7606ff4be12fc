"""One real event for each kind of request, as gateway, function URL and queue send them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import uuid
from typing import Any

from bench.measuring.stage import LANGUAGE, REGION_SLUG, Stage
from switchboard.adapters.sqs_jobs import dump_job
from switchboard.domain.chat import Chat
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.jobs import ArticleJob
from switchboard_cli.local.events import HttpRequest, function_url_event, gateway_event
from switchboard_cli.local.names import EXAMPLE_KEY

JSON = ("content-type", "application/json")
CHAT_PATH = "/api/v3/{region}/{language}/chat/{device}/"
_articles = itertools.count(1_000_000)


def read_chat(device: str) -> dict[str, Any]:
    return _gateway("GET", _chat_path(device), CHAT_PATH)


def first_message() -> dict[str, Any]:
    """From a device that has never written."""
    body = json.dumps({"message": "Wo finde ich einen Deutschkurs?"}).encode()
    return _gateway("POST", _chat_path(uuid.uuid4().hex), CHAT_PATH, body=body)


def ask_chatbot(stage: Stage) -> dict[str, Any]:
    """A conversation of its own with the example chatbot, by host name and key."""
    body = json.dumps(
        {"messages": [{"role": "user", "content": "Wo finde ich einen Deutschkurs?"}]}
    )
    host = f"customer-support.3141-5926-5359.{stage.stack.outputs['ApiDomain']}"
    key = ("authorization", f"Bearer {EXAMPLE_KEY}")
    return _gateway("POST", "/chatbot/", "$default", JSON, key, host=host, body=body.encode())


def adviser_wrote(stage: Stage, ticket: int) -> dict[str, Any]:
    """Zammad's signed webhook about an article not heard of before."""
    article = {"id": next(_articles), "sender": "Agent", "internal": False, "created_by": {"id": 5}}
    body = json.dumps({"ticket": {"id": ticket, "automatic_answers": True}, "article": article})
    secret = stage.values["ZAMMAD_WEBHOOK_SECRET"].encode()
    signature = hmac.new(secret, body.encode(), hashlib.sha1).hexdigest()
    headers = (("host", "webhook.localhost"), JSON, ("x-hub-signature", f"sha1={signature}"))
    target = f"/api/v3/webhook/zammad/?token={stage.values['ZAMMAD_WEBHOOK_TOKEN']}"
    return function_url_event(HttpRequest("POST", target, headers, body.encode()))


def article_job(chat: Chat) -> dict[str, Any]:
    """What the queue brings after `adviser_wrote`."""
    job = ArticleJob(chat.key, TicketId(chat.ticket_id or 0), ArticleId(next(_articles)), True)
    record = {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "receipt",
        "body": dump_job(job),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795000000000",
            "MessageGroupId": "group",
            "SequenceNumber": "1",
            "MessageDeduplicationId": uuid.uuid4().hex,
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo",
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def _chat_path(device: str) -> str:
    return f"/api/v3/{REGION_SLUG}/{LANGUAGE}/chat/{device}/"


def _gateway(
    method: str,
    target: str,
    route: str,
    *headers: tuple[str, str],
    host: str = "switchboard.localhost",
    body: bytes = b"",
) -> dict[str, Any]:
    given = headers or (JSON,)
    request = HttpRequest(method, target, (("host", host), *given), body)
    key = route if route == "$default" else f"{method} {route}"
    return gateway_event(request, key, {})
