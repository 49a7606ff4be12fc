"""Changing the example region under a running desk, as `switchboard apply` would."""

from __future__ import annotations

import json
from typing import Any

from tests.functional.desk_world import DeskWorld


def change_region(
    desk: DeskWorld, *, of_zammad: dict[str, Any] | None = None, **fields: Any
) -> None:
    """Fields by their names in the directory; the functions see them as soon as they look again."""
    key = {"pk": {"S": "Region"}, "sk": {"S": "augenfeld"}}
    item = desk.dynamodb.get_item(TableName="Directory", Key=key)["Item"]
    document = {**json.loads(item["doc"]["S"]), **fields}
    document["zammad"] = {**document["zammad"], **(of_zammad or {})}
    item["doc"] = {"S": json.dumps(document)}
    desk.dynamodb.put_item(TableName="Directory", Item=item)
    desk.later(61)
