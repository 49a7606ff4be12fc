"""What the worker is asked to do. A job names things; it never carries message text."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.chat import ChatKey
from switchboard.domain.ids import ArticleId, MessageId, RegionSlug, TicketId


@dataclass(frozen=True, slots=True)
class MessageJob:
    """Bring the chat's pending messages to the ticket, then answer the question in `message`."""

    chat: ChatKey
    message: MessageId


@dataclass(frozen=True, slots=True)
class ArticleJob:
    """A webhook spoke of this article: read the ticket again.

    `automatic_answers` is the ticket's attribute as the webhook told it, None if it did not;
    `closed` says that the ticket was closed or merged away.
    Article 0: only the ticket has changed.
    """

    chat: ChatKey
    ticket: TicketId
    article: ArticleId
    automatic_answers: bool | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class ConsentJob:
    """The user said whether the chat may be evaluated, or changed its language: tell its ticket,
    if that is owed."""

    chat: ChatKey


@dataclass(frozen=True, slots=True)
class EraseTicketJob:
    """The chat was erased: close or delete its ticket. Holds nothing of the device.

    Without `ticket` one was being opened at `attempted_at`, in milliseconds: it is the one with
    this `pseudonym` and one of these messages, if there is any.
    """

    region: RegionSlug
    server_url: str
    ticket: TicketId | None = None
    pseudonym: str = ""
    messages: tuple[MessageId, ...] = ()
    attempted_at: int = 0


Job = MessageJob | ArticleJob | ConsentJob | EraseTicketJob
