"""Storing chats. One function, `current`, is the only way from a device to a chat."""

from __future__ import annotations

from collections.abc import Sequence
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

    def all_of(self, region: RegionSlug, device: DeviceHash) -> Sequence[Chat]:
        """Every chat of the device in this region, oldest first, also those that are over."""
        ...

    def erase(self, chat: Chat) -> None:
        """Deletes the chat, and the way to it from its ticket with all webhooks seen.

        No copy of it can be saved from then on. Raises `Conflict` if it was changed since it was
        read, or is gone.
        """
        ...

    def save(self, chat: Chat) -> Chat:
        """Stores it; returns it with its new version. A chat that is not stored yet has none.

        Raises `Conflict` if it was changed since it was read, or already exists.
        """
        ...

    def save_with_ticket(self, chat: Chat) -> Chat:
        """As `save`, and from then on the chat is found by its (server URL, ticket id)."""
        ...

    def save_both(self, first: Chat, second: Chat) -> tuple[Chat, Chat]:
        """As `save` for two chats: both or none."""
        ...

    def claim_article(
        self, server_url: str, ticket_id: TicketId, mark: str, answer: str, now: int
    ) -> ClaimedArticle | None:
        """Remembers `answer` under `mark`, unless there is one already, and keeps the ticket known.

        `mark` begins with the article's number and a colon. None: no such ticket. One write, no
        read.
        """
        ...
