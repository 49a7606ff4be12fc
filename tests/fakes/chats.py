"""Chats in memory, with the conditional writes of the real table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from switchboard.domain.chat import Chat, ChatKey
from switchboard.domain.errors import Conflict
from switchboard.domain.ids import DeviceHash, RegionSlug, TicketId
from switchboard.ports.chats import ClaimedArticle


class InMemoryChats:
    """`before_call` runs before each read and each write, so that a test can interfere."""

    def __init__(self) -> None:
        self.stored: dict[ChatKey, Chat] = {}
        self.owners: dict[tuple[str, int], ChatKey] = {}
        self.marks: dict[tuple[str, int], dict[str, str]] = {}
        self.before_call: Callable[[str], None] = lambda call: None
        self.begun = 0

    def current(self, region: RegionSlug, device: DeviceHash) -> Chat | None:
        self.before_call("current")
        keys = [k for k in self.stored if (k.region, k.device) == (region, device)]
        return self.stored[max(keys, key=lambda k: k.sequence)] if keys else None

    def get(self, key: ChatKey) -> Chat | None:
        self.before_call("get")
        return self.stored.get(key)

    def all_of(self, region: RegionSlug, device: DeviceHash) -> Sequence[Chat]:
        self.before_call("all_of")
        keys = [k for k in self.stored if (k.region, k.device) == (region, device)]
        return [self.stored[key] for key in sorted(keys, key=lambda key: key.sequence)]

    def erase(self, chat: Chat) -> None:
        self.before_call("erase")
        self._check(chat)
        del self.stored[chat.key]
        if chat.ticket_id is not None:
            self.owners.pop((chat.server_url, chat.ticket_id), None)
            self.marks.pop((chat.server_url, chat.ticket_id), None)

    def save(self, chat: Chat) -> Chat:
        self.before_call("save")
        self._check(chat)
        return self._put(chat)

    def _put(self, chat: Chat) -> Chat:
        if chat.version == 0:
            self.begun += 1_000_000
        self.stored[chat.key] = replace(chat, version=(chat.version or self.begun) + 1)
        return self.stored[chat.key]

    def save_both(self, first: Chat, second: Chat) -> tuple[Chat, Chat]:
        self.before_call("save_both")
        self._check(first)
        self._check(second)
        return self._put(first), self._put(second)

    def save_with_ticket(self, chat: Chat) -> Chat:
        self.before_call("save_with_ticket")
        self._check(chat)
        assert chat.ticket_id is not None
        self.owners[chat.server_url, chat.ticket_id] = chat.key
        self.marks.setdefault((chat.server_url, chat.ticket_id), {})
        return self._put(chat)

    def claim_article(
        self, server_url: str, ticket_id: TicketId, mark: str, answer: str, now: int
    ) -> ClaimedArticle | None:
        self.before_call("claim_article")
        key = self.owners.get((server_url, ticket_id))
        if key is None:
            return None
        first = self.marks[server_url, ticket_id].setdefault(mark, answer)
        return ClaimedArticle(key, first)

    def _check(self, chat: Chat) -> None:
        """As the table does: no copy of an erased chat is ever the stored one again."""
        stored = self.stored.get(chat.key)
        if (stored.version if stored else 0) != chat.version:
            raise Conflict
