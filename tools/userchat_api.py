"""What the user chat's routes take and answer (contracts/userchat.md): data for `tools.openapi`."""

from __future__ import annotations

from typing import Any

from switchboard.domain.errors import (
    AppError,
    AttachmentNotFound,
    BadRequest,
    ChatDisabled,
    ChatFull,
    ChatNotFound,
    Conflict,
    FilesUnavailable,
    HelpDeskRefused,
    HelpDeskUnavailable,
    Misconfigured,
    NotFound,
    PayloadTooLarge,
    QueueUnavailable,
    RateLimited,
    RegionNotFound,
    Unauthorized,
    UnknownLanguage,
)
from tools.openapi import Api, Json, Operation
from tools.userchat_schemas import FIELDS, FILE_IN_JSON, FILES, SCHEMAS, TEXT, ref


def header(description: str, schema: Any = None, *, required: bool = True) -> Json:
    return {"description": description, "schema": schema or TEXT, "required": required}


NO_STORE = {"Cache-Control": header("Kept by no cache.", {"const": "no-store"})}
TAG = {
    "ETag": header("Of exactly this answer.", {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}),
    "Cache-Control": header("Always asked for again.", {"const": "private, no-cache"}),
}


def answer(description: str, schema: Json, headers: Json | None = None) -> Json:
    content = {"application/json": {"schema": schema}}
    return {"description": description, "headers": headers or NO_STORE, "content": content}


SENT = {
    "required": True,
    "description": "At most 5 files of 4 MiB each, and all of it together 6 MB of JSON, in which "
    "files are base64, or 4.5 MB of any other form. A little above that, the gateway itself "
    "answers 413, and its answer has no `code`.",
    "content": {
        "application/json": {
            "schema": {
                "description": "A message, a file or the consent is required.",
                "type": "object",
                "properties": {**FIELDS, "attachments": {**FILES, "items": FILE_IN_JSON}},
            }
        },
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": FIELDS}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    **FIELDS,
                    "attachment": {**FILES, "items": {"type": "string", "format": "binary"}},
                },
            }
        },
    },
}
AFTER = {
    "name": "after",
    "in": "query",
    "description": "Only what came after the message of this id.",
    "schema": {"type": "integer"},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "`ETag`s of what the client has.",
    "schema": TEXT,
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same for what is the same message, sent again. Without one, the same text "
    "within 30 s is the same message.",
    "schema": TEXT,
}
TOKEN = {
    "name": "token",
    "in": "query",
    "description": "The region's token; `Authorization: Bearer` does as well.",
    "schema": {"type": "string", "format": "uuid"},
}
SIGNATURE = {
    "name": "X-Hub-Signature",
    "in": "header",
    "description": "`sha1=` and the HMAC-SHA1 of the raw body in hex, if the region has a secret.",
    "schema": TEXT,
}
IN_CHAT = (RegionNotFound, UnknownLanguage, ChatDisabled, RateLimited)

USERCHAT = Api(
    name="userchat",
    info={
        "title": "Switchboard user chat",
        "version": "3",
        "description": "An app's user, known by a device id that the app made up, chats with a "
        "region's bot and advisers. Every path works with and without its last slash and never "
        "redirects. Other methods: 405 with `Allow`. Every error is an `Error`.",
    },
    functions={"userchat": "/", "webhook": "/api/"},
    path_values={
        "region": "The region's slug.",
        "language": "One of the region's languages; it becomes the chat's.",
        "device_id": "What the app made up to know this user by.",
        "attachment_id": "As the chat names it.",
    },
    schemas=SCHEMAS,
    common_errors=(AppError,),
    errors_of_values=(NotFound,),
    preflight={
        "description": "The methods served here; CORS headers unless this is the webhook.",
        "headers": {
            "Allow": header("Methods, separated by commas."),
            "Access-Control-Allow-Methods": header("The same.", required=False),
            "Access-Control-Allow-Headers": header("Headers, in small letters.", required=False),
        },
    },
    operations={
        "list_regions": Operation(
            "All regions with their chat flags.",
            {200: answer("By slug.", {"type": "array", "items": ref("Region")})},
            (RateLimited,),
        ),
        "show_region": Operation(
            "One region.",
            {200: answer("The region.", ref("Region"))},
            (RegionNotFound, RateLimited),
        ),
        "show_rollout": Operation(
            "May this device use the chat? Decided once, by lot.",
            {200: answer("The decision.", ref("Rollout"))},
            (RegionNotFound, RateLimited),
        ),
        "read_chat": Operation(
            "The current chat. Creates nothing.",
            {
                200: answer("The chat, oldest message first.", ref("Chat"), TAG),
                304: {"description": "The client has it.", "headers": TAG},
            },
            (*IN_CHAT, ChatNotFound, BadRequest),
            (AFTER, IF_NONE_MATCH),
        ),
        "send_message": Operation(
            "Sends a message, files or the consent; begins a chat if there is none.",
            {200: answer("Stored; what Zammad has not yet is pending.", ref("SentChat"))},
            (
                *IN_CHAT,
                BadRequest,
                PayloadTooLarge,
                ChatFull,
                Conflict,
                HelpDeskRefused,
                QueueUnavailable,
                FilesUnavailable,
            ),
            (IDEMPOTENCY_KEY,),
            SENT,
        ),
        "erase_chat": Operation(
            "Erases the device in this region; closes or deletes its tickets.",
            {204: {"description": "Nothing is left.", "headers": NO_STORE}},
            (*IN_CHAT, Conflict, QueueUnavailable, FilesUnavailable),
        ),
        "read_attachment": Operation(
            "A file of the device's current chat.",
            {
                200: {
                    "description": "The bytes, to be saved and not shown.",
                    "headers": {
                        "Content-Disposition": header("With the name as in RFC 5987."),
                        "X-Content-Type-Options": header("", {"const": "nosniff"}),
                        "Cache-Control": header("", {"const": "private"}),
                    },
                    "content": {"*/*": {}},
                },
                303: {
                    "description": "Too large for one answer: where it is, for some minutes.",
                    "headers": {**NO_STORE, "Location": header("A pre-signed address.")},
                },
            },
            (
                *IN_CHAT,
                AttachmentNotFound,
                HelpDeskRefused,
                HelpDeskUnavailable,
                FilesUnavailable,
            ),
            head_never=(303, 502),
        ),
        "receive": Operation(
            "Zammad's webhook; the function's own URL takes it as well.",
            {
                200: {
                    "description": "Queued, or of no concern.",
                    "headers": NO_STORE,
                    "content": {"application/json": {"schema": ref("WebhookAnswer")}},
                }
            },
            (RegionNotFound, Unauthorized, PayloadTooLarge, Misconfigured, QueueUnavailable),
            (TOKEN, SIGNATURE),
            {"required": True, "content": {"application/json": {"schema": {}}}},
        ),
    },
)
