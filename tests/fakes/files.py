"""A file store in memory; `broken` makes it fail."""

from __future__ import annotations

from collections.abc import Sequence

from switchboard.domain.errors import FilesUnavailable


class InMemoryFiles:
    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.broken = False

    def put(self, key: str, data: bytes, content_type: str, disposition: str = "") -> None:
        self._check()
        self.stored[key] = data

    def load(self, key: str) -> bytes | None:
        self._check()
        return self.stored.get(key)

    def delete(self, keys: Sequence[str]) -> None:
        self._check()
        for key in keys:
            self.stored.pop(key, None)

    def address(self, key: str) -> str:
        self._check()
        return f"https://files.example.org/{key}"

    def _check(self) -> None:
        if self.broken:
            raise FilesUnavailable
