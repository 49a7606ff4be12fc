"""The chat desk as Lambda runs it: the real handlers, gateway events, DynamoDB, SQS and SSM by
moto, and the Zammad simulator over HTTP. The configuration is the examples' own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from switchboard.adapters.system import SystemClock
from switchboard_cli.manifests import DirectoryStore, Manifests, apply_manifests, load_manifests
from tests.heap import collected
from tests.tables import AWS, template_resources
from zammad_simulator import SimulatorSettings, TicketAttribute, ZammadSimulator
from zammad_simulator.settings import DEFAULT_ATTRIBUTES

EXAMPLES = Path(__file__).parents[2] / "examples"
REGION = EXAMPLES / "region.yaml"
TOKEN = "11111111-2222-4333-8444-555555555555"
SECRET = "hush-hush-42"
CHAT = "/api/v3/augenfeld/de/chat/device-1/"
FUNCTIONS = ("userchat", "webhook", "worker")
VARIABLES = {
    "ZAMMAD_TOKEN": "bridge",
    "ZAMMAD_WEBHOOK_TOKEN": TOKEN,
    "ZAMMAD_WEBHOOK_SECRET": SECRET,
    "SWITCHBOARD_EXAMPLE_KEY": "sb_example_0123456789abcdef",
}


class Answer:
    """What the gateway would send on."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.status: int = raw["statusCode"]
        self.headers: Mapping[str, str] = raw["headers"]
        self.body: str = raw.get("body", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class DeskWorld:
    """Sends events to the handlers, runs the worker on what is queued, looks into the tables."""

    def __init__(self, simulator: ZammadSimulator, queue_url: str, skipped: list[int]) -> None:
        self.simulator = simulator
        self._skipped = skipped
        self._waiting: list[dict[str, str]] = []
        self.queue_url = queue_url
        self.sqs: Any = boto3.client("sqs", **AWS)
        self.dynamodb: Any = boto3.client("dynamodb", **AWS)
        self._handlers: dict[str, Callable[[Any, Any], Any]] = {
            name: importlib.import_module(f"{name}.handler").handle for name in FUNCTIONS
        }

    def handler(self, name: str) -> Callable[[Any, Any], Any]:
        return self._handlers[name]

    def request(
        self,
        method: str,
        path: str = CHAT,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        base64_encoded: bool = False,
    ) -> Answer:
        """One HTTP API event to userchat; a mapping as body is sent as JSON."""
        sent = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            sent.setdefault("content-type", "application/json")
        event = http_event(method, path, body, sent, query, base64_encoded=base64_encoded)
        return Answer(self._handlers["userchat"](event, None))

    def say(self, text: str, path: str = CHAT, **fields: Any) -> Answer:
        return self.request("POST", path, {"message": text, **fields})

    def messages(self, path: str = CHAT) -> list[dict[str, Any]]:
        answer = self.request("GET", path)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.json["messages"]
        return found

    def webhook(
        self,
        document: Any,
        *,
        token: str | None = TOKEN,
        signature: str | None = "right",
        secret: str = SECRET,
        headers: Mapping[str, str] | None = None,
        base64_encoded: bool = False,
    ) -> Answer:
        """One function-URL event; `document` as Zammad would write it, or raw bytes."""
        raw = document if isinstance(document, bytes) else zammad_json(document)
        sent = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        if signature == "right":
            digest = hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()
            sent["x-hub-signature"] = f"sha1={digest}"
        elif signature is not None:
            sent["x-hub-signature"] = signature
        body = base64.b64encode(raw).decode() if base64_encoded else raw.decode()
        query = {"token": token} if token is not None else None
        event = http_event("POST", "/", body, sent, query)
        event["isBase64Encoded"] = base64_encoded
        return Answer(self._handlers["webhook"](event, None))

    def raw_userchat(self, changes: Mapping[str, Any]) -> Answer:
        """A POST event with some of its fields changed."""
        event = http_event("POST", CHAT, "", {"content-type": "application/json"}, None)
        return Answer(self._handlers["userchat"]({**event, **changes}, None))

    def raw_webhook(self, method: str) -> Answer:
        return Answer(self._handlers["webhook"](http_event(method, "/", None, {}, None), None))

    def lose_queue(self) -> None:
        """From now on the queue that the functions know does not exist."""
        self.sqs.delete_queue(QueueUrl=self.queue_url)

    def work(self) -> int:
        """Runs the worker until nothing is visible in the queue; the number of jobs done."""
        done = 0
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.queue_url, MessageSystemAttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return done
            message = answer["Messages"][0]
            result = self._handlers["worker"]({"Records": [sqs_record(message)]}, None)
            handle = {"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]}
            if result["batchItemFailures"]:
                self._waiting.append(handle)
            else:
                done += 1
                self.sqs.delete_message(**handle)

    def later(self, seconds: float) -> None:
        """Time passes: for the functions' clock, and for jobs that wait to be tried again."""
        self._skipped[0] += round(seconds * 1000)
        for handle in self._waiting:
            self.sqs.change_message_visibility(**handle, VisibilityTimeout=0)
        self._waiting.clear()

    def dead_letters(self) -> list[str]:
        url = self.sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    @property
    def ticket(self) -> int:
        """The newest ticket's id."""
        return max(int(ticket["id"]) for ticket in self.simulator.tickets())

    def articles(self) -> list[tuple[str, str]]:
        """Sender and body of the newest ticket's public articles."""
        return [
            (article["sender"], article["body"])
            for article in self.simulator.articles(self.ticket)
            if not article["internal"]
        ]


def http_event(
    method: str,
    path: str,
    body: str | None,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None,
    *,
    base64_encoded: bool = False,
) -> dict[str, Any]:
    """A payload-2.0 event as API Gateway makes it."""
    if base64_encoded and body is not None:
        body = base64.b64encode(body.encode()).decode()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /api/v3/{proxy+}",
        "rawPath": path,
        "rawQueryString": "&".join(f"{k}={v}" for k, v in (query or {}).items()),
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "tests",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "ANY /api/v3/{proxy+}",
            "stage": "$default",
            "time": "02/Oct/2026:12:00:00 +0000",
            "timeEpoch": 1790942400000,
        },
        "isBase64Encoded": base64_encoded,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body
    return event


def sqs_record(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo",
        "awsRegion": "eu-central-1",
    }


def zammad_json(document: Any) -> bytes:
    """JSON as Zammad's webhooks escape it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def webhook_payload(ticket: int, article: Mapping[str, Any], **attributes: Any) -> dict[str, Any]:
    """What Zammad posts for an article as REST shows it: the author is an object here."""
    login = article.get("created_by", "ayla@example.org")
    return {
        "ticket": {"id": ticket, "automatic_answers": True, **attributes},
        "article": {**article, "created_by": {"id": 9, "login": login}},
    }


@contextmanager
def desk_world(
    monkeypatch: pytest.MonkeyPatch,
    attributes: tuple[TicketAttribute, ...] = DEFAULT_ATTRIBUTES,
) -> Iterator[DeskWorld]:
    """The desk with the example region, its Zammad empty and well.

    `attributes` are those that its tickets have.
    """
    settings = SimulatorSettings(
        bridge_token="bridge", time_scale=0.0, custom_attributes=attributes
    )
    with mock_aws(), ZammadSimulator(settings) as simulator:
        queue_url = _make_resources(monkeypatch)
        _apply_examples(simulator.url)
        for name in [m for m in sys.modules if m.partition(".")[0] in FUNCTIONS]:
            monkeypatch.delitem(sys.modules, name)
        skipped = [0]
        monkeypatch.setattr(
            SystemClock, "now", lambda self: time.time_ns() // 1_000_000 + skipped[0]
        )
        with collected(monkeypatch):
            yield DeskWorld(simulator, queue_url, skipped)


def _make_resources(monkeypatch: pytest.MonkeyPatch) -> str:
    """Tables as the template declares them, the queues, and the functions' environment."""
    dynamodb: Any = boto3.client("dynamodb", **AWS)
    for name in ("Directory", "Conversations"):
        properties = template_resources()[f"{name}Table"]["Properties"]
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=properties["AttributeDefinitions"],
        )
    sqs: Any = boto3.client("sqs", **AWS)
    urls = {
        name: sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})[
            "QueueUrl"
        ]
        for name in ("jobs", "dead")
    }
    bucket: Any = boto3.client("s3", **AWS)
    bucket.create_bucket(
        Bucket="attachments",
        CreateBucketConfiguration={"LocationConstraint": AWS["region_name"]},
    )
    environment = {
        "ATTACHMENTS_BUCKET": "attachments",
        "AWS_DEFAULT_REGION": AWS["region_name"],
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "DIRECTORY_TABLE": "Directory",
        "CONVERSATIONS_TABLE": "Conversations",
        "QUEUE_URL": urls["jobs"],
        "DEAD_LETTER_QUEUE_URL": urls["dead"],
        "SECRETS_PREFIX": "/switchboard/test/",
        "POWERTOOLS_SERVICE_NAME": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return str(urls["jobs"])


def _apply_examples(zammad_url: str) -> None:
    store = DirectoryStore(
        boto3.client("dynamodb", **AWS),
        boto3.client("ssm", **AWS),
        "Directory",
        "/switchboard/test/",
        "api.localhost",
    )
    region = load_manifests([REGION], {**VARIABLES, "ZAMMAD_URL": zammad_url})
    apply_manifests(Manifests(_examples_but_region().items + region.items), store)


@cache
def _examples_but_region() -> Manifests:
    """What no world's address is in."""
    return load_manifests({*EXAMPLES.glob("*.yaml")} - {REGION}, VARIABLES)
