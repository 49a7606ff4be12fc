"""Tickets and articles of the help desk, as the bridge reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.chat import Sender
from switchboard.domain.ids import ArticleId, TicketId

AUTOMATIC_SUBJECT = "automatically generated message"
USER_SUBJECT = "app user message"


@dataclass(frozen=True, slots=True)
class ArticleAttachment:
    id: int
    filename: str
    size: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Article:
    """As read from Zammad; `body` is sanitised HTML. `created_at` in milliseconds."""

    id: ArticleId
    ticket_id: TicketId
    sender: Sender
    subject: str
    body: str
    internal: bool
    created_by: str
    created_at: int
    message_id: str = ""
    attachments: tuple[ArticleAttachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article to write; `body` is HTML, `message_id` the marker to recognise it by."""

    sender: Sender
    subject: str
    body: str
    message_id: str
    internal: bool = False
    attachments: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is None the server does not tell; `article_ids` holds every article of the ticket."""

    automatic_answers: bool | None = None
    state: str = ""
    article_ids: frozenset[ArticleId] | None = None

    @property
    def is_closed(self) -> bool:
        return self.state == "closed"

    @property
    def is_merged(self) -> bool:
        """Its articles are in another ticket now."""
        return self.state == "merged"


@dataclass(frozen=True, slots=True)
class TicketDraft:
    title: str
    group: str
    region: str
    language: str
    automatic_answers: bool
    evaluation_consent: bool
