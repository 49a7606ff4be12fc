"""The chat as the app sees it (contracts/userchat.md, "Reading the chat")."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from switchboard.api.http import Request, Response, json_response
from switchboard.domain.chat import Attachment, Chat, Message, Sender
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, BadRequest
from switchboard.domain.files import IMAGE_SCHEME, with_images
from switchboard.domain.ids import ArticleId
from switchboard.domain.notes import translations

_HOST = re.compile(r"[-A-Za-z0-9.]{1,253}(:[0-9]{1,5})?", re.ASCII)


def chat_response(chat: Chat, region: Region, request: Request, now: int) -> Response:
    """200 with an `ETag`, or 304 if the client has just that."""
    document = chat_document(
        chat, region, now, after=request.query.get("after"), address=chat_address(request)
    )
    tag = f'"{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = request.header("if-none-match")
    if known.strip() == "*" or tag in (t.strip().removeprefix("W/") for t in known.split(",")):
        return Response(304, b"", headers)
    return json_response(200, document, headers)


def sent_document(
    chat: Chat, message: Message | None, region: Region, now: int, address: str
) -> dict[str, Any]:
    """The whole chat, and at the top level the article that was created, for older clients."""
    document = chat_document(chat, region, now, address=address)
    if message is None:
        return document
    article = _message_document(message, message.content, {})
    names = ("id", "body", "user_is_author", "automatic_answer", "attachments")
    return {**document, **{name: article[name] for name in names}}


def chat_document(
    chat: Chat, region: Region, now: int, after: str | None = None, address: str = ""
) -> dict[str, Any]:
    """`address` is the chat's own, which those of its files begin with."""
    originals = translations(chat)
    document: dict[str, Any] = {
        "messages": [
            _message_document(m, _content(m, chat, address), originals)
            for m in _after(chat.messages, after)
        ],
        "evaluation_consent": chat.evaluation_consent,
        "chatbot_typing": chat.chatbot_is_typing(now),
    }
    if region.expose_ticket_url and chat.ticket_id is not None:
        document["ticket_url"] = f"{chat.server_url}/#ticket/zoom/{chat.ticket_id}"
    return document


def chat_address(request: Request) -> str:
    """Where the client has this chat from, as it can be used from anywhere; ends in a slash."""
    path = f"{request.path.rstrip('/')}/"
    host = request.header("host") or request.host
    if not _HOST.fullmatch(host):
        return path
    scheme = "http" if request.header("x-forwarded-proto") == "http" else "https"
    return f"{scheme}://{host}{path}"


def error_response(error: AppError, request: Request) -> Response:
    headers = {}
    if "allow" in error.data:
        headers["Allow"] = error.data["allow"]
    if "retry_after" in error.data:
        headers["Retry-After"] = str(error.data["retry_after"])
    return json_response(error.status, {"error": error.detail, "code": error.code}, headers)


def _after(messages: Sequence[Message], after: str | None) -> Sequence[Message]:
    """What the chat got after the message of that id, wherever it stands.

    A message keeps its number when it is delivered, and an adviser's that was read late has a
    higher one than those it stands before.
    """
    if after is None:
        return messages
    try:
        known = int(after)
    except ValueError:
        raise BadRequest("'after' must be the id of a message.") from None
    for message in messages:
        if known in (message.article_id, message.number):
            return [m for m in messages if m.number > message.number]
    return [m for m in messages if m.shown_id > known]


def _content(message: Message, chat: Chat, address: str) -> str:
    """The message with the addresses of its pictures; those of no public message are left out."""
    if message.sender is Sender.CUSTOMER or IMAGE_SCHEME not in message.content:
        return message.content
    images: dict[int, Attachment] = {
        attachment.source_id: attachment for m in chat.messages for attachment in m.attachments
    }

    def image(number: int) -> str:
        found = images.get(number)
        if found is None:
            return ""
        return f'<img src="{address}{found.id}/" alt="{html.escape(found.filename)}">'

    return with_images(message.content, image)


def _message_document(
    message: Message, content: str, originals: Mapping[ArticleId | None, ArticleId]
) -> dict[str, Any]:
    from_customer = message.sender is Sender.CUSTOMER
    document = {
        "id": message.shown_id,
        "role": "user" if from_customer else "agent",
        "user_is_author": from_customer and not message.automatic,
        "automatic_answer": message.automatic,
        "content": content,
        "body": content,
        "created_at": _iso(message.created_at),
        "attachments": [
            {
                "id": attachment.id,
                "filename": attachment.filename,
                "size": attachment.size,
                "Content-Type": attachment.content_type,
            }
            for attachment in message.attachments
        ],
    }
    if message.is_pending:
        document["pending"] = True
    elif message.article_id in originals:
        document["translation_of"] = originals[message.article_id]
    return document


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
