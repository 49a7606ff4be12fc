"""Notes, briefs and translations on their way into the ticket, each exactly once.

A write is announced in storage before it is made. The announcement keeps others away, too: who
finds one looks for what it has left, and waits until it is certain that nothing comes any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from switchboard.domain.articles import find_article, show_article
from switchboard.domain.chat import Chat
from switchboard.domain.directory import Region
from switchboard.domain.errors import Busy, HelpDeskRefused, HelpDeskUnavailable
from switchboard.domain.notes import (
    amend_posting,
    find_posting,
    is_owed,
    posted_articles,
    posting_article,
    settle_posting,
)
from switchboard.domain.postings import Posting
from switchboard.domain.ticket import Article
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.zammad import ZammadConnector, ZammadGateway
from switchboard.usecases.changing import change
from switchboard.usecases.delivery_run import SETTLE_MS


@dataclass(frozen=True, slots=True)
class PostNotes:
    chats: ChatRepository
    zammad: ZammadConnector
    clock: Clock

    def __call__(self, region: Region, chat: Chat, keys: Iterable[str]) -> Chat:
        """Posts those of the postings that are still owed, in the order of `keys`.

        A hand-over brief comes after the ticket's automatic answers are switched off. Raises
        `HelpDeskUnavailable`, `HelpDeskRefused`, `TicketGone`, and `Busy` while another posts.
        """
        owed = [key for key in keys if is_owed(chat, key)]
        if not owed or chat.ticket_id is None:
            return chat
        gateway = self.zammad.for_region(region)
        for key in owed:
            if key.startswith("brief."):
                gateway.update_ticket(chat.ticket_id, {"automatic_answers": False})
            chat = self._post(gateway, chat, key)
        return chat

    def _post(self, gateway: ZammadGateway, chat: Chat, key: str) -> Chat:
        posting = find_posting(chat, key)
        if posting is None or chat.ticket_id is None:
            return chat
        found = self._look(gateway, chat, posting)
        if found is not None:
            return self._settle(chat, key, found)
        chat = self._announce(chat, posting)
        posting = find_posting(chat, key)
        if posting is None or posting.is_settled or chat.ticket_id is None:
            return chat
        try:
            article = gateway.create_article(chat.ticket_id, posting_article(posting))
        except (HelpDeskUnavailable, HelpDeskRefused) as error:
            if not getattr(error, "maybe_done", False):
                change(self.chats, chat, lambda c: amend_posting(c, key, attempted_at=None))
            raise
        return self._settle(chat, key, article)

    def _look(self, gateway: ZammadGateway, chat: Chat, posting: Posting) -> Article | None:
        """What an earlier attempt has left in the ticket. None: nothing, and nothing will come."""
        if posting.attempted_at is None or chat.ticket_id is None:
            return None
        looked_at = self.clock.now()
        articles = gateway.articles(chat.ticket_id)
        draft, others = posting_article(posting), posted_articles(chat)
        own = find_article(articles, draft, posting.attempted_at, others)
        if own is None and looked_at - posting.attempted_at < SETTLE_MS:
            raise HelpDeskUnavailable("An earlier attempt may still be under way.")
        return own

    def _announce(self, chat: Chat, seen: Posting) -> Chat:
        def announced(stored: Chat) -> Chat:
            current = find_posting(stored, seen.key)
            if current is None or current.is_settled:
                return stored
            if current.attempted_at != seen.attempted_at:
                raise Busy("Another worker is posting this.")
            return amend_posting(stored, seen.key, attempted_at=self.clock.now())

        return change(self.chats, chat, announced)

    def _settle(self, chat: Chat, key: str, article: Article) -> Chat:
        def settled(stored: Chat) -> Chat:
            posting = find_posting(stored, key)
            if posting is not None and not posting.internal:
                stored = show_article(stored, article)
            return settle_posting(stored, key, article.id)

        return change(self.chats, chat, settled)
