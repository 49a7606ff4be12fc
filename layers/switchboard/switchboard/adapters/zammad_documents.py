"""Articles of Zammad's REST API as JSON documents (contracts/zammad.md)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from switchboard.adapters.html_safety import sanitise
from switchboard.domain.chat import Sender
from switchboard.domain.errors import HelpDeskUnavailable
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import Article, ArticleAttachment, ArticleDraft, Upload


def article_document(article: ArticleDraft) -> dict[str, Any]:
    """The article as Zammad is sent it, its files included."""
    document = {
        "body": article.body,
        "type": "web",
        "content_type": "text/html",
        "internal": article.internal,
        "subject": article.subject,
        "sender": article.sender.value,
        "message_id": article.message_id,
    }
    if article.attachments:
        document["attachments"] = [_attachment_document(upload) for upload in article.attachments]
    return document


def _attachment_document(upload: Upload) -> dict[str, str]:
    return {
        "filename": upload.filename,
        "mime-type": upload.content_type,
        "data": base64.b64encode(upload.data).decode(),
    }


def article_in(document: Any) -> Article:
    """An article as Zammad has answered it, its HTML sanitised. Raises `HelpDeskUnavailable`."""
    try:
        sender = document.get("sender") if document.get("created_by") != "-" else "System"
        return Article(
            id=ArticleId(integer(document, "id")),
            ticket_id=TicketId(integer(document, "ticket_id")),
            sender=Sender(sender) if sender in Sender._value2member_map_ else Sender.SYSTEM,
            subject=document.get("subject") or "",
            body=sanitise(document.get("body") or "", document.get("content_type") or "text/html"),
            internal=document.get("internal") is not False,
            created_by=str(document.get("created_by") or ""),
            created_at=_milliseconds(document["created_at"]),
            message_id=document.get("message_id") or "",
            attachments=tuple(_attachment(a) for a in document.get("attachments") or ()),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise HelpDeskUnavailable("The chat server's answer is not an article.") from None


def _attachment(document: Mapping[str, Any]) -> ArticleAttachment:
    preferences = document.get("preferences") or {}
    return ArticleAttachment(
        id=integer(document, "id"),
        filename=str(document.get("filename") or ""),
        size=str(document.get("size") or ""),
        content_type=str(
            preferences.get("Content-Type")
            or preferences.get("Mime-Type")
            or "application/octet-stream"
        ),
    )


def integer(document: Any, name: str) -> int:
    """A field that has to be an integer. Raises `HelpDeskUnavailable`."""
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, int):
        raise HelpDeskUnavailable(f"The chat server's answer has no {name}.")
    return value


def _milliseconds(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)
