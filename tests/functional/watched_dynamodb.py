"""What clients of AWS were asked and answered: the price of an operation, in counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient


@dataclass
class Price:
    """`operations` in order; `items` and `read` are how many items came back, in how many bytes."""

    operations: list[str] = field(default_factory=list)
    items: int = 0
    read: int = 0


@contextmanager
def priced(client: Any) -> Iterator[Price]:
    """Counts the client's calls in the block."""
    price = Price()

    def note(model: Any, http_response: Any, **_: Any) -> None:
        document = json.loads(http_response.content)
        batch = document.get("Responses", {})
        found = [*document.get("Items", ()), *(item for part in batch.values() for item in part)]
        price.operations.append(model.name)
        price.items += len(found) + ("Item" in document)
        price.read += len(http_response.content)

    client.meta.events.register("after-call.dynamodb", note)
    try:
        yield price
    finally:
        client.meta.events.unregister("after-call.dynamodb", note)


@contextmanager
def operations() -> Iterator[list[str]]:
    """What any client is asked for in the block, in order."""
    asked: list[str] = []
    genuine = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: BaseClient, operation: str, parameters: Any) -> Any:
        asked.append(operation)
        return genuine(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", noted):
        yield asked
