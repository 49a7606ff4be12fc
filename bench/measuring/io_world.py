"""The real handlers in this process, on a stage: events in, answers out, jobs from the queue."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TextIO
from unittest import mock

import requests

from bench.measuring.requests import adviser_wrote
from bench.measuring.stage import LANGUAGE, REGION_SLUG, Stage
from switchboard.adapters import directory_documents as documents
from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.domain.chat import Chat
from switchboard.domain.directory import Chatbot, Limits
from switchboard.domain.ids import ChatbotId, DeviceId, SecretName, device_hash
from switchboard_cli.local.aws import CREDENTIALS, REGION
from switchboard_cli.local.events import HttpRequest, gateway_event
from switchboard_cli.local.names import EXAMPLE_KEY

FUNCTIONS = ("chatbot", "userchat", "webhook", "worker")
EXAMPLE_HOST = "customer-support.3141-5926-5359.api.localhost"
MODEL_HOST = "model-bot.3141-5926-5359.api.localhost"
LIMITED_HOST = "limited-bot.3141-5926-5359.api.localhost"
MODEL_SECRET = "bench/model"
JSON = ("content-type", "application/json")
LIMITS = ("MESSAGES_PER_DEVICE", "MESSAGES_PER_ADDRESS", "READS_PER_ADDRESS")
"""Everything here comes from one address, and much of it at once."""


class World:
    """Use it as a context manager. `log` is where the functions write their log lines."""

    def __init__(self, stage: Stage, log: TextIO) -> None:
        self.stage = stage
        self.names = {
            key: value for name in FUNCTIONS for key, value in stage.environment(name).items()
        }
        self.names.update(dict.fromkeys(LIMITS, "1000000"))
        self.dynamodb = stage.client("dynamodb")
        self.sqs = stage.client("sqs")
        self.chats = DynamoDbChats(self.dynamodb, self.names["CONVERSATIONS_TABLE"])
        self._log = log
        self._handlers: dict[str, Any] = {}
        self._ending = contextlib.ExitStack()

    def __enter__(self) -> World:
        environment = {
            **self.names,
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": REGION,
            "POWERTOOLS_SERVICE_NAME": "bench",
        }
        self._ending.enter_context(mock.patch.dict(os.environ, environment))
        for name, module in _modules(FUNCTIONS).items():
            self._ending.callback(sys.modules.__setitem__, name, module)
        self._ending.callback(_forget, FUNCTIONS)
        for name in FUNCTIONS:
            self.start_cold(name)
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.close()

    def start_cold(self, name: str) -> None:
        """A new execution environment of this function."""
        _forget((name,))
        with contextlib.redirect_stdout(self._log):
            self._handlers[name] = importlib.import_module(f"{name}.handler").handle

    def call(self, name: str, event: Mapping[str, Any], expected: int = 200) -> Any:
        """The function's answer. Raises `RuntimeError` if it is not the expected one."""
        answer = self._handlers[name](event, None)
        if answer.get("statusCode", 200) != expected or answer.get("batchItemFailures"):
            raise RuntimeError(f"{name} answered {answer}")
        return answer

    def handler(self, name: str) -> Any:
        return self._handlers[name]

    def read(self, device: str) -> dict[str, Any]:
        return _gateway("GET", _chat_path(device))

    def write(self, device: str, text: str) -> dict[str, Any]:
        return _gateway("POST", _chat_path(device), body=json.dumps({"message": text}))

    def ask(
        self,
        session_key: str = "",
        *,
        host: str = EXAMPLE_HOST,
        key: str = EXAMPLE_KEY,
        text: str = "Wo finde ich einen Deutschkurs?",
    ) -> dict[str, Any]:
        """A question to a chatbot, in a conversation of its own without a session key."""
        document: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
        if session_key:
            document["session_key"] = session_key
        headers = (("authorization", f"Bearer {key}"),) if key else ()
        return _gateway("POST", "/chatbot/", *headers, host=host, body=json.dumps(document))

    def adviser_wrote(self, ticket: int, article: int) -> dict[str, Any]:
        """Zammad's signed webhook, of an article number of our own choice."""
        with mock.patch("bench.measuring.requests._articles", iter([article])):
            return adviser_wrote(self.stage, ticket)

    def next_job(self) -> dict[str, Any]:
        """The next job of the queue as the worker's event, taken out of the queue.

        Raises `LookupError` if there is none.
        """
        message = self._take_message()
        if message is None:
            raise LookupError("the queue is empty")
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:jobs.fifo",
            "awsRegion": REGION,
        }
        return {"Records": [record]}

    def drop_jobs(self) -> None:
        while self._take_message() is not None:
            pass

    def _take_message(self) -> dict[str, Any] | None:
        url = self.names["QUEUE_URL"]
        found = self.sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
        if not found.get("Messages"):
            return None
        message: dict[str, Any] = found["Messages"][0]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def chat(self, device: str) -> Chat:
        found = self.chats.current(REGION_SLUG, device_hash(REGION_SLUG, DeviceId(device)))
        if found is None:
            raise LookupError(device)
        return found

    def make_stale(self, device: str) -> None:
        self.chats.save(replace(self.chat(device), synced_at=0))

    def adviser_answers(self, ticket: int) -> int:
        """A person's article in the ticket; its id."""
        sent = {"ticket_id": ticket, "body": "Guten Tag", "type": "web", "sender": "Agent"}
        token = self.stage.values["ZAMMAD_TOKEN"]
        answer = requests.post(
            f"{self.stage.zammad_url}/api/v1/ticket_articles",
            json={**sent, "content_type": "text/html", "internal": False, "subject": ""},
            headers={"Authorization": f"Token token={token}"},
            timeout=30,
        )
        answer.raise_for_status()
        return int(answer.json()["id"])

    def chatbot_at(self, host: str) -> Chatbot:
        key = {"pk": {"S": f"Host#{host}"}, "sk": {"S": documents.ONLY}}
        found = self.dynamodb.get_item(TableName=self.names["DIRECTORY_TABLE"], Key=key)
        return documents.chatbot_from(found["Item"]["doc"]["S"])

    def add_model_bots(self, base_url: str) -> None:
        """The example chatbot once more, with a model server, and again with limits besides."""
        bot = replace(
            self.chatbot_at(EXAMPLE_HOST),
            id=ChatbotId("model-bot"),
            provider="openai",
            base_url=base_url,
            model="scripted-1",
            model_key=SecretName(MODEL_SECRET),
            hostnames=(MODEL_HOST,),
        )
        generous = Limits(requests_per_minute=1_000_000, tokens_per_day=1_000_000_000)
        limited = ChatbotId("limited-bot")
        self._put_bot(bot)
        self._put_bot(replace(bot, id=limited, hostnames=(LIMITED_HOST,), limits=generous))
        self.stage.client("ssm").put_parameter(
            Name=self.names["SECRETS_PREFIX"] + MODEL_SECRET,
            Value="the-model-servers-key",
            Type="SecureString",
        )

    def _put_bot(self, bot: Chatbot) -> None:
        host = {"pk": {"S": f"Host#{bot.hostnames[0]}"}, "sk": {"S": documents.ONLY}}
        item = {**host, "doc": {"S": documents.encode(bot)}}
        self.dynamodb.put_item(TableName=self.names["DIRECTORY_TABLE"], Item=item)


def _chat_path(device: str) -> str:
    return f"/api/v3/{REGION_SLUG}/{LANGUAGE}/chat/{device}/"


def _gateway(
    method: str,
    path: str,
    *headers: tuple[str, str],
    host: str = "switchboard.localhost",
    body: str = "",
) -> dict[str, Any]:
    given = (("host", host), JSON, *headers)
    return gateway_event(HttpRequest(method, path, given, body.encode()), "$default", {})


def _modules(functions: tuple[str, ...]) -> dict[str, Any]:
    return {n: m for n, m in sys.modules.items() if n.partition(".")[0] in functions}


def _forget(functions: tuple[str, ...]) -> None:
    for name in _modules(functions):
        del sys.modules[name]
