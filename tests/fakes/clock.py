"""Time that only moves when told to, and ids that can be foretold."""

from __future__ import annotations

from switchboard.domain.ids import MessageId

NOON = 1_790_942_400_000
"""2026-10-02 12:00:00 UTC."""


class HandClock:
    def __init__(self, now: int = NOON) -> None:
        self.time = now

    def now(self) -> int:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.time += round(seconds * 1000)


class CountingIds:
    def __init__(self) -> None:
        self.count = 0

    def message_id(self) -> MessageId:
        self.count += 1
        return MessageId(f"{self.count:032x}")

    def token(self) -> str:
        self.count += 1
        return f"{self.count:064x}"
