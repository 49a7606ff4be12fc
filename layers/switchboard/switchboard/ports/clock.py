"""Time and randomness, so that tests can hold them still."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ids import MessageId


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None: ...


class IdSource(Protocol):
    def message_id(self) -> MessageId: ...

    def token(self) -> str:
        """64 random hex characters."""
        ...
