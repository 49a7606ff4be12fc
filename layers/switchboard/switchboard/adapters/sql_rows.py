"""Rows of a database as JSON text, whatever type a value has, within what a model can read."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

TEXT_LENGTH = 12_000
"""Characters of a result; what is more is left out row by row, so that it stays JSON."""
VALUE_LENGTH = 4_000
"""Characters of one text value."""


def rows_as_text(names: Sequence[str], rows: Sequence[Sequence[Any]], limit: int) -> str:
    """A JSON list of objects, at most `limit`; if there are more rows, a sentence says so."""
    columns = _distinct(names)
    parts: list[str] = []
    length = 0
    for row in rows[:limit]:
        part = json.dumps(
            {name: plain(value) for name, value in zip(columns, row, strict=True)},
            ensure_ascii=False,
            allow_nan=False,
        )
        length += len(part) + 2
        if length > TEXT_LENGTH:
            break
        parts.append(part)
    shown = f"[{', '.join(parts)}]"
    if len(parts) < len(rows):
        return f"{shown}\nThese are the first {len(parts)} rows; there are more."
    return shown


def plain(value: Any) -> Any:
    """The value as JSON has it: exact numbers and times as text, bytes as text or base64."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return value if len(value) <= VALUE_LENGTH else f"{value[:VALUE_LENGTH]}…"
        case float():
            return value if math.isfinite(value) else str(value)
        case date() | time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    return plain(str(value))


def _bytes(value: bytes) -> str:
    try:
        return str(plain(value.decode()))
    except UnicodeDecodeError:
        return str(plain(base64.b64encode(value).decode()))


def _distinct(names: Iterable[str]) -> list[str]:
    """Column names, a repeated one numbered: `id`, `id_2`."""
    found: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return found
