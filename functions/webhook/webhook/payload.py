"""What a webhook says, as far as it can be believed: which article of which ticket, of what kind.

A payload is a hint, never a source of text: whoever acts on it reads the article again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import AUTOMATIC_SUBJECT


class Kind(StrEnum):
    """`USER` and `ADVISER` are work; `INTERNAL` is answered and left alone.

    `TICKET` is no article at all: only the ticket's attributes have changed.
    """

    USER = "user"
    ADVISER = "adviser"
    INTERNAL = "internal"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Notice:
    """`is_closed` also of a ticket that was merged away: either way nobody looks at it.

    `automatic_answers` is None where the server has no such attribute.
    """

    ticket: TicketId
    article: ArticleId
    kind: Kind
    automatic_answers: bool | None
    is_closed: bool = False


class Ignored(Exception):
    """There is nothing to do for this payload; the text says why."""


def read_notice(document: object) -> Notice:
    """Raises `Ignored` for what is about neither a person's article nor the ticket alone."""
    if not isinstance(document, dict):
        raise Ignored("not an object")
    ticket, article = document.get("ticket"), document.get("article")
    if not isinstance(ticket, dict) or not _is_id(ticket.get("id")):
        raise Ignored("no ticket")
    about_ticket = TicketId(ticket["id"])
    told = ticket.get("automatic_answers")
    automatic_answers = told if isinstance(told, bool) else None
    is_closed = ticket.get("state") in ("closed", "merged")
    if article == {}:
        return Notice(about_ticket, ArticleId(0), Kind.TICKET, automatic_answers, is_closed)
    if not isinstance(article, dict) or not _is_id(article.get("id")):
        raise Ignored("no article")
    if _is_automatic(article):
        raise Ignored("automatic message")
    return Notice(
        ticket=about_ticket,
        article=ArticleId(article["id"]),
        kind=_kind(article),
        automatic_answers=automatic_answers,
        is_closed=is_closed,
    )


def _is_automatic(article: Mapping[str, Any]) -> bool:
    """The bridge's own text, or a Zammad trigger's: sender System, or created by `-`."""
    author = article.get("created_by")
    login = author.get("login") if isinstance(author, dict) else author
    return (
        article.get("subject") == AUTOMATIC_SUBJECT
        or article.get("sender") == "System"
        or login == "-"
    )


def _kind(article: Mapping[str, Any]) -> Kind:
    if article.get("internal"):
        return Kind.INTERNAL
    return Kind.USER if article.get("sender") == "Customer" else Kind.ADVISER


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
