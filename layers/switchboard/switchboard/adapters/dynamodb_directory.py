"""The configuration, read from DynamoDB and kept for a short time in memory.

A function asks for the same few records over and over: what is found is kept for a minute, what
is not found for ten seconds. Never writes; `switchboard apply` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from switchboard.adapters import directory_documents as documents
from switchboard.adapters.directory_documents import Key
from switchboard.domain.directory import ApiKey, Chatbot, Region, WebhookToken
from switchboard.domain.ids import ChatbotId, RegionSlug, chatbot_name
from switchboard.ports.clock import Clock

HIT_MS = 60_000
MISS_MS = 10_000
CACHED_RECORDS = 1000
BATCH_ATTEMPTS = 4

T = TypeVar("T")
Decode = Callable[[str], T]


class DynamoDbDirectory:
    """`DirectoryRepository` on the Directory table, with a cache for this execution environment.

    `client` is a low-level DynamoDB client; at most `keep` answers stay in memory. Failures of
    DynamoDB come through as botocore's errors.
    """

    def __init__(
        self, client: Any, table: str, clock: Clock, *, keep: int = CACHED_RECORDS
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._cache: _Cache[Any] = _Cache(clock, keep)

    def region(self, slug: RegionSlug) -> Region | None:
        return self._one(documents.region_key(slug), documents.region_from)

    def regions(self) -> Sequence[Region]:
        """All regions by slug, in as many queries as there are megabytes of them."""
        key = Key(documents.REGIONS, "")
        cached, found = self._cache.get(key)
        if not cached:
            found = self._all_regions() or None
            self._cache.put(key, found)
        return found or ()

    def chatbot(self, chatbot_id: ChatbotId) -> Chatbot | None:
        return self._one(documents.chatbot_key(chatbot_id), documents.chatbot_from)

    def chatbot_at(self, host: str, key_id: str | None) -> tuple[Chatbot | None, ApiKey | None]:
        wanted: dict[Key, Decode[Any]] = {documents.host_key(host): documents.chatbot_from}
        if key_id:
            wanted[documents.api_key_key(key_id)] = documents.api_key_from
        found = self._several(wanted)
        bot: Chatbot | None = found.get(documents.host_key(host))
        key: ApiKey | None = found.get(documents.api_key_key(key_id)) if key_id else None
        return bot, key

    def api_key(self, key_id: str) -> ApiKey | None:
        return self._one(documents.api_key_key(key_id), documents.api_key_from)

    def chatbot_named(self, account: str, name: str) -> Chatbot | None:
        key = documents.named_key(account, chatbot_name(name))
        return self._one(key, documents.chatbot_from)

    def webhook_token(self, digest: str) -> WebhookToken | None:
        return self._one(documents.webhook_token_key(digest), documents.webhook_token_from)

    def _one(self, key: Key, decode: Decode[T]) -> T | None:
        found: T | None = self._several({key: decode}).get(key)
        return found

    def _several(self, wanted: Mapping[Key, Decode[Any]]) -> dict[Key, Any]:
        """The records, None for those that do not exist; one read for all that is not cached."""
        answers: dict[Key, Any] = {}
        missing: list[Key] = []
        for key in wanted:
            cached, found = self._cache.get(key)
            if cached:
                answers[key] = found
            elif key.is_possible:
                missing.append(key)
        read = self._read_batch(missing) if len(missing) > 1 else self._read_each(missing)
        for key in missing:
            document = read.get(key)
            answers[key] = None if document is None else wanted[key](document)
            self._cache.put(key, answers[key])
        return answers

    def _read_each(self, keys: Sequence[Key]) -> dict[Key, str]:
        read: dict[Key, str] = {}
        for key in keys:
            answer = self._client.get_item(TableName=self._table, Key=_attributes(key))
            if "Item" in answer:
                read[key] = answer["Item"]["doc"]["S"]
        return read

    def _read_batch(self, keys: Sequence[Key]) -> dict[Key, str]:
        """DynamoDB may leave part of a batch out; that part is asked for again, then one by one."""
        read: dict[Key, str] = {}
        left: Any = {self._table: {"Keys": [_attributes(key) for key in keys]}}
        for attempt in range(BATCH_ATTEMPTS):
            if attempt:
                self._clock.sleep(0.02 * 2**attempt)
            answer = self._client.batch_get_item(RequestItems=left)
            for item in answer["Responses"].get(self._table, ()):
                read[_key(item)] = item["doc"]["S"]
            left = answer.get("UnprocessedKeys")
            if not left:
                return read
        return read | self._read_each([_key(item) for item in left[self._table]["Keys"]])

    def _all_regions(self) -> tuple[Region, ...]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": documents.REGIONS}},
        }
        found: list[Region] = []
        while True:
            page = self._client.query(**query)
            found += (documents.region_from(item["doc"]["S"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return tuple(found)
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class _Cache(Generic[T]):
    """Answers by key; None stands for "there is none" and is kept for a shorter time."""

    def __init__(self, clock: Clock, keep: int) -> None:
        self._clock = clock
        self._keep = keep
        self._entries: dict[Key, tuple[int, T | None]] = {}

    def get(self, key: Key) -> tuple[bool, T | None]:
        """Whether the answer is known, and the answer."""
        until, found = self._entries.get(key, (0, None))
        return self._clock.now() < until, found

    def put(self, key: Key, found: T | None) -> None:
        self._entries.pop(key, None)
        while len(self._entries) >= self._keep:
            del self._entries[next(iter(self._entries))]
        kept_for = MISS_MS if found is None else HIT_MS
        self._entries[key] = (self._clock.now() + kept_for, found)


def _attributes(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _key(item: Mapping[str, Any]) -> Key:
    return Key(item["pk"]["S"], item["sk"]["S"])
