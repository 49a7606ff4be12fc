"""Changing the example region for one test, before its functions have read it."""

from __future__ import annotations

import json
from typing import Any

from tests.functional.desk_world import DeskWorld


def change_record(desk: DeskWorld, pk: str, sk: str, **fields: Any) -> dict[str, Any]:
    """Sets fields of a record in the Directory; the record as it is then."""
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    item = desk.dynamodb.get_item(TableName="Directory", Key=key)["Item"]
    document: dict[str, Any] = {**json.loads(item["doc"]["S"]), **fields}
    item["doc"] = {"S": json.dumps(document)}
    desk.dynamodb.put_item(TableName="Directory", Item=item)
    return document


def change_region(desk: DeskWorld, **fields: Any) -> dict[str, Any]:
    return change_record(desk, "Region", "augenfeld", **fields)


def change_bot(desk: DeskWorld, **fields: Any) -> None:
    """The example region's chatbot."""
    bot = change_region(desk)["chatbot"]
    change_record(desk, f"Chatbot#{bot}", "-", **fields)
