"""A file store in memory; `broken` makes it fail, `before_call` runs before each call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from switchboard.domain.errors import FilesUnavailable


class InMemoryFiles:
    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.broken = False
        self.before_call: Callable[[str], None] = lambda call: None

    def put(self, key: str, data: bytes, content_type: str, disposition: str = "") -> None:
        self._enter("put")
        self.stored[key] = data

    def load(self, key: str) -> bytes | None:
        self._enter("load")
        return self.stored.get(key)

    def delete(self, keys: Sequence[str]) -> None:
        self._enter("delete")
        for key in keys:
            self.stored.pop(key, None)

    def delete_below(self, prefix: str) -> None:
        self._enter("delete_below")
        for key in [key for key in self.stored if key.startswith(prefix)]:
            del self.stored[key]

    def address(self, key: str) -> str:
        self._enter("address")
        return f"https://files.example.org/{key}"

    def _enter(self, call: str) -> None:
        self.before_call(call)
        if self.broken:
            raise FilesUnavailable
