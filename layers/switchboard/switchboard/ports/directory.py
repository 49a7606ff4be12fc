"""Reading the configuration. Functions never write it; `switchboard apply` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from switchboard.domain.directory import ApiKey, Chatbot, Region, WebhookToken
from switchboard.domain.ids import ChatbotId, RegionSlug


class DirectoryRepository(Protocol):
    """Each look-up is at most one read; answers may be up to a minute old, misses ten seconds."""

    def region(self, slug: RegionSlug) -> Region | None: ...

    def regions(self) -> Sequence[Region]: ...

    def chatbot(self, chatbot_id: ChatbotId) -> Chatbot | None: ...

    def chatbot_at(self, host: str, key_id: str | None) -> tuple[Chatbot | None, ApiKey | None]:
        """The chatbot served at exactly this host name, and the API key, in one read."""
        ...

    def api_key(self, key_id: str) -> ApiKey | None: ...

    def chatbot_named(self, account: str, name: str) -> Chatbot | None: ...

    def webhook_token(self, digest: str) -> WebhookToken | None: ...
