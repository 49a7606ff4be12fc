"""Keeping the stored copy of a chat as the ticket's public articles say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from switchboard.domain.articles import known_articles, merge_articles
from switchboard.domain.chat import Chat, Lease
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, HelpDeskRefused, HelpDeskUnavailable, TicketGone
from switchboard.domain.ids import TicketId
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

        Only one of many callers goes to Zammad. If that fails, the stored copy is returned.
        """
        if not chat.needs_sync(self.clock.now(), region.sync_seconds):
            return chat

        def claim(stored: Chat) -> Chat:
            now = self.clock.now()
            if not stored.needs_sync(now, region.sync_seconds):
                raise Busy
            return replace(stored, sync=Lease(holder, now + LEASE_MS))

        try:
            return self.now(region, change(self.chats, chat, claim))
        except Busy:
            return self.chats.get(chat.key) or chat
        except (HelpDeskUnavailable, HelpDeskRefused):
            return chat

    def now(self, region: Region, chat: Chat) -> Chat:
        """Reads the ticket and stores what it says; a deleted ticket ends the chat.

        Raises `HelpDeskUnavailable` or `HelpDeskRefused`.
        """
        if chat.ticket_id is None:
            return chat
        ticket: TicketId = chat.ticket_id
        known = known_articles(chat)
        try:
            articles = self.zammad.for_region(region).articles(ticket)
        except TicketGone:
            return change(self.chats, chat, lambda c: replace(c, ended=True, sync=None))
        read_at = self.clock.now()

        def merged(stored: Chat) -> Chat:
            return merge_articles(
                stored, articles, known=known, new_token=self.ids.token, now=read_at
            )

        return change(self.chats, chat, merged)
