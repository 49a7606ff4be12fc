"""A chat as one JSON document, and back.

Nothing queries inside it, so it is stored as one string: cheaper to read and to write than a
list of maps. Fields with their default are left out; unknown fields of a newer version are
ignored.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any

from switchboard.domain.chat import (
    Attachment,
    Chat,
    ChatKey,
    Lease,
    Message,
    Question,
    QuestionState,
    Sender,
)
from switchboard.domain.postings import Posting


def dump_chat(chat: Chat) -> str:
    """Everything but the key and the version, which are attributes of their own."""
    document = _plain(chat)
    del document["key"]
    document.pop("version", None)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def load_chat(key: ChatKey, version: int, text: str) -> Chat:
    document = _known(Chat, json.loads(text))
    document["messages"] = tuple(_message(m) for m in document.get("messages", ()))
    document["postings"] = tuple(
        Posting(**_known(Posting, p)) for p in document.get("postings", ())
    )
    document["sends"] = tuple(document.get("sends", ()))
    for name in ("sync", "delivery", "answering"):
        if document.get(name):
            document[name] = Lease(**_known(Lease, document[name]))
    return Chat(key=key, version=version, **document)


def _message(written: dict[str, Any]) -> Message:
    document = _known(Message, written)
    document["sender"] = Sender(document["sender"])
    document["attachments"] = tuple(
        Attachment(**_known(Attachment, a)) for a in document.get("attachments", ())
    )
    if document.get("question"):
        question = _known(Question, document["question"])
        question["state"] = QuestionState(question.get("state", QuestionState.OPEN))
        document["question"] = Question(**question)
    return Message(**document)


def _known(kind: type[Any], written: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if name in kind.__slots__}


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as a mapping of what differs from its defaults."""
    document = {}
    for field in fields(type(value)):
        content = getattr(value, field.name)
        if field.default is not MISSING and content == field.default:
            continue
        if isinstance(content, tuple):
            content = [item if isinstance(item, int) else _plain(item) for item in content]
        elif hasattr(content, "__dataclass_fields__"):
            content = _plain(content)
        document[field.name] = content
    return document
