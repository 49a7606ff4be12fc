"""From request parameters (or the adviser's form) to an article that is ready to be stored.

Checks and casts, takes inline images out of the body. Stores nothing itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from zammad_simulator.casting import cast_boolean, cast_id, cast_string, decode_attachment
from zammad_simulator.errors import Unprocessable
from zammad_simulator.model import ARTICLE_TYPES, SENDERS, Article, Attachment, User
from zammad_simulator.settings import Upload

_DATA_IMAGE = re.compile(
    r"""src\s*=\s*(["'])data:(image/[a-z0-9.+-]+);base64,([A-Za-z0-9+/=\s]+)\1""", re.IGNORECASE
)

StoredFile = tuple[str, dict[str, str], bytes]


@dataclass
class ArticleDraft:
    """A checked article without id, time and author. `files` are name, preferences, content."""

    body: str
    content_type: str = "text/plain"
    type_id: int = 10
    sender_id: int = 1
    subject: str | None = None
    from_: str | None = None
    to: str | None = None
    message_id: str | None = None
    internal: bool = False
    preferences: dict[str, object] = field(default_factory=dict)
    files: list[StoredFile] = field(default_factory=list)


def draft_from_params(params: Mapping[str, object], user: User) -> ArticleDraft:
    """Read the keys of POST /ticket_articles; unknown ones are ignored.

    Raises Unprocessable for a blank body, an unknown type or sender, or a bad attachment.
    """
    body = cast_string(params.get("body"))
    if body is None or not body.strip():
        raise Unprocessable("Need at least an 'article body' field.")
    preferences = params.get("preferences")
    return ArticleDraft(
        body=body,
        content_type=cast_string(params.get("content_type")) or "text/plain",
        type_id=_lookup(params, "type", ARTICLE_TYPES, "note"),
        sender_id=_lookup(params, "sender", SENDERS, "Agent" if user.is_agent else "Customer"),
        subject=cast_string(params.get("subject")),
        from_=cast_string(params.get("from")),
        to=cast_string(params.get("to")),
        message_id=cast_string(params.get("message_id")),
        internal=cast_boolean(params.get("internal")) or False,
        preferences=dict(preferences) if isinstance(preferences, Mapping) else {},
        files=_uploaded(params.get("attachments")),
    )


def draft_from_adviser(body: str, *, internal: bool, attachments: Sequence[Upload]) -> ArticleDraft:
    """An answer (type web) or note from Zammad's own page: HTML, files with `Content-Type`."""
    return ArticleDraft(
        body=body,
        content_type="text/html",
        type_id=10 if internal else 11,
        sender_id=1,
        subject="",
        internal=internal,
        files=[
            (file.filename, {"Content-Type": file.content_type}, file.data) for file in attachments
        ],
    )


def link_inline_images(draft: ArticleDraft, article: Article, next_id: Callable[[], int]) -> str:
    """The body with images in data URLs replaced by download addresses; the images join the
    article's attachments.
    """
    if not draft.content_type.lower().startswith("text/html"):
        return draft.body

    def store(match: re.Match[str]) -> str:
        quote, mime, text = match.groups()
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return match.group()
        image_id = next_id()
        name = f"image{len(article.attachments) + 1}.{mime.partition('/')[2].partition('+')[0]}"
        preferences = {"Content-Type": mime, "Mime-Type": mime, "Content-Disposition": "inline"}
        article.attachments.append(Attachment(image_id, name, data, preferences))
        address = (
            f"/api/v1/ticket_attachment/{article.ticket_id}/{article.id}/{image_id}?view=inline"
        )
        return f"src={quote}{address}{quote}"

    return _DATA_IMAGE.sub(store, draft.body)


def _lookup(params: Mapping[str, object], key: str, names: Mapping[int, str], default: str) -> int:
    wanted, wanted_id = params.get(key), params.get(f"{key}_id")
    if not wanted and wanted_id:
        wanted = names.get(cast_id(wanted_id) or 0)
        if wanted is None:
            raise Unprocessable.lookup(f"{key}_id", wanted_id)
    for number, name in names.items():
        if name == (wanted or default):
            return number
    raise Unprocessable.lookup(key, wanted)


def _uploaded(attachments: object) -> list[StoredFile]:
    if not attachments:
        return []
    entries = attachments if isinstance(attachments, list) else [attachments]
    files: list[StoredFile] = []
    for index, entry in enumerate(entries):
        filename, mime_type, data = decode_attachment(index, entry)
        files.append((filename, {"Mime-Type": mime_type}, data))
    return files
