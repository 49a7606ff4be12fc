"""The chat desk's I/O written bare: what cannot be left out, by hand, and nothing around it.

One `BareDesk` is one execution environment: it remembers what the functions remember. It keeps
the promises that cost I/O (stored before it is answered, announced before it is posted, read
again before the bot speaks) and none of the others. Its chats are items of the functions' form,
so it can read theirs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import requests

from switchboard.runtime import Aws

PLAIN_CHARACTERS = 2_000
TTL_SECONDS = 34_560_000
Json = dict[str, Any]


class BareDesk:
    """`names` are the functions' environment variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        aws = Aws()
        self.dynamodb = aws.client("dynamodb")
        self.sqs = aws.client("sqs")
        self.ssm = aws.client("ssm")
        self.session = requests.Session()
        self.session.trust_env = False
        self.directory = names["DIRECTORY_TABLE"]
        self.table = names["CONVERSATIONS_TABLE"]
        self.queue_url = names["QUEUE_URL"]
        self.prefix = names["SECRETS_PREFIX"]
        self.records: dict[str, Json] = {}
        self.secrets: dict[str, str] = {}
        self.login = ""

    def read(self, event: Mapping[str, Any]) -> Json:
        """GET of a chat; a copy older than a minute is read anew by whoever claims that first."""
        _, _, slug, _, _, device = event["rawPath"].strip("/").split("/")
        region = self.record("Region", slug)
        item = self.current(slug, device)
        assert item is not None
        chat = load(item)
        now = time.time_ns() // 1_000_000
        if now - chat.get("synced_at", 0) > region["sync_seconds"] * 1000:
            self._refresh(region, item, chat, now)
        return answer(wire(chat))

    def _refresh(self, region: Json, item: Json, chat: Json, now: int) -> None:
        chat["sync"] = {"holder": "bare", "until": now + 15_000}
        try:
            self.save(item, chat)
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return
        del chat["sync"]
        chat["messages"] = [
            {
                "id": f"article-{article['id']}",
                "number": number,
                "sender": article["sender"],
                "content": article["body"],
                "created_at": _milliseconds(article["created_at"]),
                "article_id": article["id"],
            }
            for number, article in enumerate(self.articles(region, chat["ticket_id"]))
            if not article["internal"]
        ]
        chat["synced_at"] = now
        self.save(item, chat)

    def write(self, event: Mapping[str, Any]) -> Json:
        """POST of a message; said again within half a minute it is the same message."""
        _, _, slug, language, _, device = event["rawPath"].strip("/").split("/")
        text = json.loads(event["body"])["message"]
        region = self.record("Region", slug)
        item = self.current(slug, device)
        now = time.time_ns() // 1_000_000
        chat = load(item) if item else {"language": language, "created_at": now, "messages": []}
        for known in reversed(chat["messages"]):
            if known["content"] == text and now - known["created_at"] < 30_000:
                self.send({"message": known["id"]}, device)
                return answer(wire(chat))
        message = {"id": uuid4().hex, "number": 2**52, "sender": "Customer", "content": text}
        message["created_at"] = message["attempted_at"] = now
        chat["messages"].append(message)
        if item is None:
            digest = hashlib.sha256(f"{slug}\0{device}".encode()).hexdigest()
            item = {"pk": {"S": f"Chat#{slug}#{digest}"}, "sk": {"S": "Chat#00000001"}}
        self.save(item, chat)
        self.send({"message": message["id"]}, device)
        article = {"body": text, "type": "web", "content_type": "text/html", "internal": False}
        article |= {"subject": "app user message", "sender": "Customer", "message_id": "<bare>"}
        if "ticket_id" in chat:
            sent = {"ticket_id": chat["ticket_id"], **article}
            posted = self.zammad(region, "POST", "/ticket_articles", sent)
            message["article_id"] = posted["id"]
            self.save(item, chat)
        else:
            self._open_ticket(region, item, chat, article)
        return answer({**wire(chat), "id": message["article_id"], "body": text})

    def _open_ticket(self, region: Json, item: Json, chat: Json, article: Json) -> None:
        self.login = self.login or self.zammad(region, "GET", "/users/me")["login"]
        ticket = {"title": "bare", "group": region["zammad"]["group"], "customer": self.login}
        chat["ticket_id"] = self.zammad(region, "POST", "/tickets", {**ticket, "article": article})[
            "id"
        ]
        chat["messages"][0]["article_id"] = self.articles(region, chat["ticket_id"])[0]["id"]
        chat["synced_at"] = time.time_ns() // 1_000_000
        owner = {
            "pk": {"S": f"Ticket#{region['zammad']['url']}#{chat['ticket_id']}"},
            "sk": {"S": "Ticket"},
            "region": {"S": region["slug"]},
            "device": {"S": item["pk"]["S"].rpartition("#")[2]},
            "sequence": {"N": "1"},
            "marks": {"M": {}},
        }
        puts = [self.put(item, chat), {"TableName": self.table, "Item": owner}]
        self.dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])

    def webhook(self, event: Mapping[str, Any]) -> Json:
        token = event["queryStringParameters"]["token"]
        record = self.record(f"WebhookToken#{hashlib.sha256(token.encode()).hexdigest()}", "-")
        body = event["body"].encode()
        for name in record["webhook_secrets"]:
            digest = hmac.new(self.secret(name).encode(), body, hashlib.sha1).hexdigest()
            assert hmac.compare_digest(f"sha1={digest}", event["headers"]["x-hub-signature"])
        document = json.loads(body)
        ticket, article = document["ticket"]["id"], document["article"]["id"]
        claimed = self.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": f"Ticket#{record['server_url']}#{ticket}"}, "sk": {"S": "Ticket"}},
            UpdateExpression="SET marks.#mark = if_not_exists(marks.#mark, :answer)",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#mark": f"{article}:adviser"},
            ExpressionAttributeValues={":answer": {"S": '{"actions":["queued"]}'}},
            ReturnValues="ALL_NEW",
        )["Attributes"]
        self.send({"article": article, "ticket": ticket}, claimed["device"]["S"])
        first = json.loads(claimed["marks"]["M"][f"{article}:adviser"]["S"])
        return answer({"region": claimed["region"]["S"], **first})

    def answer_question(self, slug: str, device: str) -> None:
        """The worker's job: a lease, the bot's answer, one look at the ticket, the article."""
        region = self.record("Region", slug)
        item = self.get(slug, device)
        chat = load(item)
        chat["answering"] = {"holder": "bare", "until": 0}
        self.save(item, chat)
        bot = self.record(f"Chatbot#{region['chatbot']}", "-")
        text = next(p["data"]["staticData"]["de"] for p in bot["plugins"])
        assert not any(a["sender"] == "Agent" for a in self.articles(region, chat["ticket_id"])), (
            "a human was faster"
        )
        chat["answer"] = text
        self.save(item, chat)
        article = {"body": text, "type": "web", "content_type": "text/html", "sender": "Agent"}
        sent = {"ticket_id": chat["ticket_id"], "internal": False, **article}
        posted = self.zammad(region, "POST", "/ticket_articles", sent)
        shown = {"content": text, "article_id": posted["id"], "sender": "Agent"}
        chat["messages"].append({**shown, "id": "answer", "number": 0, "created_at": 0})
        self.save(item, chat)

    def take_article(self, slug: str, device: str, article: int) -> None:
        """The worker's job after a webhook: the ticket is read again if the article is new."""
        region = self.record("Region", slug)
        item = self.get(slug, device)
        chat = load(item)
        if all(message.get("article_id") != article for message in chat["messages"]):
            self.articles(region, chat["ticket_id"])
            chat["messages"].append({"article_id": article, "content": "", "created_at": 0})
            self.save(item, chat)

    def record(self, pk: str, sk: str) -> Json:
        if pk + sk not in self.records:
            key = {"pk": {"S": pk}, "sk": {"S": sk}}
            found = self.dynamodb.get_item(TableName=self.directory, Key=key)["Item"]
            self.records[pk + sk] = json.loads(found["doc"]["S"])
        return self.records[pk + sk]

    def secret(self, name: str) -> str:
        if name not in self.secrets:
            found = self.ssm.get_parameter(Name=self.prefix + name, WithDecryption=True)
            self.secrets[name] = found["Parameter"]["Value"]
        return self.secrets[name]

    def current(self, slug: str, device: str) -> Json | None:
        digest = hashlib.sha256(f"{slug}\0{device}".encode()).hexdigest()
        found = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :chat)",
            ExpressionAttributeValues={
                ":pk": {"S": f"Chat#{slug}#{digest}"},
                ":chat": {"S": "Chat#"},
            },
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        return found[0] if found else None

    def get(self, slug: str, device: str) -> Json:
        digest = hashlib.sha256(f"{slug}\0{device}".encode()).hexdigest()
        key = {"pk": {"S": f"Chat#{slug}#{digest}"}, "sk": {"S": "Chat#00000001"}}
        found: Json = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        return dict(found["Item"])

    def save(self, item: Json, chat: Json) -> None:
        self.dynamodb.put_item(**self.put(item, chat))

    def put(self, item: Json, chat: Json) -> Json:
        """The put of the next version, on condition that nobody else has written it."""
        text = json.dumps(chat, ensure_ascii=False, separators=(",", ":"))
        packed = (
            {"S": text} if len(text) <= PLAIN_CHARACTERS else {"B": zlib.compress(text.encode())}
        )
        read = int(item.get("version", {"N": "0"})["N"])
        item["version"] = {"N": str(read + 1)}
        item["ttl"] = {"N": str(int(time.time()) + TTL_SECONDS)}
        put = {"TableName": self.table, "Item": {**item, "doc": packed}}
        if not read:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        values = {":read": {"N": str(read)}}
        return {
            **put,
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": values,
        }

    def send(self, job: Json, group: str) -> None:
        body = json.dumps(job)
        self.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=hashlib.sha256(body.encode()).hexdigest(),
        )

    def articles(self, region: Json, ticket: int) -> list[Json]:
        found: list[Json] = self.zammad(region, "GET", f"/ticket_articles/by_ticket/{ticket}")
        return found

    def zammad(self, region: Json, method: str, path: str, document: Any = None) -> Any:
        found = self.session.request(
            method,
            f"{region['zammad']['url']}/api/v1{path}",
            json=document,
            headers={"Authorization": f"Token token={self.secret(region['zammad']['token'])}"},
            timeout=(3, 8),
            allow_redirects=False,
        )
        found.raise_for_status()
        return found.json()


def load(item: Json) -> Json:
    doc = item["doc"]
    text = doc["S"] if "S" in doc else zlib.decompress(doc["B"]).decode()
    chat: Json = json.loads(text)
    return chat


def wire(chat: Json) -> Json:
    """The chat as apps read it."""
    messages = [
        {
            "id": message.get("article_id", message["number"]),
            "role": "user" if message["sender"] == "Customer" else "agent",
            "user_is_author": message["sender"] == "Customer",
            "automatic_answer": message.get("automatic", False),
            "content": message["content"],
            "body": message["content"],
            "created_at": datetime.fromtimestamp(message["created_at"] / 1000, UTC).isoformat(),
            "attachments": [],
        }
        for message in chat["messages"]
    ]
    return {"messages": messages, "evaluation_consent": False, "chatbot_typing": False}


def answer(document: Json) -> Json:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}


def _milliseconds(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)
