"""The chatbot function as Lambda runs it: its handler, gateway events, DynamoDB and SSM by moto."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from switchboard.adapters import directory_documents as documents
from switchboard.adapters.model_differences import LEARNED
from switchboard.domain.directory import (
    ApiKey,
    Authentication,
    Chatbot,
    Directive,
    Plugin,
)
from switchboard.domain.ids import ChatbotId, SecretName, hex_digest
from switchboard_cli.local.events import (
    HttpRequest,
    HttpResponse,
    gateway_event,
    response_from_answer,
)
from switchboard_cli.local.web import WebServer
from tests.heap import collected

REGION = "eu-central-1"
PLATFORM = "platform.localhost"
HOST = "customer-support.3141-5926-5359.api.localhost"
ONE_LABEL_HOST = "customer-support--3141-5926-5359.api.localhost"
CUSTOM_HOST = "api.customer.org"
OTHER_HOST = "other-bot.2718-2818-2845.api.localhost"
PUBLIC_HOST = "public-bot.3141-5926-5359.api.localhost"
KEY = "sb_demo1_0123456789abcdef0123"
SCOPED_KEY = "sb_demo2_0123456789abcdef0123"
EXPIRED_KEY = "sb_demo3_0123456789abcdef0123"
REVOKED_KEY = "sb_demo4_0123456789abcdef0123"
OTHER_KEY = "sb_demo5_0123456789abcdef0123"
MODEL_KEY = "model-server-key-that-nobody-may-see"

COURSES = Plugin(
    "language_courses",
    "static",
    Directive.SEARCH_TERMS,
    ("Sprachkurs", "language course"),
    system_role="Speak of courses only if asked.",
    data={"staticData": {"de": "Kurse gibt es in der VHS.", "en": "Courses are at the VHS."}},
)
HOURS = Plugin(
    "opening_hours",
    "static",
    Directive.ALWAYS,
    system_role="Quote the hours.",
    description="When the office is open",
    data={"staticData": {"weekdays": "9 to 12", "price": {"adult": 1.5}}},
)
BOT = Chatbot(
    id=ChatbotId("bot1"),
    name="customer_support",
    account="city",
    account_number="3141-5926-5359",
    system_role="You are the city's assistant.",
    hostnames=(HOST, ONE_LABEL_HOST, CUSTOM_HOST),
    allowed_origins=("https://app.example.org",),
    plugins=(COURSES,),
)
PUBLIC = Chatbot(
    id=ChatbotId("bot2"),
    name="public_bot",
    account="city",
    account_number="3141-5926-5359",
    hostnames=(PUBLIC_HOST,),
    authentication=Authentication.PUBLIC,
    allowed_origins=("*",),
)
OTHER = Chatbot(
    id=ChatbotId("bot3"),
    name="other_bot",
    account="elsewhere",
    account_number="2718-2818-2845",
    hostnames=(OTHER_HOST,),
)
DRAFT = Chatbot(
    id=ChatbotId("bot4"),
    name="draft_bot",
    account="city",
    account_number="3141-5926-5359",
    deployed=False,
    hostnames=("draft-bot.3141-5926-5359.api.localhost",),
)
KEYS = (
    ApiKey("demo1", hex_digest(KEY), "city"),
    ApiKey("demo2", hex_digest(SCOPED_KEY), "city", chatbots=("draft_bot",)),
    ApiKey("demo3", hex_digest(EXPIRED_KEY), "city", expires_at=1),
    ApiKey("demo4", hex_digest(REVOKED_KEY), "city", revoked=True),
    ApiKey("demo5", hex_digest(OTHER_KEY), "elsewhere"),
)


def bot_at(url: str, **fields: Any) -> Chatbot:
    """A further chatbot, at `model.localhost`, whose model is the server at this base URL."""
    defaults: dict[str, Any] = {
        "id": ChatbotId("bot9"),
        "name": "model_bot",
        "account": "city",
        "account_number": "3141-5926-5359",
        "provider": "openai",
        "base_url": url,
        "model_key": SecretName("models/key"),
        "model": "gpt-test",
        "system_role": "You are the city's assistant.",
        "temperature": 0.0,
        "hostnames": ("model.localhost",),
        "plugins": (COURSES,),
    }
    return Chatbot(**{**defaults, **fields})


class World:
    """Sends events to the handler and looks into the tables."""

    def __init__(self, handle: Any, dynamodb: Any) -> None:
        self._handle = handle
        self.dynamodb = dynamodb

    def put(self, *records: documents.Record) -> None:
        for record in records:
            for key in documents.keys_of(record):
                item = {
                    "pk": {"S": key.pk},
                    "sk": {"S": key.sk},
                    "doc": {"S": documents.encode(record)},
                }
                self.dynamodb.put_item(TableName="Directory", Item=item)

    def send(self, request: Mapping[str, Any]) -> Answer:
        return Answer(self._handle(request, None))

    def serve(self, request: HttpRequest) -> HttpResponse:
        """A request over HTTP, by way of the gateway's event."""
        return response_from_answer(self._handle(gateway_event(request, "$default", {}), None))

    def ask(
        self,
        text: str,
        *,
        host: str = HOST,
        path: str = "/chatbot/",
        key: str = KEY,
        session_key: str | None = None,
    ) -> Answer:
        document: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
        if session_key:
            document["session_key"] = session_key
        return self.send(event("POST", path, host=host, body=document, key=key))

    def conversations(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName="Conversations")["Items"]
        return items

    def turns(self) -> list[dict[str, Any]]:
        """What is stored of sessions."""
        return [item for item in self.conversations() if item["pk"]["S"].startswith("Session#")]


class Answer:
    """The gateway's view of a response; `completion` is the document inside the envelope."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.status: int = raw["statusCode"]
        self.headers: dict[str, str] = raw["headers"]
        self.text: str = raw["body"]

    @property
    def document(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    @property
    def completion(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.document["data"]["body"])
        return parsed

    @property
    def session_key(self) -> str:
        return str(self.document["metadata"]["session_key"])

    @property
    def said(self) -> str:
        return str(self.completion["choices"][0]["message"]["content"])


def event(
    method: str,
    path: str,
    *,
    host: str = HOST,
    body: Any = None,
    key: str = "",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A payload-2.0 event as an HTTP API sends it. `body` is text, or a document to be JSON."""
    sent = {"content-type": "application/json", "host": host}
    if key:
        sent["authorization"] = f"Token {key}"
    answer: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": {**sent, **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "tests",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Oct/2026:13:40:53 +0000",
            "timeEpoch": 1791639653000,
        },
        "isBase64Encoded": False,
    }
    if query:
        answer["queryStringParameters"] = dict(query)
    if body is not None:
        answer["body"] = body if isinstance(body, str) else json.dumps(body)
    return answer


@contextmanager
def chatbot_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fresh execution environment over empty tables that hold the records above."""
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "DIRECTORY_TABLE": "Directory",
        "CONVERSATIONS_TABLE": "Conversations",
        "SECRETS_PREFIX": "/switchboard/test/",
        "API_DOMAIN": "api.localhost",
        "PLATFORM_DOMAIN": PLATFORM,
        "POWERTOOLS_SERVICE_NAME": "chatbot",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    LEARNED.forget()
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        for table in ("Directory", "Conversations"):
            _make_table(dynamodb, table)
        boto3.client("ssm", region_name=REGION).put_parameter(
            Name="/switchboard/test/models/key", Value=MODEL_KEY, Type="SecureString"
        )
        for module in [name for name in sys.modules if name.partition(".")[0] == "chatbot"]:
            monkeypatch.delitem(sys.modules, module)
        with collected(monkeypatch):
            world = World(importlib.import_module("chatbot.handler").handle, dynamodb)
            world.put(BOT, PUBLIC, OTHER, DRAFT, *KEYS)
            yield world


@pytest.fixture(scope="module")
def module_world() -> Iterator[World]:
    """The `world` of a module whose tests all share it: none changes what another one sees."""
    with pytest.MonkeyPatch.context() as monkeypatch, chatbot_world(monkeypatch) as made:
        yield made


@contextmanager
def http_front(world: World) -> Iterator[str]:
    """The world behind a real HTTP server; gives its address, without scheme."""
    server = WebServer("127.0.0.1", 0)
    server.start(world.serve)
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        server.stop()


def _make_table(dynamodb: Any, name: str) -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
    )
