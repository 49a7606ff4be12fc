"""Chatbot sessions in the Conversations table: one item for each turn, never changed again.

`pk` is `Session#<chatbot id>#<session key>`, `sk` is `Turn#<milliseconds, 13 digits>#<turn key>`,
`doc` the turn as JSON, `ttl` in seconds. Turns taken at once are two items, so neither can
overwrite the other, and the item-size limit holds for a turn, not for a session. What the
hundredth turn reads is no more than what the thirtieth does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from switchboard.domain.conversation import ChatMessage, Role, ToolCall, Usage
from switchboard.domain.errors import Conflict
from switchboard.domain.session import TTL_SECONDS, Session, SessionId, Turn

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
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _pk(session)},
                    "sk": {"S": f"Turn#{turn.asked_at:013d}#{turn.key}"},
                    "doc": {"S": _document(turn)},
                    "ttl": {"N": str(turn.asked_at // 1000 + TTL_SECONDS)},
                },
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise Conflict from None


def _pk(session: SessionId) -> str:
    return f"Session#{session.chatbot}#{session.key}"


def _document(turn: Turn) -> str:
    document = {
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
    )


def _message(document: Mapping[str, Any]) -> ChatMessage:
    return ChatMessage(
        Role(document["role"]),
        document["content"],
        tuple(ToolCall(*call) for call in document.get("tool_calls", ())),
        document.get("tool_call_id", ""),
    )
