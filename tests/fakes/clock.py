"""Time that only moves when told to, and ids that can be foretold."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from switchboard.domain.ids import MessageId

NOON = 1_790_942_400_000
"""2026-10-02 12:00:00 UTC."""


class HandClock:
    def __init__(self, now: int = NOON) -> None:
        self.time = now
        self._put_off: list[tuple[int, int, Callable[[], object]]] = []
        self._count = 0

    def now(self) -> int:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Lets time pass; what was put off to a moment on the way happens at that moment."""
        until = self.time + round(seconds * 1000)
        while self._put_off and self._put_off[0][0] <= until:
            self.time, _, act = heappop(self._put_off)
            act()
        self.time = until

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Puts `act` off. It must not move the clock."""
        self._count += 1
        heappush(self._put_off, (self.time + round(seconds * 1000), self._count, act))


class CountingIds:
    def __init__(self) -> None:
        self.count = 0

    def message_id(self) -> MessageId:
        self.count += 1
        return MessageId(f"{self.count:032x}")

    def token(self) -> str:
        self.count += 1
        return f"{self.count:064x}"
