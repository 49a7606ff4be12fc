"""Devices in the Conversations table.

    pk                            sk         holds
    Chat#<region>#<device hash>   Rollout    whether the device may use the chat

A device's partition also holds its chats (`dynamodb_chats`), so that forgetting it is one query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from switchboard.domain.chat import DAY_MS
from switchboard.domain.ids import DeviceHash, RegionSlug

KEPT_MS = 400 * DAY_MS


class DynamoDbDevices:
    """`DeviceRepository`. A decision is kept 400 days after its last use.

    Its time is set anew only when half of it has gone: asking costs no write.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def admitted(self, region: RegionSlug, device: DeviceHash, now: int) -> bool | None:
        key = _rollout_key(region, device)
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        left = int(answer["Item"]["ttl"]["N"]) * 1000 - now if "Item" in answer else 0
        if left <= 0:
            return None
        if left < KEPT_MS // 2:
            self._keep(key, now)
        return bool(answer["Item"]["admitted"]["BOOL"])

    def admit(self, region: RegionSlug, device: DeviceHash, admitted: bool, now: int) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_rollout_key(region, device),
                    "admitted": {"BOOL": admitted},
                    "ttl": _expiry(now),
                },
                ConditionExpression="attribute_not_exists(pk) OR #ttl <= :now",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":now": {"N": str(now // 1000)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            decided = self.admitted(region, device, now)
            return admitted if decided is None else decided
        return admitted

    def forget(self, region: RegionSlug, device: DeviceHash) -> None:
        keys = list(self._keys(f"Chat#{region}#{device}"))
        chats = {
            key["sk"]["S"].removeprefix("Chat#")
            for key in keys
            if key["sk"]["S"].startswith("Chat#")
        }
        for key in keys:
            kind, _, rest = key["sk"]["S"].partition("#")
            if kind == "Chat" or (kind == "Body" and rest.partition("#")[0] in chats):
                continue
            self._client.delete_item(TableName=self._table, Key=key)

    def _keep(self, key: Mapping[str, Any], now: int) -> None:
        """Unless the device was forgotten meanwhile."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET #ttl = :ttl",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":ttl": _expiry(now)},
            )

    def _keys(self, partition: str) -> Iterator[Mapping[str, Any]]:
        options: dict[str, Any] = {}
        while True:
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": partition}},
                ProjectionExpression="pk, sk",
                ConsistentRead=True,
                **options,
            )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _rollout_key(region: RegionSlug, device: DeviceHash) -> dict[str, Any]:
    return {"pk": {"S": f"Chat#{region}#{device}"}, "sk": {"S": "Rollout"}}


def _expiry(now: int) -> dict[str, str]:
    return {"N": str((now + KEPT_MS) // 1000)}
