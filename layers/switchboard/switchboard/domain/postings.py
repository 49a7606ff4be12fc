"""Articles the bridge owes a ticket beside messages and answers: notes, briefs, translations."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.ids import ArticleId


@dataclass(frozen=True, slots=True)
class Posting:
    """`key` is made from what it is about, so there is one of each; the marker is made from it.

    `body` is HTML, stored before it is posted, so that a retry posts the same text.
    """

    key: str
    body: str = ""
    internal: bool = True
    attempted_at: int | None = None
    """When it was last sent to Zammad with an unknown outcome: look before sending again."""
    article_id: ArticleId | None = None
    is_settled: bool = False
    """In the ticket, or there is nothing to say."""
