"""Storing chats. One function, `current`, is the only way from a device to a chat."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from switchboard.domain.chat import Chat, ChatKey
from switchboard.domain.ids import DeviceHash, RegionSlug, TicketId


class ClaimedArticle(NamedTuple):
    """The chat that a ticket belongs to, and what was answered to the article's first webhook."""

    key: ChatKey
    first_answer: str


class ChatRepository(Protocol):
    """Reads are strongly consistent; writes are conditional on the version that was read."""

    def current(self, region: RegionSlug, device: DeviceHash) -> Chat | None:
        """The newest chat of the device in this region, in one read."""
        ...

    def get(self, key: ChatKey) -> Chat | None: ...

    def save(self, *chats: Chat) -> tuple[Chat, ...]:
        """Stores all or none; returns them with their new versions.

        Raises `Conflict` if one was changed since it was read, or already exists.
        """
        ...

    def save_with_ticket(self, chat: Chat) -> Chat:
        """As `save`, and from then on the chat is found by its (server URL, ticket id)."""
        ...

    def claim_article(
        self, server_url: str, ticket_id: TicketId, mark: str, answer: str
    ) -> ClaimedArticle | None:
        """Remembers `answer` under `mark` unless something is remembered there; None: no such ticket.

        One write, no read.
        """
        ...
