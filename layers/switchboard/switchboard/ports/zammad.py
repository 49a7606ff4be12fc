"""A region's help desk, as far as the bridge uses it (contracts/zammad.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from switchboard.domain.directory import Region
from switchboard.domain.ids import ArticleId, TicketId
from switchboard.domain.ticket import Article, ArticleDraft, Ticket, TicketDraft


class ZammadGateway(Protocol):
    """Every call raises `HelpDeskUnavailable`, `HelpDeskRefused` or `TicketGone`, nothing else."""

    def create_ticket(self, ticket: TicketDraft, article: ArticleDraft) -> TicketId:
        """A ticket and its first article in one call, for the bridge's own user as customer."""
        ...

    def create_article(self, ticket_id: TicketId, article: ArticleDraft) -> Article: ...

    def articles(self, ticket_id: TicketId) -> Sequence[Article]:
        """Every article of the ticket, internal ones too, oldest first."""
        ...

    def find_tickets(self, pseudonym: str) -> Sequence[TicketId]:
        """Tickets with this device's pseudonym in the title, newest first.

        Zammad's index lags behind writes: what is not found may still be there.
        """
        ...

    def update_ticket(self, ticket_id: TicketId, changes: Mapping[str, object]) -> None:
        """Sets the ticket's fields of these names; a server without such a field ignores it."""
        ...

    def close_ticket(self, ticket_id: TicketId) -> None: ...

    def delete_ticket(self, ticket_id: TicketId) -> None:
        """For ever. Most tokens may not: `HelpDeskRefused` with the status 403."""
        ...

    def download(self, ticket_id: TicketId, article_id: ArticleId, attachment_id: int) -> bytes:
        """The attachment's bytes. Raises `AttachmentNotFound` if Zammad has none of that id."""
        ...

    def ticket(self, ticket_id: TicketId) -> Ticket:
        """The ticket's state, attributes and article ids, in one call."""
        ...


class ZammadConnector(Protocol):
    def for_region(self, region: Region) -> ZammadGateway:
        """Raises `ChatDisabled` without a help desk, `HelpDeskRefused` without a usable token."""
        ...
