"""Counters in the Conversations table: `pk` is the counter's name, `sk` is `Window#<number>`."""

from __future__ import annotations

from typing import Any


class DynamoDbCounters:
    """`Counters`. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(
        self, counter: str, window: int, amount: int, *, most: int | None = None, expires_at: int
    ) -> bool:
        if most is not None and amount > most:
            return False
        values = {":amount": {"N": str(amount)}, ":ttl": {"N": str(expires_at)}}
        condition = {}
        if most is not None:
            values[":room"] = {"N": str(most - amount)}
            condition["ConditionExpression"] = "attribute_not_exists(used) OR used <= :room"
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": counter}, "sk": {"S": f"Window#{window}"}},
                UpdateExpression="ADD used :amount SET #ttl = :ttl",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=values,
                **condition,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
