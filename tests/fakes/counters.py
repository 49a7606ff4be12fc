"""Counters in memory."""

from __future__ import annotations

from collections import Counter


class InMemoryCounters:
    """`Counters`. `totals` are by counter and window."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[str, int]] = Counter()

    def add(
        self, counter: str, window: int, amount: int, *, most: int | None = None, expires_at: int
    ) -> bool:
        total = self.totals[counter, window] + amount
        if most is not None and total > most:
            return False
        self.totals[counter, window] = total
        return True
