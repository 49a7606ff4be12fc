"""What the published JSON Schemas say of values whose rules only their readers know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """Keywords for the schema of the value that this is an annotation of."""

    words: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {**handler(core), **self.words}


class OneOrSeveral:
    """Publishes a list as what may also be written as its only item."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        several = handler(core)
        one = several["items"]
        return {"anyOf": [*one.get("anyOf", [one]), several]}


def exact_object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a mapping with exactly these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
