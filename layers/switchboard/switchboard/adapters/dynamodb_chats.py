"""Chats in the Conversations table.

    pk                              sk                        holds
    Chat#<region>#<device hash>     Chat#<sequence>           the chat
    Chat#<region>#<device hash>     Body#<sequence>#<0|1>#<n> what of it exceeds one item
    Ticket#<server URL>#<id>        Ticket                    whose chat it is; webhooks seen

The newest chat of a device is the last `Chat#…` of its partition, so the way from a device to
its chat is one strongly consistent read. An item holds 400 KB at most: a document that is
longer, compressed, than `BODY_BYTES` is cut into `Body#…` items, written in one transaction.
Odd and even versions have bodies of their own, so that a writer leaves the reader of the version
before alone. Versions begin at a random number: a chat that was erased and one that began later
under the same key have none in common, so an old copy of the first never replaces the second.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from switchboard.adapters.chat_documents import dump_chat, load_chat
from switchboard.domain.chat import DAY_MS, Chat, ChatKey
from switchboard.domain.errors import Conflict
from switchboard.domain.ids import DeviceHash, RegionSlug, TicketId
from switchboard.ports.chats import ClaimedArticle

BODY_BYTES = 300_000
PLAIN_CHARACTERS = 2_000
MOST_MARKS = 200
FIRST_VERSIONS = 2**52


class DynamoDbChats:
    """`retention_days` is how long after its last message a chat may be deleted.

    It is longer than any region's own retention, which readers apply themselves.
    """

    def __init__(self, client: Any, table: str, retention_days: int = 400) -> None:
        self._client = client
        self._table = table
        self._retention_ms = retention_days * DAY_MS

    def current(self, region: RegionSlug, device: DeviceHash) -> Chat | None:
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :chat)",
            ExpressionAttributeValues={
                ":pk": {"S": f"Chat#{region}#{device}"},
                ":chat": {"S": "Chat#"},
            },
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        return self._load(answer["Items"][0]) if answer["Items"] else None

    def get(self, key: ChatKey) -> Chat | None:
        item = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return self._load(item["Item"]) if "Item" in item else None

    def all_of(self, region: RegionSlug, device: DeviceHash) -> Sequence[Chat]:
        found: list[Chat] = []
        for item in self._items(f"Chat#{region}#{device}", "Chat#"):
            sequence = int(item["sk"]["S"].removeprefix("Chat#"))
            unreadable = Chat(ChatKey(region, device, sequence), "", 0, int(item["version"]["N"]))
            found.append(self._load(item) or unreadable)
        return found

    def erase(self, chat: Chat) -> None:
        condition = {
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": {":read": {"N": str(chat.version)}},
        }
        partition = f"Chat#{chat.key.region}#{chat.key.device}"
        bodies = self._items(
            partition, f"Body#{chat.key.sequence:08d}#", ProjectionExpression="pk, sk"
        )
        others = [{"pk": body["pk"], "sk": body["sk"]} for body in bodies]
        if chat.ticket_id is not None:
            others.append(_ticket_key(chat.server_url, chat.ticket_id))
        deletes = [{"Delete": {"TableName": self._table, "Key": key}} for key in others]
        first = {"Delete": {"TableName": self._table, "Key": _key(chat.key), **condition}}
        self._transact([first, *deletes])

    def save(self, chat: Chat) -> Chat:
        return self._write([chat])[0]

    def save_both(self, first: Chat, second: Chat) -> tuple[Chat, Chat]:
        saved = self._write([first, second])
        return saved[0], saved[1]

    def save_with_ticket(self, chat: Chat) -> Chat:
        assert chat.ticket_id is not None
        owner = {
            **_ticket_key(chat.server_url, chat.ticket_id),
            "region": {"S": chat.key.region},
            "device": {"S": chat.key.device},
            "sequence": {"N": str(chat.key.sequence)},
            "marks": {"M": {}},
            "ttl": {"N": str(self._expires(chat))},
        }
        put = {"Put": {"TableName": self._table, "Item": owner}}
        return self._write([chat], put)[0]

    def claim_article(
        self, server_url: str, ticket_id: TicketId, mark: str, answer: str, now: int
    ) -> ClaimedArticle | None:
        expires = (now + self._retention_ms) // 1000
        try:
            item = self._client.update_item(
                TableName=self._table,
                Key=_ticket_key(server_url, ticket_id),
                UpdateExpression="SET #ttl = :ttl, marks.#mark = "
                "if_not_exists(marks.#mark, :answer)",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#mark": mark, "#ttl": "ttl"},
                ExpressionAttributeValues={":answer": {"S": answer}, ":ttl": {"N": str(expires)}},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        if len(item["marks"]["M"]) > MOST_MARKS:
            self._drop_marks(server_url, ticket_id, list(item["marks"]["M"]), keep=mark)
        key = ChatKey(
            RegionSlug(item["region"]["S"]),
            DeviceHash(item["device"]["S"]),
            int(item["sequence"]["N"]),
        )
        return ClaimedArticle(key, item["marks"]["M"][mark]["S"])

    def _drop_marks(
        self, server_url: str, ticket_id: TicketId, marks: list[str], keep: str
    ) -> None:
        """Forgets the older half: webhooks that old are not repeated any more."""
        oldest = sorted(marks, key=lambda mark: int(mark.partition(":")[0]))[: MOST_MARKS // 2]
        names = {f"#m{i}": mark for i, mark in enumerate(oldest) if mark != keep}
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_ticket_key(server_url, ticket_id),
                UpdateExpression="REMOVE " + ", ".join(f"marks.{name}" for name in names),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames=names,
            )

    def _items(self, partition: str, prefix: str, **options: Any) -> list[Mapping[str, Any]]:
        """What of the partition has sort keys that begin so, in their order."""
        items: list[Mapping[str, Any]] = []
        while True:
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={":pk": {"S": partition}, ":prefix": {"S": prefix}},
                ConsistentRead=True,
                **options,
            )
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(self, chats: list[Chat], *more: dict[str, Any]) -> list[Chat]:
        """All or none, each on the version it was read at; one plain write where one will do."""
        saved = [replace(chat, version=_next_version(chat)) for chat in chats]
        writes = [
            write
            for chat, read in zip(saved, chats, strict=True)
            for write in self._writes(chat, read.version)
        ]
        self._transact([*writes, *more])
        return saved

    def _transact(self, writes: list[dict[str, Any]]) -> None:
        """All or none. Raises `Conflict` if a condition does not hold."""
        errors = self._client.exceptions
        try:
            if len(writes) == 1 and "Put" in writes[0]:
                self._client.put_item(**writes[0]["Put"])
            else:
                self._client.transact_write_items(TransactItems=writes)
        except (
            errors.ConditionalCheckFailedException,
            errors.TransactionConflictException,
            errors.TransactionInProgressException,
        ):
            raise Conflict from None
        except errors.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
                raise Conflict from None
            raise

    def _writes(self, chat: Chat, read: int) -> list[dict[str, Any]]:
        """`read` is the version that is to be replaced; 0: there must be none."""
        text = dump_chat(chat)
        item: dict[str, Any] = {
            **_key(chat.key),
            "version": {"N": str(chat.version)},
            "ttl": {"N": str(self._expires(chat))},
        }
        bodies: list[bytes] = []
        if len(text) <= PLAIN_CHARACTERS:
            item["doc"] = {"S": text}
        else:
            packed = zlib.compress(text.encode())
            bodies = [packed[i : i + BODY_BYTES] for i in range(0, len(packed), BODY_BYTES)]
            if len(bodies) == 1:
                item["doc"] = {"B": bodies.pop()}
            else:
                item["bodies"] = {"N": str(len(bodies))}
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if read == 0:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "version = :read"
            put["ExpressionAttributeValues"] = {":read": {"N": str(read)}}
        return [{"Put": put}, *(self._body(chat, i, body) for i, body in enumerate(bodies))]

    def _body(self, chat: Chat, number: int, body: bytes) -> dict[str, Any]:
        item = {
            **_body_key(chat.key, chat.version, number),
            "version": {"N": str(chat.version)},
            "doc": {"B": body},
            "ttl": {"N": str(self._expires(chat))},
        }
        return {"Put": {"TableName": self._table, "Item": item}}

    def _load(self, item: Mapping[str, Any]) -> Chat | None:
        region, device = item["pk"]["S"].removeprefix("Chat#").split("#")
        sequence = int(item["sk"]["S"].removeprefix("Chat#"))
        key = ChatKey(RegionSlug(region), DeviceHash(device), sequence)
        version = int(item["version"]["N"])
        if "bodies" in item:
            packed = self._read_bodies(key, version, int(item["bodies"]["N"]))
            if packed is None:
                return self._reread(key, version)
            return load_chat(key, version, zlib.decompress(packed).decode())
        doc = item["doc"]
        text = doc["S"] if "S" in doc else zlib.decompress(doc["B"]).decode()
        return load_chat(key, version, text)

    def _reread(self, key: ChatKey, version: int) -> Chat | None:
        """A newer version, whose bodies are there. None if there is none: they have expired."""
        answer = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        if "Item" not in answer or int(answer["Item"]["version"]["N"]) == version:
            return None
        return self._load(answer["Item"])

    def _read_bodies(self, key: ChatKey, version: int, count: int) -> bytes | None:
        """The parts put together; None if they belong to a version that is gone by now."""
        parts = []
        for number in range(count):
            answer = self._client.get_item(
                TableName=self._table, Key=_body_key(key, version, number), ConsistentRead=True
            )
            if "Item" not in answer or answer["Item"]["version"]["N"] != str(version):
                return None
            parts.append(bytes(answer["Item"]["doc"]["B"]))
        return b"".join(parts)

    def _expires(self, chat: Chat) -> int:
        return (chat.last_message_at + self._retention_ms) // 1000


def _next_version(chat: Chat) -> int:
    return chat.version + 1 if chat.version else secrets.randbelow(FIRST_VERSIONS) + 1


def _key(key: ChatKey) -> dict[str, Any]:
    return {
        "pk": {"S": f"Chat#{key.region}#{key.device}"},
        "sk": {"S": f"Chat#{key.sequence:08d}"},
    }


def _body_key(key: ChatKey, version: int, number: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"Chat#{key.region}#{key.device}"},
        "sk": {"S": f"Body#{key.sequence:08d}#{version % 2}#{number:03d}"},
    }


def _ticket_key(server_url: str, ticket_id: TicketId) -> dict[str, Any]:
    return {"pk": {"S": f"Ticket#{server_url}#{ticket_id}"}, "sk": {"S": "Ticket"}}
