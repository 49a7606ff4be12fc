"""Counting what is limited: messages of an address, requests and tokens of a chatbot."""

from __future__ import annotations

from typing import Protocol


class Counters(Protocol):
    def add(
        self, counter: str, window: int, amount: int, *, most: int | None = None, expires_at: int
    ) -> bool:
        """Adds `amount` to what the counter of this name has in the window of this number.

        False, and nothing is added, if that would be more than `most`. A negative amount gives
        back. One write, no read; of many at once, no two get the last place. `expires_at`: from
        when on it may be forgotten, in seconds since the epoch.
        """
        ...
