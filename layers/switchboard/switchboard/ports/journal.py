"""The journal of what chatbots were asked and answered."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.journal import Entry


class Journal(Protocol):
    """Records are kept for 30 days."""

    def add(self, entry: Entry) -> None:
        """Keeps the entry under its key."""
        ...

    def find(self, key: str) -> Entry | None:
        """The invocation of this key, be it an entry or a turn of a session."""
        ...
