"""The configuration in memory. Sees every change at once: it keeps no cache."""

from __future__ import annotations

from collections.abc import Sequence

from switchboard.adapters.directory_documents import Record
from switchboard.domain.directory import Account, ApiKey, Chatbot, Region, WebhookToken
from switchboard.domain.ids import ChatbotId, RegionSlug, chatbot_name


class InMemoryDirectory:
    """`DirectoryRepository` over the records it was given. `reads` counts the look-ups."""

    def __init__(self, *records: Record) -> None:
        self.reads = 0
        self._chatbots: dict[ChatbotId, Chatbot] = {}
        self._regions: dict[RegionSlug, Region] = {}
        self._keys: dict[str, ApiKey] = {}
        self._tokens: dict[str, WebhookToken] = {}
        self.put(*records)

    def put(self, *records: Record) -> None:
        """Adds records, in place of those with the same id."""
        for record in records:
            match record:
                case Chatbot():
                    self._chatbots[record.id] = record
                case Region():
                    self._regions[record.slug] = record
                case ApiKey():
                    self._keys[record.id] = record
                case WebhookToken():
                    self._tokens[record.digest] = record
                case Account():
                    pass

    def region(self, slug: RegionSlug) -> Region | None:
        self.reads += 1
        return self._regions.get(slug)

    def regions(self) -> Sequence[Region]:
        self.reads += 1
        return tuple(self._regions[slug] for slug in sorted(self._regions))

    def chatbot(self, chatbot_id: ChatbotId) -> Chatbot | None:
        self.reads += 1
        return self._chatbots.get(chatbot_id)

    def chatbot_at(self, host: str, key_id: str | None) -> tuple[Chatbot | None, ApiKey | None]:
        self.reads += 1
        bots = (bot for bot in self._chatbots.values() if host in bot.hostnames)
        return next(bots, None), self._keys.get(key_id) if key_id else None

    def api_key(self, key_id: str) -> ApiKey | None:
        self.reads += 1
        return self._keys.get(key_id)

    def chatbot_named(self, account: str, name: str) -> Chatbot | None:
        self.reads += 1
        wanted = (account, chatbot_name(name))
        bots = (bot for bot in self._chatbots.values() if (bot.account, bot.name) == wanted)
        return next(bots, None)

    def webhook_token(self, digest: str) -> WebhookToken | None:
        self.reads += 1
        return self._tokens.get(digest)
