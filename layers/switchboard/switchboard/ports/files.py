"""Where bytes lie that are in no ticket, or too many for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

PENDING, LENT = "pending/", "downloads/"
"""What keys begin with; the device's hash and a slash follow."""


class FileStore(Protocol):
    """Every call raises `FilesUnavailable`, nothing else. Files vanish by themselves in time."""

    def put(self, key: str, data: bytes, content_type: str, disposition: str = "") -> None:
        """Stores it, durably when this returns; `disposition` is what a client is told of it."""
        ...

    def load(self, key: str) -> bytes | None: ...

    def delete(self, keys: Sequence[str]) -> None:
        """What is not there is no error."""
        ...

    def delete_below(self, prefix: str) -> None:
        """Every file whose key begins with it."""
        ...

    def address(self, key: str) -> str:
        """A URL at which anybody can get the file, for a few minutes."""
        ...
