"""Chatbot sessions in the Conversations table: one item for each turn, never changed again.

    pk        `Session#<digest of chatbot and session key>`
    sk        `Turn#<milliseconds, 13 digits>#<turn key>`
    doc, ttl  the turn as JSON, and when it expires, in seconds

A turn's key begins with the same digest: who knows the key finds the turn. Turns taken at once
are two items, so neither can overwrite the other, and the item-size limit holds for a turn, not
for a session. What the hundredth turn reads is no more than what the thirtieth does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from switchboard.domain.conversation import ChatMessage, Role, ToolCall, Usage
from switchboard.domain.ids import ChatbotId
from switchboard.domain.session import DIGEST_LENGTH, TTL_SECONDS, Session, SessionId, Turn

NEWEST = 30
"""Turns read at most. The token budget of a prompt is rarely filled by more."""


class DynamoDbSessions:
    """`SessionRepository`. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def newest_turns(self, session: SessionId, now: int) -> Session:
        items = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :turn)",
            ExpressionAttributeValues={":pk": {"S": _pk(session)}, ":turn": {"S": "Turn#"}},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=NEWEST,
        )["Items"]
        alive = [item for item in reversed(items) if int(item["ttl"]["N"]) > now // 1000]
        last_at = int(items[0]["sk"]["S"].split("#")[1]) if items else 0
        return Session(tuple(_turn(item) for item in alive), last_at)

    def add(self, session: SessionId, turn: Turn) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _pk(session)},
                    "sk": {"S": f"Turn#{turn.asked_at:013d}#{turn.key}"},
                    "doc": {"S": _document(turn, session.chatbot)},
                    "ttl": {"N": str(turn.asked_at // 1000 + TTL_SECONDS)},
                },
                ConditionExpression="attribute_not_exists(pk)",
            )


def find_turn(client: Any, table: str, key: str) -> tuple[Turn, ChatbotId] | None:
    """The turn of this key and whose it is, for operators: reads the whole session."""
    options: dict[str, Any] = {}
    while True:
        page = client.query(
            TableName=table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :turn)",
            ExpressionAttributeValues={
                ":pk": {"S": f"Session#{key[:DIGEST_LENGTH]}"},
                ":turn": {"S": "Turn#"},
            },
            **options,
        )
        for item in page["Items"]:
            if item["sk"]["S"].endswith(f"#{key}"):
                return _turn(item), ChatbotId(json.loads(item["doc"]["S"])["chatbot"])
        if "LastEvaluatedKey" not in page:
            return None
        options["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _pk(session: SessionId) -> str:
    return f"Session#{session.digest}"


def _document(turn: Turn, chatbot: ChatbotId) -> str:
    document = {
        "chatbot": chatbot,
        "model": turn.model,
        "ms": turn.ms,
        "tools": turn.tools,
        "messages": [_message_document(message) for message in turn.messages],
        "usage": [
            turn.usage.prompt_tokens,
            turn.usage.completion_tokens,
            turn.usage.total_tokens,
        ],
        "plugins": turn.plugins,
        "terms_matched": turn.terms_matched,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _message_document(message: ChatMessage) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        document["tool_calls"] = [
            [call.id, call.name, call.arguments] for call in message.tool_calls
        ]
    if message.tool_call_id:
        document["tool_call_id"] = message.tool_call_id
    return document


def _turn(item: Mapping[str, Any]) -> Turn:
    _, asked_at, key = item["sk"]["S"].split("#", 2)
    document = json.loads(item["doc"]["S"])
    return Turn(
        key=key,
        asked_at=int(asked_at),
        messages=tuple(map(_message, document["messages"])),
        usage=Usage(*document["usage"]),
        plugins=tuple(document["plugins"]),
        terms_matched=tuple(document["terms_matched"]),
        model=document.get("model", ""),
        ms=document.get("ms", 0),
        tools=tuple((function, error) for function, error in document.get("tools", ())),
    )


def _message(document: Mapping[str, Any]) -> ChatMessage:
    return ChatMessage(
        Role(document["role"]),
        document["content"],
        tuple(ToolCall(*call) for call in document.get("tool_calls", ())),
        document.get("tool_call_id", ""),
    )
