"""The journal in the Conversations table: `Journal#<key>`, one item for each invocation.

A turn of a session is not stored twice: its key begins with what its partition is named by
(`dynamodb_sessions`), so that it is found without an index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from switchboard.adapters.dynamodb_sessions import find_turn
from switchboard.domain.conversation import Role, Usage
from switchboard.domain.ids import ChatbotId
from switchboard.domain.journal import Entry, redacted
from switchboard.domain.session import TTL_SECONDS, Turn


class DynamoDbJournal:
    """`Journal`. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, entry: Entry) -> None:
        document = asdict(entry)
        self._client.put_item(
            TableName=self._table,
            Item={
                **_key(document.pop("key")),
                "doc": {"S": json.dumps(document, ensure_ascii=False, separators=(",", ":"))},
                "ttl": {"N": str(entry.at // 1000 + TTL_SECONDS)},
            },
        )

    def find(self, key: str) -> Entry | None:
        answer = self._client.get_item(TableName=self._table, Key=_key(key))
        if "Item" in answer:
            return _entry(key, json.loads(answer["Item"]["doc"]["S"]))
        found = find_turn(self._client, self._table, key)
        return _entry_of_turn(*found) if found else None


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": f"Journal#{key}"}, "sk": {"S": "-"}}


def _entry(key: str, document: Mapping[str, Any]) -> Entry:
    known = {name: document[name] for name in Entry.__slots__ if name in document}
    known["usage"] = Usage(**document["usage"])
    known["plugins"] = tuple(document["plugins"])
    known["tools"] = tuple((function, error) for function, error in document["tools"])
    return Entry(key=key, **known)


def _entry_of_turn(turn: Turn, chatbot: ChatbotId) -> Entry:
    """The question is the last message of the user's; what the bot did and said follows it.

    An older turn has no `tools`: then the calls are told without their errors.
    """
    users = [place for place, m in enumerate(turn.messages) if m.role is Role.USER]
    asked = users[-1] if users else 0
    done = turn.messages[asked + 1 :]
    calls = {call.id: call for message in done for call in message.tool_calls}
    told = [
        f"{calls[m.tool_call_id].name}({calls[m.tool_call_id].arguments}) -> {m.content}"
        if m.tool_call_id in calls
        else m.content
        for m in done
        if m.content
    ]
    return Entry(
        key=turn.key,
        at=turn.asked_at,
        chatbot=chatbot,
        route="session",
        status=200,
        ms=turn.ms,
        request=redacted("\n".join(m.content for m in turn.messages[: asked + 1])),
        response=redacted("\n".join(told)),
        model=turn.model,
        usage=turn.usage,
        plugins=turn.plugins,
        tools=turn.tools or tuple((call.name, "") for call in calls.values()),
    )
