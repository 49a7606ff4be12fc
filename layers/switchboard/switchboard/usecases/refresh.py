"""Keeping the stored copy of a chat as the ticket's public articles say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switchboard.domain.articles import (
    known_articles,
    lacks_messages,
    leave_merged,
    merge_articles,
    was_moved,
)
from switchboard.domain.chat import Chat, Lease
from switchboard.domain.directory import Region
from switchboard.domain.errors import AppError, TicketGone
from switchboard.domain.ticket import Article
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock, IdSource
from switchboard.ports.zammad import ZammadConnector
from switchboard.usecases.changing import change

LEASE_MS = 15_000
"""How long one poller is given, and how long the next waits after a refresh that failed."""


@dataclass(frozen=True, slots=True)
class Refresh:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock
    ids: IdSource

    def if_stale(self, region: Region, chat: Chat, holder: str) -> Chat:
        """The chat, refreshed if its copy is older than the region allows.

        Only one of many callers goes to Zammad; the others, and all if that fails, get the copy
        they have read.
        """
        now = self.clock.now()
        if not chat.needs_sync(now, region.sync_seconds):
            return chat
        try:
            claimed = self.chats.save(replace(chat, sync=Lease(holder, now + LEASE_MS)))
            return self.now(region, claimed)
        except AppError:
            return chat

    def now(self, region: Region, chat: Chat) -> Chat:
        """Reads the ticket and stores what it says; a deleted or merged ticket ends the chat.

        What came too late for a merger is pending then. Where none of the user's messages is left
        in the ticket for another reason, the copy stays.

        Raises `HelpDeskUnavailable` or `HelpDeskRefused`.
        """
        if chat.ticket_id is None:
            return chat
        ticket, known, read_at = chat.ticket_id, known_articles(chat), self.clock.now()
        gateway = self.zammad.for_region(region)
        try:
            articles = gateway.articles(ticket)
            if lacks_messages(chat, articles) and gateway.ticket(ticket).is_merged:
                return self._leave(chat, articles)
        except TicketGone:
            return change(self.chats, chat, lambda c: replace(c, ended=True, sync=None))
        if was_moved(chat, articles):
            return change(self.chats, chat, lambda c: replace(c, synced_at=read_at, sync=None))

        def taken_over(stored: Chat) -> Chat:
            return merge_articles(
                stored, articles, known=known, new_token=self.ids.token, read_at=read_at
            )

        return change(self.chats, chat, taken_over)

    def leave_merged(self, region: Region, chat: Chat) -> Chat:
        """Ends the chat whose ticket is known to be merged away; see `now`."""
        if chat.ticket_id is None:
            return chat
        return self._leave(chat, self.zammad.for_region(region).articles(chat.ticket_id))

    def _leave(self, chat: Chat, articles: Sequence[Article]) -> Chat:
        return change(self.chats, chat, lambda stored: leave_merged(stored, articles))
