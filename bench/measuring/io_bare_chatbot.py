"""A chatbot's turn written bare: find the bot, read the session, ask, store, answer.

One `BareChatbot` is one execution environment: it remembers the bot, the key and the secret.
Its turns are items of the function's form, so that both read the same sessions.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import requests

from switchboard.runtime import Aws

NEWEST = 30
TTL_SECONDS = 2_592_000
Json = dict[str, Any]


class BareChatbot:
    """`names` are the function's environment variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        aws = Aws()
        self.dynamodb = aws.client("dynamodb")
        self.ssm = aws.client("ssm")
        self.session = requests.Session()
        self.session.trust_env = False
        self.directory = names["DIRECTORY_TABLE"]
        self.table = names["CONVERSATIONS_TABLE"]
        self.prefix = names["SECRETS_PREFIX"]
        self.records: dict[str, Json | None] = {}
        self.secrets: dict[str, str] = {}

    def ask(self, event: Mapping[str, Any]) -> Json:
        """POST to a chatbot by its host name, with a key."""
        host = event["requestContext"]["domainName"]
        key = event["headers"].get("authorization", "").removeprefix("Bearer ")
        bot = self._bot(host, key)
        if bot is None:
            return _answer(404, {"error": "not found"})
        record = self.records.get(f"ApiKey#{key.split('_')[1]}") if key else None
        digest = hashlib.sha256(key.encode()).hexdigest()
        if record is None or not hmac.compare_digest(record["digest"], digest):
            return _answer(401, {"error": "unauthorized"})
        body = json.loads(event["body"])
        session_key = body.get("session_key")
        new_key = session_key or uuid4().hex + uuid4().hex
        session = hashlib.sha256(f"{bot['id']}#{new_key}".encode()).hexdigest()[:32]
        pk = f"Session#{session}"
        question = body["messages"][-1]
        thread = self._thread(pk) if session_key else []
        if bot["limits"]["tokens_per_day"]:
            self._count(f"Requests#{bot['id']}", 1, most=bot["limits"]["requests_per_minute"])
            self._count(f"Tokens#{bot['id']}", 900, most=bot["limits"]["tokens_per_day"])
        text = self._complete(bot, thread, question)
        if bot["limits"]["tokens_per_day"]:
            self._count(f"Tokens#{bot['id']}", -480)
        turn = {"messages": [question, {"role": "assistant", "content": text}]}
        turn |= {"usage": [0, 0, 0], "plugins": [], "terms_matched": []}
        now = time.time_ns() // 1_000_000
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                "pk": {"S": pk},
                "sk": {"S": f"Turn#{now:013d}#{uuid4().hex}"},
                "doc": {"S": json.dumps(turn, ensure_ascii=False)},
                "ttl": {"N": str(now // 1000 + TTL_SECONDS)},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
        return _answer(200, _envelope(text, question["content"], new_key, now))

    def _bot(self, host: str, key: str) -> Json | None:
        """One read for the bot and its key, as long as either is not known yet."""
        wanted = [f"Host#{host}"] + ([f"ApiKey#{key.split('_')[1]}"] if key else [])
        missing = [pk for pk in wanted if pk not in self.records]
        if missing:
            keys = [{"pk": {"S": pk}, "sk": {"S": "-"}} for pk in missing]
            found = self.dynamodb.batch_get_item(RequestItems={self.directory: {"Keys": keys}})
            self.records |= dict.fromkeys(missing)
            for item in found["Responses"][self.directory]:
                self.records[item["pk"]["S"]] = json.loads(item["doc"]["S"])
        return self.records[f"Host#{host}"]

    def _thread(self, pk: str) -> list[Json]:
        items = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :turn)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":turn": {"S": "Turn#"}},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=NEWEST,
        )["Items"]
        turns = [json.loads(item["doc"]["S"]) for item in reversed(items)]
        return [message for turn in turns for message in turn["messages"]]

    def _count(self, counter: str, amount: int, most: int | None = None) -> None:
        """What a limit costs: a conditional write before the call, and one to settle it."""
        values = {":amount": {"N": str(amount)}, ":ttl": {"N": str(int(time.time()) + 86_400)}}
        condition = {}
        if most is not None:
            values[":room"] = {"N": str(most - amount)}
            condition["ConditionExpression"] = "attribute_not_exists(used) OR used <= :room"
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": counter}, "sk": {"S": "Window#bare"}},
            UpdateExpression="ADD used :amount SET #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues=values,
            **condition,
        )

    def _complete(self, bot: Json, thread: list[Json], question: Json) -> str:
        """From the model server, or without one from the first plugin that a term calls."""
        called = _called(bot, question["content"])
        if bot["provider"] == "local":
            return str(called["data"]["staticData"]["de"])
        messages = [{"role": "system", "content": bot["system_role"]}, *thread, question]
        tool = {"name": called["name"], "description": called["description"], "parameters": {}}
        if bot["model_key"] not in self.secrets:
            found = self.ssm.get_parameter(Name=self.prefix + bot["model_key"], WithDecryption=True)
            self.secrets[bot["model_key"]] = found["Parameter"]["Value"]
        answer = self.session.post(
            f"{bot['base_url']}/chat/completions",
            json={
                "model": bot["model"],
                "messages": messages,
                "tools": [{"type": "function", "function": tool}],
            },
            headers={"Authorization": f"Bearer {self.secrets[bot['model_key']]}"},
            timeout=(3, 25),
        )
        answer.raise_for_status()
        return str(answer.json()["choices"][0]["message"]["content"])


def _called(bot: Json, question: str) -> Json:
    folded = question.casefold()
    found: Json = next(
        p for p in bot["plugins"] if any(t.casefold() in folded for t in p["search_terms"])
    )
    return found


def _envelope(text: str, asked: str, session_key: str, now: int) -> Json:
    message = {"role": "assistant", "content": text}
    completion = {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": now // 1000,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        "metadata": {"tool_calls": None, "input_text": asked, "session_key": session_key},
        "smarter": {"messages": [message], "plugins": [], "tools": []},
    }
    body = json.dumps(completion, ensure_ascii=False)
    data = {"isBase64Encoded": False, "statusCode": 200, "headers": {}, "body": body}
    metadata = {"command": "chat", "session_key": session_key}
    return {"data": data, "api": "switchboard/v1", "thing": "Chatbot", "metadata": metadata}


def _answer(status: int, document: Json) -> Json:
    body = json.dumps(document, ensure_ascii=False)
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": body,
    }
