"""Which part of a list the caller asked for: `page`, `per_page`, `limit`."""

from __future__ import annotations

from typing import TypeVar

from flask import request

from zammad_simulator.casting import cast_id

Item = TypeVar("Item")


def page_of(items: list[Item], *, default: int, most: int) -> list[Item]:
    """One page of the list: `per_page` (or `limit`, else `default`) items, at most `most`."""
    size = cast_id(request.args.get("per_page")) or cast_id(request.args.get("limit")) or default
    size, page = min(size, most), max(cast_id(request.args.get("page")) or 1, 1)
    return items[(page - 1) * size : page * size]
