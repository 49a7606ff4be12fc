"""A region's help desk, as far as the bridge uses it (contracts/zammad.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from switchboard.domain.directory import Region
from switchboard.domain.ids import TicketId
from switchboard.domain.ticket import Article, ArticleDraft, TicketDraft


class ZammadGateway(Protocol):
    """Every call raises `HelpDeskUnavailable`, `HelpDeskRefused` or `TicketGone`, nothing else."""

    def create_ticket(self, ticket: TicketDraft, article: ArticleDraft) -> TicketId:
        """A ticket and its first article in one call, for the bridge's own user as customer."""
        ...

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article: ...

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        """Every article of the ticket, internal ones too, oldest first."""
        ...

    def find_tickets(self, title: str) -> Sequence[TicketId]:
        """Tickets with exactly this title, newest first; the index lags behind writes."""
        ...

    def bridge_login(self) -> str:
        """The bridge's own user; asked once per execution environment."""
        ...


class ZammadConnector(Protocol):
    def for_region(self, region: Region) -> ZammadGateway:
        """Raises `ChatDisabled` if the region has no help desk, `Misconfigured` without its token."""
        ...
