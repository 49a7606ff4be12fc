"""The shapes of what the user chat takes and answers (contracts/userchat.md), as JSON Schema."""

from __future__ import annotations

from tools.openapi import Json
from userchat.body import MOST_CHARACTERS
from userchat.files import MOST_FILES

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
WORDS = ("true", "on", "yes", "false", "off", "no")


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Json, *, optional: tuple[str, ...] = ()) -> Json:
    """An object of exactly these."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


FLAG_WORD = {
    "description": "true, 1, on, yes or false, 0, off, no, in any case; empty: not given.",
    "anyOf": [
        {"type": ["boolean", "null"]},
        {"enum": [0, 1, "", "0", "1"]},
        {"type": "string", "pattern": f"^({'|'.join(_in_any_case(word) for word in WORDS)})$"},
    ],
}
FIELDS: Json = {
    "message": {
        "description": f"At most {MOST_CHARACTERS} characters, outer white space not counted.",
        "type": "string",
    },
    "force_new": FLAG_WORD,
    "evaluation_consent": FLAG_WORD,
}
FILE_IN_JSON = {
    "type": "object",
    "properties": {
        "filename": TEXT,
        "content_type": {**TEXT, "description": "Not looked at: the content says what it is."},
        "data": {**TEXT, "contentEncoding": "base64"},
    },
    "required": ["filename", "data"],
}
FILES = {"type": "array", "maxItems": MOST_FILES}
SCHEMAS: dict[str, Json] = {
    "Error": object_of(
        {
            "error": {**TEXT, "description": "For people.", "minLength": 1},
            "code": {**TEXT, "description": "Stable, for programs.", "pattern": "^[a-z_]+$"},
        }
    ),
    "Region": object_of(
        {
            "name": TEXT,
            "path": {**TEXT, "description": "The region's slug in addresses."},
            "is_chat_enabled": FLAG,
            "zammad_privacy_policy": {"type": ["string", "null"]},
        }
    ),
    "Rollout": object_of({"is_chat_enabled": FLAG}),
    "Attachment": object_of(
        {
            "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "filename": TEXT,
            "size": {"type": "string", "pattern": "^[0-9]+$", "description": "In bytes."},
            "Content-Type": TEXT,
        }
    ),
    "Message": object_of(
        {
            "id": {"type": "integer", "minimum": 1},
            "role": {"enum": ["user", "agent"]},
            "user_is_author": FLAG,
            "automatic_answer": FLAG,
            "content": {**TEXT, "description": "Sanitised HTML if an adviser or the bot wrote it."},
            "body": {**TEXT, "description": "The same as `content`."},
            "created_at": {
                "type": "string",
                "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
            },
            "attachments": {"type": "array", "items": ref("Attachment")},
            "pending": {"const": True, "description": "Accepted, not yet in the ticket."},
            "translation_of": {
                "type": "integer",
                "minimum": 1,
                "description": "The id of the adviser's message in this chat that this translates.",
            },
        },
        optional=("pending", "translation_of"),
    ),
}
CHAT: Json = {
    "messages": {"type": "array", "items": ref("Message")},
    "evaluation_consent": FLAG,
    "chatbot_typing": {**FLAG, "description": "An answer of the bot may come within a minute."},
    "ticket_url": {**TEXT, "description": "Only if the region shows it."},
}
ARTICLE = {
    name: SCHEMAS["Message"]["properties"][name]
    for name in ("id", "body", "user_is_author", "automatic_answer", "attachments")
}
SCHEMAS["Chat"] = object_of(CHAT, optional=("ticket_url",))
SCHEMAS["SentChat"] = {
    "description": "The chat; beside it the message that was sent, unless only consent was given.",
    **object_of({**CHAT, **ARTICLE}, optional=("ticket_url", *ARTICLE)),
    "dependentRequired": {"id": list(ARTICLE)},
}
SCHEMAS["WebhookAnswer"] = {
    "anyOf": [
        object_of({"status": {"const": "ignored"}, "reason": TEXT}),
        object_of({"status": {"const": "Integreat Chat disabled"}}),
        object_of({"region": TEXT, "results": {"const": "skipped internal message"}}),
        object_of(
            {
                "region": TEXT,
                "actions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {
                        "enum": [
                            "question translation and answering already tasked",
                            "question translation already tasked",
                            "human answer translation queued",
                        ]
                    },
                },
            }
        ),
    ]
}
